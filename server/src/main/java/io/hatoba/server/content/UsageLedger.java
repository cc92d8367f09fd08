package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.database.Hot;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
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

  /** The repository may no longer read a blob; its link is removed already. */
  void blobUnlinked(Handle handle, Repository repository, Digest digest, long size) {
    boolean last = isLast(handle, repository, Kind.BLOB, digest);
    book(handle, repository, UsageDelta.blob(-size, last ? -size : 0));
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

  /** A manifest was removed, with so many tags; its row is gone already. */
  void removed(Handle handle, Repository repository, Digest digest, long size, int tags) {
    boolean last = isLast(handle, repository, Kind.MANIFEST, digest);
    book(handle, repository, new UsageDelta(0, -1, -tags, -size, last ? -size : 0, 0));
  }

  /** Tags were removed, and nothing else. */
  void tagsRemoved(Handle handle, Repository repository, int count) {
    book(handle, repository, UsageDelta.tags(-count));
  }

  /** A tag was made without a push. */
  void tagAdded(Handle handle, Repository repository) {
    book(handle, repository, UsageDelta.tags(1));
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

  /** Whether no image of the registry has this content any more. Then its row is gone. */
  private boolean isLast(Handle handle, Repository repository, Kind kind, Digest digest) {
    lock(handle, repository, kind, digest, dialect.forUpdate());
    if (isLinked(handle, repository, kind, digest)) {
      return false;
    }
    handle
        .createUpdate(
            """
            DELETE FROM registry_content
            WHERE registry_id = :registryId AND digest = :digest AND kind = :kind
            """)
        .bind("registryId", repository.registryId())
        .bind("digest", digest)
        .bind("kind", kind.word)
        .execute();
    return true;
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

  private static boolean isLinked(Handle handle, Repository repository, Kind kind, Digest digest) {
    return handle
        .createQuery(
            switch (kind) {
              case BLOB ->
                  """
                  SELECT l.repository_id
                  FROM repository_blob l
                  JOIN repository r ON r.id = l.repository_id
                  WHERE l.digest = :digest AND r.registry_id = :registryId
                  ORDER BY l.repository_id
                  LIMIT 1
                  """;
              case MANIFEST ->
                  """
                  SELECT l.repository_id
                  FROM repository_manifest l
                  JOIN repository r ON r.id = l.repository_id
                  WHERE l.digest = :digest AND r.registry_id = :registryId
                  ORDER BY l.repository_id
                  LIMIT 1
                  """;
            })
        .bind("digest", digest)
        .bind("registryId", repository.registryId())
        .mapTo(Long.class)
        .findOne()
        .isPresent();
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
