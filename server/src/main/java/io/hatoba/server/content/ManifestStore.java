package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.Platform;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.database.Hot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The SQL of manifests. */
final class ManifestStore {
  private static final int DIGESTS_PER_STATEMENT = 1000;

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
    return Optional.ofNullable(lock(handle, repository, List.of(digest)).get(digest));
  }

  /** Those of these that the repository has, locked for change in the order of their digests. */
  SortedMap<Digest, Locked> lock(Handle handle, Repository repository, Collection<Digest> digests) {
    SortedMap<Digest, Locked> locked = new TreeMap<>();
    for (List<Digest> some : pieces(digests)) {
      handle
          .createQuery(
              """
              SELECT digest, media_type, size, pushed_at
              FROM repository_manifest
              WHERE repository_id = :repositoryId AND digest IN (<digests>)
              ORDER BY digest
              """
                  + dialect.forUpdate())
          .bind("repositoryId", repository.id())
          .bindList("digests", some)
          .mapTo(Locked.class)
          .forEach(row -> locked.put(row.digest(), row));
    }
    return locked;
  }

  /**
   * Makes pushes of these same bytes wait, anywhere. Before {@link #lock}: a push locks the bytes
   * before the row of its repository.
   */
  void lockForRemoval(Handle handle, SortedSet<Digest> digests) {
    for (List<Digest> some : pieces(digests)) {
      handle
          .createQuery(
              """
              SELECT digest
              FROM manifest
              WHERE digest IN (<digests>)
              ORDER BY digest
              """
                  + dialect.forUpdate())
          .bindList("digests", some)
          .mapTo(String.class)
          .list();
    }
  }

  /** Removes the bytes, locked, that no repository has and that cannot be brought back. */
  void releaseContent(Handle handle, Collection<Digest> digests) {
    for (List<Digest> some : pieces(digests)) {
      handle
          .createUpdate(
              """
              DELETE FROM manifest
              WHERE digest IN (<digests>)
                AND NOT EXISTS (
                  SELECT 1
                  FROM repository_manifest l
                  WHERE l.digest = manifest.digest)
                AND NOT EXISTS (
                  SELECT 1
                  FROM deleted_manifest h
                  WHERE h.digest = manifest.digest)
              """)
          .bindList("digests", some)
          .execute();
    }
  }

  /** Some of the manifests of a repository. */
  List<Digest> some(Handle handle, long repositoryId, int limit) {
    return handle
        .createQuery(
            """
            SELECT digest
            FROM repository_manifest
            WHERE repository_id = :repositoryId
            ORDER BY digest
            LIMIT :limit
            """)
        .bind("repositoryId", repositoryId)
        .bind("limit", limit)
        .mapTo(Digest.class)
        .list();
  }

  /** Removes manifests whose edges and tags are gone already. */
  void forget(Handle handle, long repositoryId, Collection<Digest> digests) {
    for (List<Digest> some : pieces(digests)) {
      handle
          .createUpdate(
              """
              DELETE FROM repository_manifest
              WHERE repository_id = :repositoryId AND digest IN (<digests>)
              """)
          .bind("repositoryId", repositoryId)
          .bindList("digests", some)
          .execute();
    }
  }

  /** The blobs that these name. */
  SortedSet<Digest> blobsOf(Handle handle, Repository repository, Collection<Digest> parents) {
    SortedSet<Digest> blobs = new TreeSet<>();
    for (List<Digest> some : pieces(parents)) {
      blobs.addAll(
          handle
              .createQuery(
                  """
                  SELECT DISTINCT child
                  FROM manifest_edge
                  WHERE repository_id = :repositoryId AND parent IN (<parents>) AND kind IN ('config', 'layer')
                  ORDER BY child
                  """)
              .bind("repositoryId", repository.id())
              .bindList("parents", some)
              .mapTo(Digest.class)
              .list());
    }
    return blobs;
  }

  /**
   * Keeps the bytes, if they are not there yet or damaged; they stay until the transaction ends,
   * since a conflict locks them.
   */
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
    deleteEdges(handle, repository, List.of(digest));
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

  /** The first indexes of the repository that name this manifest. */
  List<Digest> parentsOf(Handle handle, Repository repository, Digest digest, int limit) {
    return handle
        .createQuery(
            """
            SELECT parent
            FROM manifest_edge
            WHERE repository_id = :repositoryId AND child = :digest AND kind = 'manifest'
            ORDER BY parent
            LIMIT :limit
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .bind("limit", limit)
        .mapTo(Digest.class)
        .list();
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

  /** Removes manifests, to which no tag points any more. */
  void delete(Handle handle, Repository repository, Collection<Digest> digests) {
    for (List<Digest> some : pieces(digests)) {
      deleteEdges(handle, repository, some);
    }
    forget(handle, repository.id(), digests);
  }

  private static void deleteEdges(Handle handle, Repository repository, List<Digest> parents) {
    handle
        .createUpdate(
            """
            DELETE FROM manifest_edge
            WHERE repository_id = :repositoryId AND parent IN (<parents>)
            """)
        .bind("repositoryId", repository.id())
        .bindList("parents", parents)
        .execute();
  }

  /** Digests in pieces that a statement can have as a list, in their order. */
  static List<List<Digest>> pieces(Collection<Digest> digests) {
    List<Digest> all = List.copyOf(digests);
    List<List<Digest>> pieces = new ArrayList<>();
    for (int i = 0; i < all.size(); i += DIGESTS_PER_STATEMENT) {
      pieces.add(all.subList(i, Math.min(all.size(), i + DIGESTS_PER_STATEMENT)));
    }
    return pieces;
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
  record Locked(Digest digest, String mediaType, long size, Instant pushedAt) {}

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
