package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Dialect;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The SQL of deletions. */
final class DeletionStore {
  private static final String COLUMNS =
      """
      SELECT d.id, d.registry_id, d.repository_id, d.repository, d.kind, d.digest, d.tag, d.description, d.readme,
        d.deleted_at, d.deleted_by, d.until,
        (SELECT count(*) FROM deleted_manifest m WHERE m.deletion_id = d.id) AS artifacts
      FROM deletion d
      """;

  private final Dialect dialect;

  DeletionStore(Dialect dialect) {
    this.dialect = dialect;
  }

  /** A page of those of a registry that can be undone, newest first. */
  List<Row> page(Handle handle, long registryId, Instant now, long before, int limit) {
    return handle
        .createQuery(
            COLUMNS
                + dialect.indexedBy("deletion_by_registry")
                + """

                WHERE d.registry_id = :registryId AND d.id < :before AND d.until > :now
                ORDER BY d.id DESC
                LIMIT :limit
                """)
        .bind("registryId", registryId)
        .bind("before", before)
        .bind("now", now)
        .bind("limit", limit)
        .mapTo(Row.class)
        .list();
  }

  /** As {@link #page(Handle, long, Instant, long, int)}, of one image. */
  List<Row> page(
      Handle handle,
      long registryId,
      RepositoryName repository,
      Instant now,
      long before,
      int limit) {
    return handle
        .createQuery(
            COLUMNS
                + dialect.indexedBy("deletion_by_repository")
                + """

                WHERE d.registry_id = :registryId AND d.repository = :repository AND d.id < :before AND d.until > :now
                ORDER BY d.id DESC
                LIMIT :limit
                """)
        .bind("registryId", registryId)
        .bind("repository", repository)
        .bind("before", before)
        .bind("now", now)
        .bind("limit", limit)
        .mapTo(Row.class)
        .list();
  }

  Optional<Row> find(Handle handle, long registryId, long id) {
    return handle
        .createQuery(
            COLUMNS
                + """
                WHERE d.registry_id = :registryId AND d.id = :id
                """)
        .bind("registryId", registryId)
        .bind("id", id)
        .mapTo(Row.class)
        .findOne();
  }

  /**
   * Locks a deletion against its end and against others that undo it. False if it is gone or its
   * time is over: then some of what it kept may be gone.
   */
  boolean lockUndoable(Handle handle, long id, Instant now) {
    return handle
        .createQuery(
            """
            SELECT id
            FROM deletion
            WHERE id = :id AND until > :now
            """
                + dialect.forUpdate())
        .bind("id", id)
        .bind("now", now)
        .mapTo(Long.class)
        .findOne()
        .isPresent();
  }

  void extend(Handle handle, long id, Instant until) {
    handle
        .createUpdate(
            """
            UPDATE deletion
            SET until = :until
            WHERE id = :id AND until < :until
            """)
        .bind("id", id)
        .bind("until", until)
        .execute();
  }

  /** Ends the time of all deletions of a registry. */
  int end(Handle handle, long registryId, Instant now) {
    return handle
        .createUpdate(
            """
            UPDATE deletion
            """
                + dialect.indexedBy("deletion_by_registry")
                + """

            SET until = :now
            WHERE registry_id = :registryId AND until > :now
            """)
        .bind("registryId", registryId)
        .bind("now", now)
        .execute();
  }

  boolean isDue(Handle handle, Instant now) {
    return handle
        .createQuery(
            """
            SELECT id
            FROM deletion
            WHERE until <= :now
            ORDER BY until, id
            LIMIT 1
            """)
        .bind("now", now)
        .mapTo(Long.class)
        .findOne()
        .isPresent();
  }

  boolean hasAny(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT id
            FROM deletion
            """
                + dialect.indexedBy("deletion_by_registry")
                + """

            WHERE registry_id = :registryId
            ORDER BY id
            LIMIT 1
            """)
        .bind("registryId", registryId)
        .mapTo(Long.class)
        .findOne()
        .isPresent();
  }

  /**
   * The deletion whose time was over first, locked; those that another node has are passed over.
   */
  Optional<Row> due(Handle handle, Instant now) {
    return locked(
        handle,
        handle
            .createQuery(
                """
                SELECT id
                FROM deletion
                WHERE until <= :now
                ORDER BY until, id
                LIMIT 1
                """
                    + dialect.forUpdateSkippingLocked())
            .bind("now", now)
            .mapTo(Long.class)
            .findOne());
  }

  /** As {@link #due(Handle, Instant)}, the first one of a registry. */
  Optional<Row> dueOf(Handle handle, Instant now, long registryId) {
    return locked(
        handle,
        handle
            .createQuery(
                """
                SELECT id
                FROM deletion
                """
                    + dialect.indexedBy("deletion_by_registry")
                    + """

                WHERE registry_id = :registryId AND until <= :now
                ORDER BY id
                LIMIT 1
                """
                    + dialect.forUpdateSkippingLocked())
            .bind("registryId", registryId)
            .bind("now", now)
            .mapTo(Long.class)
            .findOne());
  }

  private static Optional<Row> locked(Handle handle, Optional<Long> id) {
    return id.map(
        found ->
            handle
                .createQuery(
                    COLUMNS
                        + """
                        WHERE d.id = :id
                        """)
                .bind("id", found)
                .mapTo(Row.class)
                .one());
  }

  /** Forgets a deletion of which nothing can be brought back any more. */
  void forget(Handle handle, long id) {
    for (String statement :
        List.of(
            """
            DELETE FROM deleted_tag
            WHERE deletion_id = :id
            """,
            """
            DELETE FROM deletion
            WHERE id = :id
            """)) {
      handle.createUpdate(statement).bind("id", id).execute();
    }
  }

  /** Manifests of a deletion, in the order in which they were pushed: children before an index. */
  List<Kept> manifests(Handle handle, long deletionId, int limit) {
    return handle
        .createQuery(
            """
            SELECT d.repository_id, d.digest, d.deletion_id, d.media_type, d.size, d.pushed_at, m.bytes
            FROM deleted_manifest d
            JOIN manifest m ON m.digest = d.digest
            WHERE d.deletion_id = :deletionId
            ORDER BY d.pushed_at, d.digest
            LIMIT :limit
            """)
        .bind("deletionId", deletionId)
        .bind("limit", limit)
        .mapTo(Kept.class)
        .list();
  }

  /**
   * A manifest of what was, or is, a repository, that can be brought back: when the time of its
   * deletion is over it may have lost some of its blobs.
   */
  Optional<Kept> manifest(Handle handle, long repositoryId, Digest digest, Instant now) {
    return handle
        .createQuery(
            """
            SELECT d.repository_id, d.digest, d.deletion_id, d.media_type, d.size, d.pushed_at, m.bytes
            FROM deleted_manifest d
            JOIN deletion o ON o.id = d.deletion_id
            JOIN manifest m ON m.digest = d.digest
            WHERE d.repository_id = :repositoryId AND d.digest = :digest AND o.until > :now
            """)
        .bind("repositoryId", repositoryId)
        .bind("digest", digest)
        .bind("now", now)
        .mapTo(Kept.class)
        .findOne();
  }

  /** The blobs that a deleted manifest holds, in order. */
  List<Blobs.Sized> blobs(Handle handle, Kept manifest) {
    return handle
        .createQuery(
            """
            SELECT h.digest, b.size
            FROM deleted_manifest_blob h
            JOIN blob b ON b.digest = h.digest
            WHERE h.repository_id = :repositoryId AND h.parent = :parent
            ORDER BY h.digest
            """)
        .bind("repositoryId", manifest.repositoryId())
        .bind("parent", manifest.digest())
        .mapTo(Blobs.Sized.class)
        .list();
  }

  List<Tag> tags(Handle handle, Kept manifest) {
    return handle
        .createQuery(
            """
            SELECT name
            FROM deleted_tag
            WHERE deletion_id = :deletionId AND digest = :digest
            ORDER BY name
            """)
        .bind("deletionId", manifest.deletionId())
        .bind("digest", manifest.digest())
        .mapTo(Tag.class)
        .list();
  }

  /** Puts the row of a manifest back, into the repository that has the name now. */
  boolean putBack(Handle handle, Repository into, Kept manifest) {
    return handle
            .createUpdate(
                """
                INSERT INTO repository_manifest
                  (repository_id, digest, media_type, size, artifact_type, subject, annotations, pushed_at, pushed_by,
                   kind, total_size, platform)
                SELECT :into, digest, media_type, size, artifact_type, subject, annotations, pushed_at, pushed_by,
                  kind, total_size, platform
                FROM deleted_manifest
                WHERE repository_id = :repositoryId AND digest = :digest
                ON CONFLICT (repository_id, digest) DO NOTHING
                """)
            .bind("into", into.id())
            .bind("repositoryId", manifest.repositoryId())
            .bind("digest", manifest.digest())
            .execute()
        == 1;
  }

  /** A manifest that is back is no longer held. */
  void forgetManifest(Handle handle, Kept manifest) {
    for (String statement :
        List.of(
            """
            DELETE FROM deleted_manifest_blob
            WHERE repository_id = :repositoryId AND parent = :digest
            """,
            """
            DELETE FROM deleted_manifest
            WHERE repository_id = :repositoryId AND digest = :digest
            """)) {
      handle
          .createUpdate(statement)
          .bind("repositoryId", manifest.repositoryId())
          .bind("digest", manifest.digest())
          .execute();
    }
  }

  /** Some of the blobs that the manifests of a deletion hold. */
  List<Digest> held(Handle handle, long deletionId, int limit) {
    return handle
        .createQuery(
            """
            SELECT h.digest
            FROM deleted_manifest m
            JOIN deleted_manifest_blob h ON h.repository_id = m.repository_id AND h.parent = m.digest
            WHERE m.deletion_id = :deletionId
            ORDER BY m.pushed_at, m.digest, h.digest
            LIMIT :limit
            """)
        .bind("deletionId", deletionId)
        .bind("limit", limit)
        .mapTo(Digest.class)
        .list();
  }

  /** The manifests of a deletion hold these blobs no longer. */
  void letGo(Handle handle, Row deletion, List<Digest> blobs) {
    handle
        .createUpdate(
            """
            DELETE FROM deleted_manifest_blob
            WHERE repository_id = :repositoryId AND digest IN (<digests>) AND parent IN (
              SELECT digest
              FROM deleted_manifest
              WHERE deletion_id = :deletionId)
            """)
        .bind("repositoryId", deletion.repositoryId())
        .bindList("digests", blobs)
        .bind("deletionId", deletion.id())
        .execute();
  }

  /** Some of the manifests of a deletion. */
  List<Digest> digests(Handle handle, long deletionId, int limit) {
    return handle
        .createQuery(
            """
            SELECT digest
            FROM deleted_manifest
            WHERE deletion_id = :deletionId
            ORDER BY pushed_at, digest
            LIMIT :limit
            """)
        .bind("deletionId", deletionId)
        .bind("limit", limit)
        .mapTo(Digest.class)
        .list();
  }

  void deleteManifests(Handle handle, Row deletion, List<Digest> digests) {
    handle
        .createUpdate(
            """
            DELETE FROM deleted_manifest
            WHERE repository_id = :repositoryId AND digest IN (<digests>) AND deletion_id = :deletionId
            """)
        .bind("repositoryId", deletion.repositoryId())
        .bindList("digests", digests)
        .bind("deletionId", deletion.id())
        .execute();
  }

  /** Writes about an image what was written about it before, unless somebody has written anew. */
  void putTextBack(Handle handle, Repository into, Row deletion) {
    if (!deletion.description().isEmpty() || !deletion.readme().isEmpty()) {
      handle
          .createUpdate(
              """
              INSERT INTO image_text (repository_id, description, readme)
              VALUES (:repositoryId, :description, :readme)
              ON CONFLICT (repository_id) DO NOTHING
              """)
          .bind("repositoryId", into.id())
          .bind("description", deletion.description())
          .bind("readme", deletion.readme())
          .execute();
    }
  }

  record Row(
      long id,
      long registryId,
      long repositoryId,
      RepositoryName repository,
      String kind,
      Optional<Digest> digest,
      Optional<Tag> tag,
      String description,
      String readme,
      Instant deletedAt,
      String deletedBy,
      Instant until,
      long artifacts) {
    Deletion.Kind what() {
      return Deletion.Kind.of(kind);
    }

    /** The repository as it was. */
    Repository owner() {
      return new Repository(repositoryId, registryId, repository);
    }

    Deletion shown() {
      return new Deletion(
          id, repository, what(), digest, tag, artifacts, deletedAt, deletedBy, until);
    }
  }

  /** A manifest that can be brought back. */
  @SuppressWarnings("ArrayRecordComponent") // lives from the query to the next lines
  record Kept(
      long repositoryId,
      Digest digest,
      long deletionId,
      String mediaType,
      long size,
      Instant pushedAt,
      byte[] bytes) {}
}
