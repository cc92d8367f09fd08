package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.Platform;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.database.Hot;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The SQL of manifests. */
final class ManifestStore {
  private final Dialect dialect;

  ManifestStore(Dialect dialect) {
    this.dialect = dialect;
  }

  Optional<StoredManifest> find(Handle handle, Repository repository, Digest digest) {
    return handle
        .createQuery(
            """
            SELECT rm.digest, rm.media_type, m.bytes, m.damaged_at
            FROM repository_manifest rm
            JOIN manifest m ON m.digest = rm.digest
            WHERE rm.repository_id = :repositoryId AND rm.digest = :digest
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .mapTo(Row.class)
        .findOne()
        .map(Row::whole);
  }

  Optional<StoredManifest> find(Handle handle, Repository repository, Tag tag) {
    return handle
        .createQuery(
            """
            SELECT rm.digest, rm.media_type, m.bytes, m.damaged_at
            FROM tag t
            JOIN repository_manifest rm ON rm.repository_id = t.repository_id AND rm.digest = t.digest
            JOIN manifest m ON m.digest = rm.digest
            WHERE t.repository_id = :repositoryId AND t.name = :tag
            """)
        .bind("repositoryId", repository.id())
        .bind("tag", tag)
        .mapTo(Row.class)
        .findOne()
        .map(Row::whole);
  }

  /**
   * Which of these, sorted, the repository has, locked against removal until the transaction ends.
   */
  List<Child> lockAll(Handle handle, Repository repository, List<Digest> digests) {
    return handle
        .createQuery(
            """
            SELECT rm.digest, rm.total_size, EXISTS (
              SELECT 1
              FROM manifest m
              WHERE m.digest = rm.digest AND m.damaged_at > 0) AS damaged
            FROM repository_manifest rm
            WHERE rm.repository_id = :repositoryId AND rm.digest IN (<digests>)
            ORDER BY rm.digest
            """
                + dialect.forShare())
        .bind("repositoryId", repository.id())
        .bindList("digests", digests)
        .mapTo(Child.class)
        .list();
  }

  /** A manifest that the repository has, locked for change. */
  Optional<Locked> lock(Handle handle, Repository repository, Digest digest) {
    return handle
        .createQuery(
            """
            SELECT media_type, size
            FROM repository_manifest
            WHERE repository_id = :repositoryId AND digest = :digest
            """
                + dialect.forUpdate())
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .mapTo(Locked.class)
        .findOne();
  }

  /** Keeps the bytes, if they are not there yet, or damaged. */
  Hot insertContent(Handle handle, Digest digest, byte[] content, Instant now) {
    return Hot.sql(
            handle,
            """
            INSERT INTO manifest (digest, bytes, created_at)
            VALUES (:digest, :bytes, :now)
            ON CONFLICT (digest) DO UPDATE
            SET bytes = excluded.bytes, damaged_at = -excluded.created_at
            WHERE manifest.damaged_at > 0
            """)
        .bind("digest", digest)
        .bind("bytes", content)
        .bind("now", now);
  }

  /** Adds a manifest to a repository, if it is not there. */
  Hot insert(
      Handle handle, Repository repository, Manifest manifest, ManifestFacts facts, Push push) {
    Described described = Described.of(manifest);
    return Hot.sql(
            handle,
            """
            INSERT INTO repository_manifest
              (repository_id, digest, media_type, size, artifact_type, subject, annotations, pushed_at, pushed_by,
               kind, total_size, platform)
            VALUES
              (:repositoryId, :digest, :mediaType, :size, :artifactType, :subject, :annotations, :now, :by,
               :kind, :totalSize, :platform)
            ON CONFLICT (repository_id, digest) DO NOTHING
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", push.digest())
        .bind("size", push.size())
        .bind("now", push.at())
        .bind("by", push.by())
        .bind("mediaType", described.mediaType())
        .bind("artifactType", described.artifactType())
        .bind("subject", described.subject())
        .bind("annotations", described.annotations())
        .bind("kind", facts.kind().identifier())
        .bind("totalSize", facts.totalSize())
        .bind("platform", facts.platform().map(Platform::text).orElse(null));
  }

  /**
   * The same bytes under another type: what was read from them anew replaces what was read before.
   */
  void retype(
      Handle handle,
      Repository repository,
      Manifest manifest,
      ManifestFacts facts,
      Digest digest,
      References references) {
    Described described = Described.of(manifest);
    handle
        .createUpdate(
            """
            UPDATE repository_manifest
            SET media_type = :mediaType, artifact_type = :artifactType, subject = :subject, annotations = :annotations,
              kind = :kind, total_size = :totalSize, platform = :platform
            WHERE repository_id = :repositoryId AND digest = :digest
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .bind("mediaType", described.mediaType())
        .bind("artifactType", described.artifactType())
        .bind("subject", described.subject())
        .bind("annotations", described.annotations())
        .bind("kind", facts.kind().identifier())
        .bind("totalSize", facts.totalSize())
        .bind("platform", facts.platform().map(Platform::text).orElse(null))
        .execute();
    deleteEdges(handle, repository, digest);
    if (!references.edges().isEmpty()) {
      insertEdges(handle, repository, digest, references, pushedAt(handle, repository, digest))
          .executeBatch();
    }
  }

  /**
   * Keeps what a manifest names, as far as it is not kept.
   *
   * @param references not none
   * @param pushedAt when it was pushed, as its row says
   */
  Hot insertEdges(
      Handle handle,
      Repository repository,
      Digest parent,
      References references,
      Instant pushedAt) {
    Hot batch =
        Hot.sql(
            handle,
            """
            INSERT INTO manifest_edge (repository_id, parent, child, kind, platform, parent_pushed_at)
            VALUES (:repositoryId, :parent, :child, :kind, :platform, :pushedAt)
            ON CONFLICT (repository_id, parent, child, kind) DO NOTHING
            """);
    for (References.Edge edge : references.edges()) {
      batch
          .bind("repositoryId", repository.id())
          .bind("parent", parent)
          .bind("child", edge.child())
          .bind("kind", edge.kind())
          .bind("platform", edge.platform().map(Platform::text).orElse(null))
          .bind("pushedAt", edge.platform().map(_ -> pushedAt).orElse(null))
          .add();
    }
    return batch;
  }

  /** An index of the repository that names this manifest. */
  Optional<Digest> parentOf(Handle handle, Repository repository, Digest digest) {
    return handle
        .createQuery(
            """
            SELECT parent
            FROM manifest_edge
            WHERE repository_id = :repositoryId AND child = :digest AND kind = 'manifest'
            ORDER BY parent
            LIMIT 1
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .mapTo(Digest.class)
        .findOne();
  }

  /** When a manifest was pushed last that is there. */
  Optional<Instant> lastPush(Handle handle, Repository repository) {
    return handle
        .createQuery(
            """
            SELECT pushed_at
            FROM repository_manifest
            WHERE repository_id = :repositoryId
            ORDER BY pushed_at DESC, digest DESC
            LIMIT 1
            """)
        .bind("repositoryId", repository.id())
        .mapTo(Instant.class)
        .findOne();
  }

  /** The manifests that were pushed last, until then. */
  List<Digest> newest(Handle handle, Repository repository, Instant until, int limit) {
    return handle
        .createQuery(
            """
            SELECT digest
            FROM repository_manifest
            WHERE repository_id = :repositoryId AND pushed_at <= :until
            ORDER BY pushed_at DESC, digest DESC
            LIMIT :limit
            """)
        .bind("repositoryId", repository.id())
        .bind("until", until)
        .bind("limit", limit)
        .mapTo(Digest.class)
        .list();
  }

  void delete(Handle handle, Repository repository, Digest digest) {
    deleteEdges(handle, repository, digest);
    handle
        .createUpdate(
            """
            DELETE FROM repository_manifest
            WHERE repository_id = :repositoryId AND digest = :digest
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .execute();
  }

  private static void deleteEdges(Handle handle, Repository repository, Digest parent) {
    handle
        .createUpdate(
            """
            DELETE FROM manifest_edge
            WHERE repository_id = :repositoryId AND parent = :parent
            """)
        .bind("repositoryId", repository.id())
        .bind("parent", parent)
        .execute();
  }

  private static Instant pushedAt(Handle handle, Repository repository, Digest digest) {
    return handle
        .createQuery(
            """
            SELECT pushed_at
            FROM repository_manifest
            WHERE repository_id = :repositoryId AND digest = :digest
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .mapTo(Instant.class)
        .one();
  }

  /** A manifest that another one names. */
  record Child(Digest digest, long totalSize, boolean damaged) {}

  /** A manifest as it is stored. */
  @SuppressWarnings("ArrayRecordComponent") // lives from the query to the next line
  record Row(Digest digest, String mediaType, byte[] bytes, long damagedAt) {
    StoredManifest whole() {
      if (damagedAt > 0) {
        throw Damage.refusal(Damage.Kind.MANIFEST, digest);
      }
      return new StoredManifest(digest, mediaType, bytes);
    }
  }

  /**
   * One push of a manifest.
   *
   * @param size of its bytes
   * @param by the principal
   */
  record Push(Digest digest, int size, Instant at, String by) {}

  /** What a change must know of a manifest that is there. */
  record Locked(String mediaType, long size) {}

  /** What the row says of a manifest besides its digest. */
  record Described(
      String mediaType,
      @Nullable String artifactType,
      @Nullable String subject,
      @Nullable String annotations) {
    static Described of(Manifest manifest) {
      return new Described(
          manifest.mediaType(),
          manifest.artifactType().orElse(null),
          manifest.subject().map(subject -> subject.digest().toString()).orElse(null),
          // Only a list of referrers shows them; what is about nothing is in no such list.
          manifest.subject().map(_ -> Annotations.toJson(manifest.annotations())).orElse(null));
    }
  }
}
