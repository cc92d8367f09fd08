package io.hatoba.server.content;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.ManifestParser;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Reference;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Hot;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The manifests of a repository. A manifest is stored in the transaction that checks, and locks in
 * the order of their digests, everything it names; so a stored manifest is whole.
 */
@Singleton
public final class Manifests {
  private static final int ENTRY_BYTES = 500;
  private static final int DIGESTS_PER_STATEMENT = 1000;
  private static final int NAMED_IN_A_MESSAGE = 20;
  private static final Set<String> MANIFEST_TYPES =
      Set.of(
          MediaTypes.OCI_MANIFEST,
          MediaTypes.OCI_INDEX,
          MediaTypes.OCI_ARTIFACT_MANIFEST,
          MediaTypes.DOCKER_MANIFEST,
          MediaTypes.DOCKER_MANIFEST_LIST,
          MediaTypes.DOCKER_SCHEMA_1,
          MediaTypes.DOCKER_SCHEMA_1_SIGNED);

  private final Database database;
  private final Blobs blobs;
  private final Tags tags;
  private final Events events;
  private final InstantSource clock;
  private final boolean sparseIndex;
  private final boolean sparseImage;
  private final GuardedCache<Key, StoredManifest> cache;

  public Manifests(
      Database database,
      Blobs blobs,
      Tags tags,
      Events events,
      ContentConfig config,
      InstantSource clock) {
    this.database = database;
    this.blobs = blobs;
    this.tags = tags;
    this.events = events;
    this.clock = clock;
    this.sparseIndex = config.sparseIndex();
    this.sparseImage = config.sparseImage();
    this.cache =
        new GuardedCache<>(
            database.exclusive(),
            config.cacheSize().asLongValue() / 2,
            (key, manifest) -> ENTRY_BYTES + manifest.bytes().length);
  }

  /** What is known without asking the database; empty means "ask". Never blocks. */
  public Optional<StoredManifest> remembered(Repository repository, Reference reference) {
    return switch (reference) {
      case Digest digest -> cache.remembered(new Key(repository.id(), digest));
      case Tag tag ->
          tags.remembered(repository, tag)
              .flatMap(digest -> cache.remembered(new Key(repository.id(), digest)));
    };
  }

  /** The manifest, if the repository has it. */
  public Optional<StoredManifest> find(Repository repository, Reference reference) {
    return switch (reference) {
      case Digest digest -> find(repository, digest);
      case Tag tag ->
          database.exclusive()
              ? tags.find(repository, tag)
                  .flatMap(digest -> find(repository, digest))
                  // The tag may have moved, and the manifest it pointed to gone, between the two
                  // looks.
                  .or(() -> selectByTag(repository, tag))
              : selectByTag(repository, tag);
    };
  }

  /**
   * Stores a manifest and moves its tags, in one transaction; when this returns both are durable.
   * Pushing again what is there changes nothing but the tags.
   *
   * @param contentType of the request, parameters included
   * @param expected the digest that the client named; empty if it named a tag only (then SHA-256 is
   *     used)
   * @param newTags to point at it; all or none
   * @param condition what must hold of each tag
   * @throws RefusedException with {@code MANIFEST_INVALID}, {@code DIGEST_INVALID}, {@code
   *     MANIFEST_BLOB_UNKNOWN} (all missing content in one answer), what a guard says, or {@code
   *     PRECONDITION_FAILED}
   */
  public Stored put(
      Repository repository,
      Actor actor,
      Optional<String> contentType,
      byte[] content,
      Optional<Digest> expected,
      List<Tag> newTags,
      TagCondition condition) {
    Digest digest =
        Digest.of(expected.map(Digest::algorithm).orElse(DigestAlgorithm.SHA256), content);
    if (expected.isPresent() && !expected.get().equals(digest)) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.DIGEST_INVALID,
              "the manifest has the digest %s and not %s".formatted(digest, expected.get()),
              expected.get().toString()));
    }
    Manifest manifest = ManifestParser.parse(contentType, content);
    References references = References.of(manifest);
    SortedSet<Tag> sortedTags = new TreeSet<>(newTags);
    try (var _ = cache.hold(List.of(new Key(repository.id(), digest)));
        var _ = tags.hold(repository, sortedTags)) {
      database.write(
          handle -> {
            requireAll(handle, repository, references);
            store(handle, repository, manifest, content, digest, references, actor);
            for (Tag tag : sortedTags) {
              tags.move(handle, repository, tag, digest, condition, actor);
            }
            return digest;
          });
    }
    return new Stored(digest, manifest.subject().map(Descriptor::digest));
  }

  /** Removes a manifest with all tags that point at it. False if it is not there. */
  public boolean delete(Repository repository, Digest digest, Actor actor) {
    try (var _ = cache.hold(List.of(new Key(repository.id(), digest)));
        var heldTags = tags.hold(repository, List.of())) {
      return database.write(
          handle -> {
            Optional<String> mediaType = lock(handle, repository, digest);
            if (mediaType.isEmpty()) {
              return false;
            }
            for (Tag tag : tags.of(handle, repository, digest)) {
              heldTags.add(new Tags.Key(repository.id(), tag));
              tags.delete(handle, repository, tag, digest, actor);
            }
            delete(handle, repository, digest);
            events.append(
                handle,
                Event.artifact(
                    Event.Kind.ARTIFACT_DELETED,
                    clock.instant(),
                    repository,
                    digest,
                    mediaType.get(),
                    actor));
            return true;
          });
    }
  }

  private Optional<StoredManifest> find(Repository repository, Digest digest) {
    return cache.get(
        new Key(repository.id(), digest),
        () ->
            database.read(
                handle ->
                    handle
                        .createQuery(
                            """
                            SELECT rm.digest, rm.media_type, m.bytes
                            FROM repository_manifest rm
                            JOIN manifest m ON m.digest = rm.digest
                            WHERE rm.repository_id = :repositoryId AND rm.digest = :digest
                            """)
                        .bind("repositoryId", repository.id())
                        .bind("digest", digest)
                        .mapTo(StoredManifest.class)
                        .findOne()));
  }

  private Optional<StoredManifest> selectByTag(Repository repository, Tag tag) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT rm.digest, rm.media_type, m.bytes
                    FROM tag t
                    JOIN repository_manifest rm ON rm.repository_id = t.repository_id AND rm.digest = t.digest
                    JOIN manifest m ON m.digest = rm.digest
                    WHERE t.repository_id = :repositoryId AND t.name = :tag
                    """)
                .bind("repositoryId", repository.id())
                .bind("tag", tag)
                .mapTo(StoredManifest.class)
                .findOne());
  }

  private void requireAll(Handle handle, Repository repository, References references) {
    List<Digest> missing = new ArrayList<>(references.requiredBlobs());
    for (List<Digest> some : pieces(references.blobs())) {
      missing.removeAll(Set.copyOf(blobs.lock(handle, repository, some)));
    }
    List<Digest> missingManifests = new ArrayList<>(references.manifests());
    for (List<Digest> some : pieces(references.manifests())) {
      missingManifests.removeAll(Set.copyOf(lock(handle, repository, some)));
    }
    if (sparseImage) {
      missing.clear();
    }
    if (!sparseIndex) {
      missing.addAll(missingManifests);
    }
    if (!missing.isEmpty()) {
      List<String> named =
          missing.stream().limit(NAMED_IN_A_MESSAGE).map(Digest::toString).toList();
      throw new RefusedException(
          Refusal.unknown(
              ErrorCode.MANIFEST_BLOB_UNKNOWN,
              "the manifest names %d blobs or manifests that repository %s does not have; push them first: %s%s"
                  .formatted(
                      missing.size(),
                      repository.name(),
                      String.join(", ", named),
                      missing.size() > NAMED_IN_A_MESSAGE ? " …" : ""),
              named.getFirst()));
    }
  }

  private List<Digest> lock(Handle handle, Repository repository, List<Digest> digests) {
    return handle
        .createQuery(
            """
            SELECT digest
            FROM repository_manifest
            WHERE repository_id = :repositoryId AND digest IN (<digests>)
            ORDER BY digest
            """
                + database.dialect().forShare())
        .bind("repositoryId", repository.id())
        .bindList("digests", digests)
        .mapTo(Digest.class)
        .list();
  }

  private void store(
      Handle handle,
      Repository repository,
      Manifest manifest,
      byte[] content,
      Digest digest,
      References references,
      Actor actor) {
    Instant now = clock.instant();
    Hot.sql(
            handle,
            """
            INSERT INTO manifest (digest, bytes, created_at)
            VALUES (:digest, :bytes, :now)
            ON CONFLICT (digest) DO NOTHING
            """)
        .bind("digest", digest)
        .bind("bytes", content)
        .bind("now", now)
        .execute();
    Optional<String> typeBefore = Optional.empty();
    boolean inserted = false;
    while (!inserted && typeBefore.isEmpty()) {
      inserted = insert(handle, repository, manifest, content.length, digest, actor, now);
      // If it is there, it must stay until the tags point at it; it may be gone again.
      typeBefore = inserted ? Optional.empty() : lock(handle, repository, digest);
    }
    if (inserted) {
      insertEdges(handle, repository, digest, references);
    } else if (!typeBefore.get().equals(manifest.mediaType())) {
      retype(handle, repository, manifest, digest, references);
    }
    events.append(
        handle,
        Event.artifact(
            Event.Kind.ARTIFACT_PUSHED, now, repository, digest, manifest.mediaType(), actor));
  }

  private static boolean insert(
      Handle handle,
      Repository repository,
      Manifest manifest,
      int size,
      Digest digest,
      Actor actor,
      Instant now) {
    Described described = Described.of(manifest);
    return Hot.sql(
                handle,
                """
                INSERT INTO repository_manifest
                  (repository_id, digest, media_type, size, artifact_type, subject, annotations, pushed_at, pushed_by)
                VALUES
                  (:repositoryId, :digest, :mediaType, :size, :artifactType, :subject, :annotations, :now, :by)
                ON CONFLICT (repository_id, digest) DO NOTHING
                """)
            .bind("repositoryId", repository.id())
            .bind("digest", digest)
            .bind("size", size)
            .bind("now", now)
            .bind("by", actor.principal())
            .bind("mediaType", described.mediaType())
            .bind("artifactType", described.artifactType())
            .bind("subject", described.subject())
            .bind("annotations", described.annotations())
            .execute()
        == 1;
  }

  /**
   * The same bytes under another type: what was read from them anew replaces what was read before.
   */
  private static void retype(
      Handle handle,
      Repository repository,
      Manifest manifest,
      Digest digest,
      References references) {
    Described described = Described.of(manifest);
    handle
        .createUpdate(
            """
            UPDATE repository_manifest
            SET media_type = :mediaType, artifact_type = :artifactType, subject = :subject, annotations = :annotations
            WHERE repository_id = :repositoryId AND digest = :digest
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .bind("mediaType", described.mediaType())
        .bind("artifactType", described.artifactType())
        .bind("subject", described.subject())
        .bind("annotations", described.annotations())
        .execute();
    deleteEdges(handle, repository, digest);
    insertEdges(handle, repository, digest, references);
  }

  private static void insertEdges(
      Handle handle, Repository repository, Digest parent, References references) {
    if (references.edges().isEmpty()) {
      return;
    }
    Hot batch =
        Hot.sql(
            handle,
            """
            INSERT INTO manifest_edge (repository_id, parent, child, kind)
            VALUES (:repositoryId, :parent, :child, :kind)
            ON CONFLICT (repository_id, parent, child, kind) DO NOTHING
            """);
    for (References.Edge edge : references.edges()) {
      batch
          .bind("repositoryId", repository.id())
          .bind("parent", parent)
          .bind("child", edge.child())
          .bind("kind", edge.kind())
          .add();
    }
    batch.executeBatch();
  }

  private Optional<String> lock(Handle handle, Repository repository, Digest digest) {
    return handle
        .createQuery(
            """
            SELECT media_type
            FROM repository_manifest
            WHERE repository_id = :repositoryId AND digest = :digest
            """
                + database.dialect().forUpdate())
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .mapTo(String.class)
        .findOne();
  }

  private static void delete(Handle handle, Repository repository, Digest digest) {
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

  private static List<List<Digest>> pieces(List<Digest> digests) {
    List<List<Digest>> pieces = new ArrayList<>();
    for (int i = 0; i < digests.size(); i += DIGESTS_PER_STATEMENT) {
      pieces.add(digests.subList(i, Math.min(digests.size(), i + DIGESTS_PER_STATEMENT)));
    }
    return pieces;
  }

  /**
   * A manifest that was stored.
   *
   * @param subject what it is about, if it says so: the answer must name it ({@code OCI-Subject})
   */
  public record Stored(Digest digest, Optional<Digest> subject) {}

  /**
   * What must hold of the tags for a push to be carried out ({@code If-Match}, {@code
   * If-None-Match}).
   */
  public sealed interface TagCondition {
    /** Nothing. */
    record Always() implements TagCondition {}

    /** The tag does not exist. */
    record Absent() implements TagCondition {}

    /** The tag exists and points to one of these; an empty list is anything. */
    record PointsTo(List<Digest> digests) implements TagCondition {
      public PointsTo {
        digests = List.copyOf(digests);
      }
    }
  }

  private record Key(long repositoryId, Digest digest) {}

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

  /**
   * What a manifest names, sorted for locking.
   *
   * @param blobs what it names as blobs
   * @param requiredBlobs those of them that the repository must have
   * @param manifests what it names as manifests
   */
  record References(
      List<Digest> blobs, List<Digest> requiredBlobs, List<Digest> manifests, List<Edge> edges) {
    record Edge(Digest child, String kind) {}

    static References of(Manifest manifest) {
      SortedSet<Digest> blobs = new TreeSet<>();
      SortedSet<Digest> required = new TreeSet<>();
      SortedSet<Digest> manifests = new TreeSet<>();
      List<Edge> edges = new ArrayList<>();
      switch (manifest) {
        case Manifest.Image image -> {
          image.config().ifPresent(config -> edges.add(new Edge(config.digest(), "config")));
          image.config().ifPresent(config -> required.add(config.digest()));
          for (Descriptor layer : image.layers()) {
            edges.add(new Edge(layer.digest(), "layer"));
            (layer.isNonDistributable() ? blobs : required).add(layer.digest());
          }
        }
        case Manifest.Index index -> {
          for (Descriptor child : index.manifests()) {
            // BuildKit's cache export names layers in an index: they are blobs, and must stay as
            // blobs do.
            boolean isManifest = MANIFEST_TYPES.contains(child.mediaType());
            edges.add(new Edge(child.digest(), isManifest ? "manifest" : "layer"));
            (isManifest ? manifests : blobs).add(child.digest());
          }
        }
      }
      blobs.addAll(required);
      return new References(
          List.copyOf(blobs), List.copyOf(required), List.copyOf(manifests), List.copyOf(edges));
    }
  }
}
