package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Hot;
import io.hatoba.server.storage.ObjectKey;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The blobs a repository may read. A blob is stored once for the whole service; a row gives a
 * repository the right to read it, and keeps it for a while (the lease) even if no manifest names
 * it yet.
 */
@Singleton
public final class Blobs {
  private static final int ENTRY_BYTES = 500;
  private static final Duration SHORT_LEASE = Duration.ofMinutes(10);
  private static final Duration READERS_LEAVE = Duration.ofMinutes(1);

  private final Database database;
  private final ObjectRemovals removals;
  private final UsageLedger usage;
  private final InstantSource clock;
  private final Duration lease;

  /** How long an object stays that a reader may have looked up just before its row went. */
  private final Duration readersLeave;

  private final BlobRelease release;
  private final GuardedCache<Key, Blob> cache;

  public Blobs(
      Database database,
      ObjectRemovals removals,
      UsageLedger usage,
      ContentConfig config,
      ReclaimConfig reclaim,
      InstantSource clock) {
    this.database = database;
    this.removals = removals;
    this.usage = usage;
    this.clock = clock;
    this.lease = reclaim.grace();
    this.readersLeave = lease.compareTo(READERS_LEAVE) < 0 ? lease : READERS_LEAVE;
    this.release = new BlobRelease(database.dialect(), removals);
    this.cache =
        new GuardedCache<>(
            database.exclusive(),
            config.cacheSize().asLongValue() / 2,
            (key, blob) -> weight(blob));
  }

  /** What is known without asking the database; empty means "ask". Never blocks. */
  public Optional<Blob> remembered(Repository repository, Digest digest) {
    return cache.remembered(new Key(repository.id(), digest));
  }

  /**
   * The blob, if the repository may read it.
   *
   * @throws RefusedException with {@code BLOB_UNKNOWN} if it is damaged
   */
  public Optional<Blob> find(Repository repository, Digest digest) {
    return cache.get(
        new Key(repository.id(), digest),
        () -> database.read(handle -> select(handle, repository, digest)).map(Row::whole));
  }

  /**
   * Like {@link #find}, for a push: what it finds stays for the time of a lease even if nothing
   * names it yet. What is damaged is absent, so that the push brings it again.
   */
  public Optional<Blob> findForPush(Repository repository, Digest digest) {
    Optional<Row> row =
        database
            .read(handle -> select(handle, repository, digest))
            .filter(found -> !found.isDamaged());
    Instant now = clock.instant();
    if (row.isPresent() && row.get().leaseUntil().isBefore(now.plus(lease.dividedBy(2)))) {
      boolean extended = database.write(handle -> extendLease(handle, repository, digest, now));
      return extended ? row.map(Row::blob) : Optional.empty();
    }
    return row.map(Row::blob);
  }

  /**
   * Gives the target the right to read what the source may read. False if the source has no such
   * blob.
   *
   * @throws RefusedException with {@code DENIED} if that is beyond the quota of the target's
   *     registry
   */
  public boolean mount(Repository target, Digest digest, Repository source) {
    return DeletedMeanwhile.write(
        database, target, handle -> mount(handle, target, digest, source.id()));
  }

  /**
   * Gives the target the right to read what any repository of the scope may read. False if none has
   * such a blob.
   *
   * @throws RefusedException with {@code DENIED} if that is beyond the quota of the target's
   *     registry
   */
  public boolean mountFromAny(Repository target, Digest digest, ReadScope scope) {
    return DeletedMeanwhile.write(
        database,
        target,
        handle ->
            holder(handle, target, digest, scope)
                .map(source -> mount(handle, target, digest, source))
                .orElse(false));
  }

  /**
   * Takes the blob out of the repository. False if it is not there.
   *
   * @throws RefusedException with {@code DENIED} if a manifest of the repository names it: a stored
   *     manifest stays whole
   */
  public boolean delete(Repository repository, Digest digest) {
    try (var _ = cache.hold(List.of(new Key(repository.id(), digest)))) {
      return database.write(handle -> delete(handle, repository, digest));
    }
  }

  /** Takes some blobs that no manifest names out of the repository; says how many. */
  int deleteUnnamed(Repository repository, int limit) {
    List<Digest> unnamed = database.read(handle -> unnamed(handle, repository, limit));
    try (var _ =
        cache.hold(unnamed.stream().map(digest -> new Key(repository.id(), digest)).toList())) {
      return database.write(
          handle -> {
            SortedMap<Digest, Long> links = lockLinks(handle, repository, unnamed);
            links.keySet().removeAll(Set.copyOf(named(handle, repository, links.keySet())));
            release.lock(handle, new TreeSet<>(links.keySet()));
            ReclaimedDays.add(
                handle, clock.instant(), unlink(handle, repository, links, true).freed());
            return links.size();
          });
    }
  }

  /**
   * Takes away some links whose lease has ended and that no manifest needs, with the blobs that
   * nothing else refers to.
   *
   * @param limit how many links to look at
   * @return what was done; when nothing was settled, no more are due or others work on them
   */
  public Idle releaseIdle(int limit) {
    Instant now = clock.instant();
    if (database.read(handle -> idle(handle, now, 1, "")).isEmpty()) {
      return Idle.NOTHING;
    }
    try (var held = cache.hold(List.of())) {
      return database.write(
          handle -> {
            List<IdleLink> links =
                idle(handle, now, limit, database.dialect().forUpdateSkippingLocked());
            links.forEach(link -> held.add(new Key(link.repositoryId(), link.digest())));
            return releaseIdle(handle, links, now);
          });
    }
  }

  private Idle releaseIdle(Handle handle, List<IdleLink> links, Instant now) {
    Map<Repository, SortedMap<Digest, Long>> unneeded = new LinkedHashMap<>();
    SortedSet<Digest> digests = new TreeSet<>();
    links.stream()
        .collect(
            Collectors.groupingBy(
                IdleLink::repositoryId,
                TreeMap::new,
                Collectors.mapping(IdleLink::digest, Collectors.toSet())))
        .forEach(
            (id, due) -> {
              Repository repository = Repositories.byId(handle, id);
              List<Digest> named = named(handle, repository, due);
              settle(handle, repository, named);
              due.removeAll(Set.copyOf(named));
              digests.addAll(due);
              unneeded.put(repository, lockLinks(handle, repository, due));
            });
    release.lock(handle, digests);
    Freed freed = Freed.NOTHING;
    int settled = links.size() - unneeded.values().stream().mapToInt(Map::size).sum();
    for (Map.Entry<Repository, SortedMap<Digest, Long>> of : unneeded.entrySet()) {
      Unlinked unlinked = unlink(handle, of.getKey(), of.getValue(), false);
      freed = freed.plus(unlinked.freed());
      settled += unlinked.links();
    }
    ReclaimedDays.add(handle, now, freed);
    return new Idle(links.size(), settled, freed);
  }

  /** Links that a manifest needs are looked at again when such a manifest goes. */
  private static void settle(Handle handle, Repository repository, List<Digest> named) {
    if (!named.isEmpty()) {
      handle
          .createUpdate(
              """
              UPDATE repository_blob
              SET lease_until = 0
              WHERE repository_id = :repositoryId AND digest IN (<digests>)
              """)
          .bind("repositoryId", repository.id())
          .bindList("digests", named)
          .execute();
    }
  }

  /**
   * Takes locked links away that no manifest needs, and removes the blobs that nothing else refers
   * to.
   *
   * @param patient whether to wait for those who are adding links elsewhere to a blob that would
   *     go; else its link stays
   */
  private Unlinked unlink(
      Handle handle, Repository repository, SortedMap<Digest, Long> links, boolean patient) {
    if (links.isEmpty()) {
      return Unlinked.NOTHING;
    }
    BlobRelease.Claim claim =
        release.claim(
            handle,
            new BlobRelease.Reference.Link(repository.id()),
            new TreeSet<>(links.keySet()),
            patient);
    SortedMap<Digest, Long> gone = new TreeMap<>(links);
    gone.keySet().removeAll(claim.busy());
    if (gone.isEmpty()) {
      return Unlinked.NOTHING;
    }
    deleteLinks(handle, repository.id(), gone.keySet());
    Freed freed = release.remove(handle, claim, readersHaveLeft());
    usage.blobsUnlinked(handle, repository, gone);
    return new Unlinked(gone.size(), freed);
  }

  /**
   * Takes some links away from a repository that goes, whoever may count on them, and that no
   * manifest is in any more. What its registry holds is not counted any more.
   *
   * @return how many
   */
  int unlinkSome(Handle handle, long repositoryId, int limit) {
    SortedSet<Digest> some =
        new TreeSet<>(
            handle
                .createQuery(
                    """
                    SELECT digest
                    FROM repository_blob
                    WHERE repository_id = :repositoryId
                    ORDER BY digest
                    LIMIT :limit
                    """
                        + database.dialect().forUpdate())
                .bind("repositoryId", repositoryId)
                .bind("limit", limit)
                .mapTo(Digest.class)
                .list());
    if (some.isEmpty()) {
      return 0;
    }
    release.lock(handle, some);
    BlobRelease.Claim claim =
        release.claim(handle, new BlobRelease.Reference.Link(repositoryId), some, true);
    deleteLinks(handle, repositoryId, some);
    ReclaimedDays.add(handle, clock.instant(), release.remove(handle, claim, readersHaveLeft()));
    return some.size();
  }

  private static void deleteLinks(Handle handle, long repositoryId, Collection<Digest> digests) {
    handle
        .createUpdate(
            """
            DELETE FROM repository_blob
            WHERE repository_id = :repositoryId AND digest IN (<digests>)
            """)
        .bind("repositoryId", repositoryId)
        .bindList("digests", List.copyOf(digests))
        .execute();
  }

  /**
   * A manifest of the repository is gone that named these: what no other needs may go. A push that
   * asked for one of them keeps its lease; what only the push of that manifest had asked for is
   * kept a little longer, for a push that saw it and has not said so ({@link #findForPush}).
   *
   * @param pushedAt when the manifest was pushed
   */
  void unneeded(Handle handle, Repository repository, SortedSet<Digest> digests, Instant pushedAt) {
    for (List<Digest> some : ManifestStore.pieces(digests)) {
      unneeded(handle, repository, some, pushedAt);
    }
  }

  private void unneeded(
      Handle handle, Repository repository, List<Digest> digests, Instant pushedAt) {
    Instant now = clock.instant();
    Instant soon = now.plus(lease.compareTo(SHORT_LEASE) < 0 ? lease : SHORT_LEASE);
    handle
        .createQuery(
            """
            SELECT digest
            FROM repository_blob
            WHERE repository_id = :repositoryId AND digest IN (<digests>)
            ORDER BY digest
            """
                + database.dialect().forNoKeyUpdate())
        .bind("repositoryId", repository.id())
        .bindList("digests", digests)
        .mapTo(String.class)
        .list();
    handle
        .createUpdate(
            """
            UPDATE repository_blob
            SET lease_until = CASE
              WHEN lease_until <= :now THEN :now
              WHEN lease_until <= :ofPush AND lease_until > :soon THEN :soon
              ELSE lease_until END
            WHERE repository_id = :repositoryId AND digest IN (<digests>)
            """)
        .bind("now", now)
        .bind("ofPush", pushedAt.plus(lease))
        .bind("soon", soon)
        .bind("repositoryId", repository.id())
        .bindList("digests", digests)
        .execute();
  }

  /** When nobody reads an object any more who has looked it up until now. */
  Instant readersHaveLeft() {
    return clock.instant().plus(readersLeave);
  }

  /** Gives a repository the right to read a blob that is there and cannot go meanwhile. */
  void restoreLink(Handle handle, Repository repository, Digest digest, long size) {
    link(handle, repository, digest, size, clock.instant());
  }

  /**
   * Makes the blob and gives the repository the right to read it. If the blob is there already,
   * that one stays, and the object of {@code blob} is queued for removal, unless that one is
   * damaged: then this one takes its place. The caller removes the object after the commit with
   * {@link ObjectRemovals#removeNow}.
   *
   * @return the blob that is there now
   * @throws RefusedException with {@code DENIED} if that is beyond the registry's quota
   */
  Blob add(Handle handle, Repository repository, Blob blob) {
    Instant now = clock.instant();
    List<Hot.Ran> ran =
        Hot.together(
            List.of(
                insert(handle, blob, now),
                insertLink(handle, repository, blob.digest(), now),
                usage.insertBlob(handle, repository, blob.digest(), blob.size())));
    bookLink(handle, repository, blob.digest(), blob.size(), now, Linked.of(ran.subList(1, 3)));
    // The link is there and locked, and so the blob stays.
    Blob present = ran.get(0).didSomething() ? blob : healedOrPresent(handle, blob, now);
    if (!present.body().equals(blob.body()) && blob.body() instanceof Blob.Stored(ObjectKey ours)) {
      removals.queue(handle, ours, now);
    }
    return present;
  }

  /**
   * Holds what is remembered of a blob, to be closed after the commit that changes it everywhere.
   */
  GuardedCache<Key, Blob>.Everything holdAll(Digest digest) {
    return cache.holdAll(key -> key.digest().equals(digest));
  }

  /**
   * Which of these the repository may read and are whole, locked against removal until the
   * transaction ends.
   *
   * @param digests in order and without repetition: locks are taken in this order
   */
  List<Digest> lock(Handle handle, Repository repository, List<Digest> digests) {
    return Hot.sql(
            handle,
            """
            SELECT b.digest
            FROM repository_blob rb
            JOIN blob b ON b.digest = rb.digest
            WHERE rb.repository_id = :repositoryId AND rb.digest IN (<digests>) AND b.damaged_at <= 0
            ORDER BY b.digest
            """
                + database.dialect().forKeyShare())
        .bind("repositoryId", repository.id())
        .bindList("digests", digests)
        .texts()
        .stream()
        .map(Digest::parse)
        .toList();
  }

  private static Optional<Row> select(Handle handle, Repository repository, Digest digest) {
    return Hot.sql(
            handle,
            """
            SELECT b.digest, b.size, b.object_key, b.bytes, b.damaged_at, rb.lease_until
            FROM repository_blob rb
            JOIN blob b ON b.digest = rb.digest
            WHERE rb.repository_id = :repositoryId AND rb.digest = :digest
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .list(Row::of)
        .stream()
        .findFirst();
  }

  private static Row selectAny(Handle handle, Digest digest) {
    return handle
        .createQuery(
            """
            SELECT digest, size, object_key, bytes, damaged_at, 0 AS lease_until
            FROM blob
            WHERE digest = :digest
            """)
        .bind("digest", digest)
        .mapTo(Row.class)
        .one();
  }

  private static Blob healedOrPresent(Handle handle, Blob blob, Instant now) {
    Row present = selectAny(handle, blob.digest());
    if (!present.isDamaged()) {
      return present.blob();
    }
    return heal(handle, blob, now) ? blob : selectAny(handle, blob.digest()).blob();
  }

  /** False if somebody else has done so meanwhile. */
  private static boolean heal(Handle handle, Blob blob, Instant now) {
    return Hot.sql(
                handle,
                """
                UPDATE blob
                SET size = :size, object_key = :objectKey, bytes = :bytes, damaged_at = :healed
                WHERE digest = :digest AND damaged_at > 0
                """)
            .bind("size", blob.size())
            .bind("objectKey", blob.body() instanceof Blob.Stored(ObjectKey key) ? key.id() : null)
            .bind("bytes", blob.body() instanceof Blob.Inline(byte[] bytes) ? bytes : null)
            .bind("healed", -now.toEpochMilli())
            .bind("digest", blob.digest())
            .execute()
        == 1;
  }

  private static Hot insert(Handle handle, Blob blob, Instant now) {
    return Hot.sql(
            handle,
            """
            INSERT INTO blob (digest, size, object_key, bytes, created_at)
            VALUES (:digest, :size, :objectKey, :bytes, :now)
            ON CONFLICT (digest) DO NOTHING
            """)
        .bind("digest", blob.digest())
        .bind("size", blob.size())
        .bind("objectKey", blob.body() instanceof Blob.Stored(ObjectKey key) ? key.id() : null)
        .bind("bytes", blob.body() instanceof Blob.Inline(byte[] bytes) ? bytes : null)
        .bind("now", now);
  }

  private void link(Handle handle, Repository repository, Digest digest, long size, Instant now) {
    List<Hot.Ran> ran =
        Hot.together(
            List.of(
                insertLink(handle, repository, digest, now),
                usage.insertBlob(handle, repository, digest, size)));
    bookLink(handle, repository, digest, size, now, Linked.of(ran));
  }

  private void bookLink(
      Handle handle, Repository repository, Digest digest, long size, Instant now, Linked linked) {
    boolean isNew = linked.isNew();
    // It is there, or was a moment ago.
    while (!isNew && !extendLease(handle, repository, digest, now)) {
      isNew = insertLink(handle, repository, digest, now).execute() == 1;
    }
    if (isNew) {
      usage.blobLinked(handle, repository, digest, size, linked.inserted());
    }
  }

  private Hot insertLink(Handle handle, Repository repository, Digest digest, Instant now) {
    return Hot.sql(
            handle,
            """
            INSERT INTO repository_blob (repository_id, digest, lease_until)
            VALUES (:repositoryId, :digest, :until)
            ON CONFLICT (repository_id, digest) DO NOTHING
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .bind("until", now.plus(lease));
  }

  private boolean extendLease(Handle handle, Repository repository, Digest digest, Instant now) {
    return Hot.sql(
                handle,
                """
                UPDATE repository_blob
                SET lease_until = :until
                WHERE repository_id = :repositoryId AND digest = :digest
                """)
            .bind("until", now.plus(lease))
            .bind("repositoryId", repository.id())
            .bind("digest", digest)
            .execute()
        == 1;
  }

  private boolean mount(Handle handle, Repository target, Digest digest, long sourceId) {
    Optional<Long> size =
        handle
            .createQuery(
                """
                SELECT b.size
                FROM repository_blob rb
                JOIN blob b ON b.digest = rb.digest
                WHERE rb.repository_id = :sourceId AND rb.digest = :digest AND b.damaged_at <= 0
                """
                    + database.dialect().forKeyShare())
            .bind("sourceId", sourceId)
            .bind("digest", digest)
            .mapTo(Long.class)
            .findOne();
    size.ifPresent(bytes -> link(handle, target, digest, bytes, clock.instant()));
    return size.isPresent();
  }

  private static Optional<Long> holder(
      Handle handle, Repository target, Digest digest, ReadScope scope) {
    return switch (scope) {
      case ReadScope.Everything() ->
          handle
              .createQuery(
                  """
                  SELECT repository_id
                  FROM repository_blob
                  WHERE digest = :digest
                  ORDER BY repository_id
                  LIMIT 1
                  """)
              .bind("digest", digest)
              .mapTo(Long.class)
              .findOne();
      case ReadScope.EverythingBut(var registries) ->
          handle
              .createQuery(
                  """
                  SELECT rb.repository_id
                  FROM repository_blob rb
                  JOIN repository r ON r.id = rb.repository_id
                  WHERE rb.digest = :digest AND r.registry_id NOT IN (<registries>)
                  ORDER BY rb.repository_id
                  LIMIT 1
                  """)
              .bind("digest", digest)
              .bindList("registries", List.copyOf(registries))
              .mapTo(Long.class)
              .findOne();
      case ReadScope.Registries(var registries) ->
          registries.isEmpty()
              ? Optional.empty()
              : handle
                  .createQuery(
                      """
                      SELECT rb.repository_id
                      FROM repository_blob rb
                      JOIN repository r ON r.id = rb.repository_id
                      WHERE rb.digest = :digest AND (r.registry_id IN (<registries>) OR r.id = :target)
                      ORDER BY rb.repository_id
                      LIMIT 1
                      """)
                  .bind("digest", digest)
                  .bindList("registries", List.copyOf(registries))
                  .bind("target", target.id())
                  .mapTo(Long.class)
                  .findOne();
    };
  }

  private boolean delete(Handle handle, Repository repository, Digest digest) {
    SortedMap<Digest, Long> link = lockLinks(handle, repository, List.of(digest));
    if (link.isEmpty()) {
      return false;
    }
    namedBy(handle, repository, digest)
        .ifPresent(
            parent -> {
              throw new RefusedException(
                  new Refusal.Denied(
                      "manifest %s names this blob; delete the manifest first".formatted(parent),
                      digest.toString()));
            });
    release.lock(handle, new TreeSet<>(link.keySet()));
    ReclaimedDays.add(handle, clock.instant(), unlink(handle, repository, link, true).freed());
    return true;
  }

  /** The links that are there, with the sizes of their blobs, locked for change. */
  private SortedMap<Digest, Long> lockLinks(
      Handle handle, Repository repository, Collection<Digest> digests) {
    SortedMap<Digest, Long> links = new TreeMap<>();
    if (!digests.isEmpty()) {
      handle
          .createQuery(
              """
              SELECT digest, (SELECT b.size FROM blob b WHERE b.digest = rb.digest) AS size
              FROM repository_blob rb
              WHERE repository_id = :repositoryId AND digest IN (<digests>)
              ORDER BY digest
              """
                  + database.dialect().forUpdate())
          .bind("repositoryId", repository.id())
          .bindList("digests", List.copyOf(digests))
          .mapTo(Sized.class)
          .forEach(link -> links.put(link.digest(), link.size()));
    }
    return links;
  }

  /** Those of these that a manifest of the repository names. */
  private static List<Digest> named(
      Handle handle, Repository repository, Collection<Digest> digests) {
    return digests.isEmpty()
        ? List.of()
        : handle
            .createQuery(
                """
                SELECT DISTINCT child
                FROM manifest_edge
                WHERE repository_id = :repositoryId AND child IN (<digests>) AND kind IN ('config', 'layer')
                ORDER BY child
                """)
            .bind("repositoryId", repository.id())
            .bindList("digests", List.copyOf(digests))
            .mapTo(Digest.class)
            .list();
  }

  /** The links whose lease has ended, longest ago first. */
  private static List<IdleLink> idle(Handle handle, Instant now, int limit, String lock) {
    return handle
        .createQuery(
            """
            SELECT rb.repository_id, rb.digest
            FROM repository_blob rb
            WHERE rb.lease_until > 0 AND rb.lease_until <= :now
            ORDER BY rb.lease_until, rb.repository_id, rb.digest
            LIMIT :limit
            """
                + lock)
        .bind("now", now)
        .bind("limit", limit)
        .mapTo(IdleLink.class)
        .list();
  }

  private static Optional<Digest> namedBy(Handle handle, Repository repository, Digest digest) {
    return handle
        .createQuery(
            """
            SELECT parent
            FROM manifest_edge
            WHERE repository_id = :repositoryId AND child = :digest AND kind IN ('config', 'layer')
            ORDER BY kind, parent
            LIMIT 1
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .mapTo(Digest.class)
        .findOne();
  }

  private static List<Digest> unnamed(Handle handle, Repository repository, int limit) {
    return handle
        .createQuery(
            """
            SELECT rb.digest
            FROM repository_blob rb
            WHERE rb.repository_id = :repositoryId AND NOT EXISTS (
              SELECT 1
              FROM manifest_edge e
              WHERE e.repository_id = rb.repository_id AND e.child = rb.digest AND e.kind IN ('config', 'layer'))
            ORDER BY rb.digest
            LIMIT :limit
            """)
        .bind("repositoryId", repository.id())
        .bind("limit", limit)
        .mapTo(Digest.class)
        .list();
  }

  private static int weight(Blob blob) {
    return ENTRY_BYTES + (blob.body() instanceof Blob.Inline(byte[] bytes) ? bytes.length : 0);
  }

  record Key(long repositoryId, Digest digest) {}

  /**
   * What linking has done.
   *
   * @param isNew whether the repository could not read the blob before
   * @param inserted whether the blob was made a part of the registry
   */
  private record Linked(boolean isNew, boolean inserted) {
    /** From a link's and a content's insertion. */
    static Linked of(List<Hot.Ran> ran) {
      return new Linked(ran.get(0).didSomething(), ran.get(1).didSomething());
    }
  }

  /**
   * A step of {@link #releaseIdle}.
   *
   * @param looked at so many links
   * @param settled so many of them are gone, or are needed after all
   */
  public record Idle(int looked, int settled, Freed freed) {
    static final Idle NOTHING = new Idle(0, 0, Freed.NOTHING);
  }

  private record Unlinked(int links, Freed freed) {
    static final Unlinked NOTHING = new Unlinked(0, Freed.NOTHING);
  }

  record IdleLink(long repositoryId, Digest digest) {}

  record Sized(Digest digest, long size) {}

  /** A row of {@code repository_blob} with its blob. */
  @SuppressWarnings("ArrayRecordComponent") // lives from the query to the next line
  record Row(
      Digest digest,
      long size,
      @Nullable String objectKey,
      byte @Nullable [] bytes,
      long damagedAt,
      Instant leaseUntil) {
    static Row of(ResultSet row) throws SQLException {
      return new Row(
          Digest.parse(row.getString("digest")),
          row.getLong("size"),
          row.getString("object_key"),
          row.getBytes("bytes"),
          row.getLong("damaged_at"),
          Instant.ofEpochMilli(row.getLong("lease_until")));
    }

    boolean isDamaged() {
      return damagedAt > 0;
    }

    /** To be delivered. */
    Blob whole() {
      if (isDamaged()) {
        throw Damage.refusal(Damage.Kind.BLOB, digest);
      }
      return blob();
    }

    Blob blob() {
      if (objectKey != null) {
        return new Blob(digest, size, new Blob.Stored(new ObjectKey(objectKey)));
      }
      if (bytes != null) {
        return new Blob(digest, size, new Blob.Inline(bytes));
      }
      throw new IllegalStateException("blob " + digest + " has neither an object nor bytes");
    }
  }
}
