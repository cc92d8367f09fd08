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
import java.util.List;
import java.util.Optional;
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

  private final Database database;
  private final ObjectRemovals removals;
  private final UsageLedger usage;
  private final InstantSource clock;
  private final Duration lease;
  private final GuardedCache<Key, Blob> cache;

  public Blobs(
      Database database,
      ObjectRemovals removals,
      UsageLedger usage,
      ContentConfig config,
      InstantSource clock) {
    this.database = database;
    this.removals = removals;
    this.usage = usage;
    this.clock = clock;
    this.lease = config.blobLease();
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
            int removed = 0;
            for (Digest digest : unnamed) {
              if (namedBy(handle, repository, digest).isEmpty()
                  && delete(handle, repository, digest)) {
                removed++;
              }
            }
            return removed;
          });
    }
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
    boolean inserted = ran.get(0).didSomething();
    Blob present = inserted ? blob : healedOrPresent(handle, blob, now);
    if (!present.body().equals(blob.body()) && blob.body() instanceof Blob.Stored(ObjectKey ours)) {
      removals.queue(handle, ours, now);
    }
    bookLink(handle, repository, blob.digest(), blob.size(), now, Linked.of(ran.subList(1, 3)));
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
                + database.dialect().forShare())
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
                    + database.dialect().forShare())
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
    Optional<Long> size =
        handle
            .createQuery(
                """
                SELECT (SELECT size FROM blob WHERE digest = :digest)
                FROM repository_blob
                WHERE repository_id = :repositoryId AND digest = :digest
                """
                    + database.dialect().forUpdate())
            .bind("repositoryId", repository.id())
            .bind("digest", digest)
            .mapTo(Long.class)
            .findOne();
    if (size.isEmpty()) {
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
    handle
        .createUpdate(
            """
            DELETE FROM repository_blob
            WHERE repository_id = :repositoryId AND digest = :digest
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .execute();
    usage.blobUnlinked(handle, repository, digest, size.get());
    return true;
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
