package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.database.Hot;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * Where the transactions that change content write down what that does to the {@link Usage}: a row
 * for each content of the registry, and one row with the difference. No row is written by all
 * pushes of a registry.
 *
 * <p>In a transaction this comes last, after blobs, manifests and tags, so that locks are taken in
 * one order. The row of the content is locked by whoever adds or removes a link: of two that remove
 * the last two links at once the second sees it, and who adds one meanwhile waits.
 */
@Singleton
public final class UsageLedger {
  private final Dialect dialect;
  private final Quotas quotas;

  public UsageLedger(Database database, InstantSource clock) {
    this.dialect = database.dialect();
    this.quotas = new Quotas(database, clock);
  }

  Quotas quotas() {
    return quotas;
  }

  /** The repository was made. */
  void imageMade(Handle handle, Repository repository) {
    handle
        .createUpdate(
            """
            INSERT INTO repository_usage (registry_id, repository_id)
            VALUES (:registryId, :repositoryId)
            """)
        .bind("registryId", repository.registryId())
        .bind("repositoryId", repository.id())
        .execute();
    book(handle, repository, UsageDelta.images(1));
  }

  /**
   * Makes a blob a part of the registry, if it is not; to be run after the link to it was made, and
   * to be told to {@link #blobLinked}.
   */
  Hot insertBlob(Handle handle, Repository repository, Digest digest, long size) {
    return insert(handle, repository, Kind.BLOB, digest, size);
  }

  /**
   * The repository may read a blob that it could not read before.
   *
   * @param inserted whether {@link #insertBlob} has made it a part of the registry
   * @throws RefusedException with {@code DENIED} if that is beyond the registry's quota
   */
  void blobLinked(
      Handle handle, Repository repository, Digest digest, long size, boolean inserted) {
    boolean first = inserted || isFirst(handle, repository, Kind.BLOB, digest, size);
    book(handle, repository, UsageDelta.blob(size, first ? size : 0));
  }

  /** The repository may no longer read these blobs; their links are removed already. */
  void blobsUnlinked(Handle handle, Repository repository, Map<Digest, Long> sizes) {
    long physical = forgetLast(handle, repository.registryId(), Kind.BLOB, sizes.keySet());
    book(handle, repository, UsageDelta.blob(-sum(sizes), -physical));
  }

  /** Deleted manifests no longer hold these blobs; the rows that said so are removed already. */
  void blobsReleased(Handle handle, Repository repository, Set<Digest> digests) {
    long physical = forgetLast(handle, repository.registryId(), Kind.BLOB, digests);
    if (physical > 0) {
      book(handle, repository, UsageDelta.blob(0, -physical));
    }
  }

  /**
   * Makes a manifest a part of the registry, if it is not; to be run after the repository and the
   * tags have it, and to be told to {@link #pushed}.
   */
  Hot insertManifest(Handle handle, Repository repository, ManifestStore.Push push) {
    return insert(handle, repository, Kind.MANIFEST, push.digest(), push.size());
  }

  /**
   * A manifest was pushed.
   *
   * @param inserted whether {@link #insertManifest} has made it a part of the registry; empty if
   *     the repository had it, so that it was not run
   * @param tags how many tags the push has made
   * @throws RefusedException with {@code DENIED} if that is beyond the registry's quota
   */
  void pushed(
      Handle handle,
      Repository repository,
      ManifestStore.Push push,
      Optional<Boolean> inserted,
      int tags) {
    UsageDelta delta = new UsageDelta(0, 0, tags, 0, 0, push.at().toEpochMilli());
    if (inserted.isPresent()) {
      boolean first =
          inserted.get() || isFirst(handle, repository, Kind.MANIFEST, push.digest(), push.size());
      delta = delta.plus(new UsageDelta(0, 1, 0, push.size(), first ? push.size() : 0, 0));
    }
    book(handle, repository, delta);
  }

  /**
   * Manifests were removed, with so many tags; their rows are gone already. What can be brought
   * back still counts in the registry.
   */
  void removed(Handle handle, Repository repository, Map<Digest, Long> sizes, int tags) {
    long physical = forgetLast(handle, repository.registryId(), Kind.MANIFEST, sizes.keySet());
    book(handle, repository, new UsageDelta(0, -sizes.size(), -tags, -sum(sizes), -physical, 0));
  }

  /** Manifests that were removed before can no longer be brought back; their rows are gone. */
  void released(Handle handle, Repository repository, Set<Digest> digests) {
    long physical = forgetLast(handle, repository.registryId(), Kind.MANIFEST, digests);
    if (physical > 0) {
      book(handle, repository, UsageDelta.blob(0, -physical));
    }
  }

  /** A manifest was brought back, with so many tags; what held it is not yet removed. */
  void restored(Handle handle, Repository repository, Digest digest, long size, int tags) {
    boolean first = isFirst(handle, repository, Kind.MANIFEST, digest, size);
    book(handle, repository, new UsageDelta(0, 1, tags, size, first ? size : 0, 0));
  }

  /** Tags were removed, and nothing else. */
  void tagsRemoved(Handle handle, Repository repository, int count) {
    book(handle, repository, UsageDelta.tags(-count));
  }

  /** Tags were made or brought back, and nothing else. */
  void tagsAdded(Handle handle, Repository repository, int count) {
    book(handle, repository, UsageDelta.tags(count));
  }

  /** An image was removed in which nothing was left. */
  void imageRemoved(Handle handle, Repository repository) {
    handle
        .createUpdate(
            """
            DELETE FROM repository_usage
            WHERE registry_id = :registryId AND repository_id = :repositoryId
            """)
        .bind("registryId", repository.registryId())
        .bind("repositoryId", repository.id())
        .execute();
    book(handle, repository, UsageDelta.images(-1));
  }

  /**
   * Forgets some of what is written down of a registry that was deleted with all that was in it.
   *
   * @param most rows to remove at once
   * @return whether there may be more
   */
  boolean forgetSome(Handle handle, long registryId, int most) {
    int removed = 0;
    for (String statement : OF_A_REGISTRY) {
      if (removed < most) {
        removed +=
            handle
                .createUpdate(statement)
                .bind("registryId", registryId)
                .bind("most", most - removed)
                .execute();
      }
    }
    return removed >= most;
  }

  private static final List<String> OF_A_REGISTRY =
      List.of(
          """
          DELETE FROM registry_content
          WHERE registry_id = :registryId AND (digest, kind) IN (
            SELECT digest, kind
            FROM registry_content
            WHERE registry_id = :registryId
            ORDER BY digest, kind
            LIMIT :most)
          """,
          """
          DELETE FROM usage_delta
          WHERE id IN (
            SELECT id
            FROM usage_delta
            WHERE registry_id = :registryId
            ORDER BY id
            LIMIT :most)
          """,
          """
          DELETE FROM repository_usage
          WHERE registry_id = :registryId AND repository_id IN (
            SELECT repository_id
            FROM repository_usage
            WHERE registry_id = :registryId
            ORDER BY repository_id
            LIMIT :most)
          """,
          """
          DELETE FROM usage_day
          WHERE registry_id = :registryId AND day IN (
            SELECT day
            FROM usage_day
            WHERE registry_id = :registryId
            ORDER BY day
            LIMIT :most)
          """,
          """
          DELETE FROM registry_usage
          WHERE registry_id = :registryId AND :most > 0
          """);

  private void book(Handle handle, Repository repository, UsageDelta delta) {
    Hot insertion =
        Hot.sql(
                handle,
                """
                INSERT INTO usage_delta
                  (registry_id, repository_id, images, artifacts, tags, logical_bytes, physical_bytes, pushed_at)
                VALUES
                  (:registryId, :repositoryId, :images, :artifacts, :tags, :logicalBytes, :physicalBytes, :pushedAt)
                RETURNING (SELECT quota_bytes FROM registry WHERE id = :registryId)
                """)
            .bind("registryId", repository.registryId())
            .bind("repositoryId", repository.id())
            .bind("images", delta.images())
            .bind("artifacts", delta.artifacts())
            .bind("tags", delta.tags())
            .bind("logicalBytes", delta.logicalBytes())
            .bind("physicalBytes", delta.physicalBytes())
            .bind("pushedAt", delta.pushedAt());
    if (delta.physicalBytes() > 0) {
      quotas.book(handle, repository, insertion, delta.physicalBytes());
    } else {
      var _ = insertion.number();
    }
  }

  /**
   * Whether the registry did not have this content, which was there a moment ago. Its row is there
   * and locked afterwards, shared with others that add a link.
   */
  private boolean isFirst(
      Handle handle, Repository repository, Kind kind, Digest digest, long size) {
    // Whoever removes the last link has it locked; then it is gone.
    while (!lock(handle, repository, kind, digest, dialect.forShare())) {
      if (insert(handle, repository, kind, digest, size).execute() == 1) {
        return true;
      }
    }
    return false;
  }

  private static Hot insert(
      Handle handle, Repository repository, Kind kind, Digest digest, long size) {
    return Hot.sql(
            handle,
            """
            INSERT INTO registry_content (registry_id, digest, kind, size)
            VALUES (:registryId, :digest, :kind, :size)
            ON CONFLICT (registry_id, digest, kind) DO NOTHING
            """)
        .bind("registryId", repository.registryId())
        .bind("digest", digest)
        .bind("kind", kind.word)
        .bind("size", size);
  }

  /**
   * Removes the rows of those contents that no image of the registry has any more and nothing
   * deleted holds.
   *
   * @return the bytes of those
   */
  private long forgetLast(Handle handle, long registryId, Kind kind, Set<Digest> digests) {
    if (digests.isEmpty()) {
      return 0;
    }
    List<Digest> sorted = digests.stream().sorted().toList();
    handle
        .createQuery(
            """
            SELECT digest
            FROM registry_content
            WHERE registry_id = :registryId AND kind = :kind AND digest IN (<digests>)
            ORDER BY digest
            """
                + dialect.forUpdate())
        .bind("registryId", registryId)
        .bind("kind", kind.word)
        .bindList("digests", sorted)
        .mapTo(String.class)
        .list();
    // A statement of its own: it sees what was committed while the first one waited.
    return handle
        .createQuery(
            switch (kind) {
              case BLOB ->
                  """
                  DELETE FROM registry_content AS c
                  WHERE c.registry_id = :registryId AND c.kind = :kind AND c.digest IN (<digests>)
                    AND NOT EXISTS (
                      SELECT 1
                      FROM repository_blob l
                      JOIN repository r ON r.id = l.repository_id
                      WHERE l.digest = c.digest AND r.registry_id = c.registry_id)
                    AND NOT EXISTS (
                      SELECT 1
                      FROM deleted_manifest_blob h
                      WHERE h.digest = c.digest AND h.registry_id = c.registry_id)
                  RETURNING size
                  """;
              case MANIFEST ->
                  """
                  DELETE FROM registry_content AS c
                  WHERE c.registry_id = :registryId AND c.kind = :kind AND c.digest IN (<digests>)
                    AND NOT EXISTS (
                      SELECT 1
                      FROM repository_manifest l
                      JOIN repository r ON r.id = l.repository_id
                      WHERE l.digest = c.digest AND r.registry_id = c.registry_id)
                    AND NOT EXISTS (
                      SELECT 1
                      FROM deleted_manifest h
                      WHERE h.digest = c.digest AND h.registry_id = c.registry_id)
                  RETURNING size
                  """;
            })
        .bind("registryId", registryId)
        .bind("kind", kind.word)
        .bindList("digests", sorted)
        .mapTo(Long.class)
        .stream()
        .mapToLong(Long::longValue)
        .sum();
  }

  private static long sum(Map<Digest, Long> sizes) {
    return sizes.values().stream().mapToLong(Long::longValue).sum();
  }

  private static boolean lock(
      Handle handle, Repository repository, Kind kind, Digest digest, String lock) {
    return !Hot.sql(
            handle,
            """
            SELECT digest
            FROM registry_content
            WHERE registry_id = :registryId AND digest = :digest AND kind = :kind
            """
                + lock)
        .bind("registryId", repository.registryId())
        .bind("digest", digest)
        .bind("kind", kind.word)
        .texts()
        .isEmpty();
  }

  /** What content is; the same bytes may be both. */
  private enum Kind {
    BLOB("blob"),
    MANIFEST("manifest");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }
}
