package io.hatoba.server.content;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.ManifestParser;
import io.hatoba.oci.Reference;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;

/**
 * The manifests of a repository. A manifest is stored in the transaction that checks, and locks in
 * the order of their digests, everything it names; so a stored manifest is whole.
 */
@Singleton
public final class Manifests {
  private static final int ENTRY_BYTES = 500;
  private static final int DIGESTS_PER_STATEMENT = 1000;
  private static final int NAMED_IN_A_MESSAGE = 20;

  private final Database database;
  private final ManifestStore store;
  private final Blobs blobs;
  private final Tags tags;
  private final Events events;
  private final BlobBytes bytes;
  private final UsageLedger usage;
  private final InstantSource clock;
  private final boolean sparseIndex;
  private final boolean sparseImage;
  private final GuardedCache<Key, StoredManifest> cache;

  public Manifests(
      Database database,
      Blobs blobs,
      Tags tags,
      Events events,
      BlobBytes bytes,
      UsageLedger usage,
      ContentConfig config,
      InstantSource clock) {
    this.database = database;
    this.store = new ManifestStore(database.dialect());
    this.blobs = blobs;
    this.tags = tags;
    this.events = events;
    this.bytes = bytes;
    this.usage = usage;
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

  /**
   * The manifest, if the repository has it.
   *
   * @throws RefusedException with {@code MANIFEST_UNKNOWN} if it is damaged
   */
  public Optional<StoredManifest> find(Repository repository, Reference reference) {
    return switch (reference) {
      case Digest digest -> find(repository, digest);
      case Tag tag ->
          database.exclusive()
              ? tags.find(repository, tag)
                  .flatMap(digest -> find(repository, digest))
                  // The tag may have moved, and the manifest it pointed to gone, between the two
                  // looks.
                  .or(() -> findByTag(repository, tag))
              : findByTag(repository, tag);
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
   *     MANIFEST_BLOB_UNKNOWN} (all missing content in one answer), what a guard says, {@code
   *     PRECONDITION_FAILED}, or {@code DENIED} beyond the registry's quota
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
    ManifestFacts facts = ManifestFacts.of(manifest, content.length, bytes, repository);
    SortedSet<Tag> sortedTags = new TreeSet<>(newTags);
    try (var _ = cache.hold(List.of(new Key(repository.id(), digest)));
        var _ = tags.hold(repository, sortedTags)) {
      DeletedMeanwhile.write(
          database,
          repository,
          handle -> {
            long childrenSize = requireAll(handle, repository, references);
            ManifestStore.Push push =
                new ManifestStore.Push(digest, content.length, clock.instant(), actor.principal());
            boolean isNew =
                insert(
                    handle,
                    repository,
                    manifest,
                    facts.withChildren(childrenSize),
                    content,
                    push,
                    references,
                    actor);
            int newTagCount = 0;
            for (Tag tag : sortedTags) {
              if (tags.move(handle, repository, tag, digest, condition, actor)) {
                newTagCount++;
              }
            }
            usage.pushed(handle, repository, push, isNew, newTagCount);
            return digest;
          });
    }
    return new Stored(digest, manifest.subject().map(Descriptor::digest));
  }

  /**
   * Holds what is remembered of a manifest, to be closed after the commit that changes it
   * everywhere.
   */
  GuardedCache<Key, StoredManifest>.Everything holdAll(Digest digest) {
    return cache.holdAll(key -> key.digest().equals(digest));
  }

  /** Holds manifests that a write is about to remove; to be closed after it, before its answer. */
  Held hold(Repository repository, Collection<Digest> digests) {
    return new Held(
        repository,
        cache.hold(digests.stream().map(digest -> new Key(repository.id(), digest)).toList()));
  }

  private Optional<StoredManifest> find(Repository repository, Digest digest) {
    return cache.get(
        new Key(repository.id(), digest),
        () -> database.read(handle -> store.find(handle, repository, digest)));
  }

  private Optional<StoredManifest> findByTag(Repository repository, Tag tag) {
    return database.read(handle -> store.find(handle, repository, tag));
  }

  /** Locks what is named, and says how large the manifests among it are with all they name. */
  private long requireAll(Handle handle, Repository repository, References references) {
    List<Digest> missing = new ArrayList<>(references.requiredBlobs());
    for (List<Digest> some : pieces(references.blobs())) {
      missing.removeAll(Set.copyOf(blobs.lock(handle, repository, some)));
    }
    Set<Digest> present = new HashSet<>();
    List<Digest> missingManifests = new ArrayList<>(references.manifests());
    long size = 0;
    for (List<Digest> some : pieces(references.manifests())) {
      for (ManifestStore.Child child : store.lockAll(handle, repository, some)) {
        if (!child.damaged()) {
          present.add(child.digest());
        }
        size = ManifestFacts.plus(size, child.totalSize());
      }
    }
    missingManifests.removeAll(present);
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
    return size;
  }

  /** Adds a manifest to a repository. False if it was there, perhaps with another type. */
  private boolean insert(
      Handle handle,
      Repository repository,
      Manifest manifest,
      ManifestFacts facts,
      byte[] content,
      ManifestStore.Push push,
      References references,
      Actor actor) {
    Digest digest = push.digest();
    store.insertContent(handle, digest, content, push.at());
    Optional<ManifestStore.Locked> before = Optional.empty();
    boolean inserted = false;
    while (!inserted && before.isEmpty()) {
      inserted = store.insert(handle, repository, manifest, facts, push);
      // If it is there, it must stay until the tags point at it; it may be gone again.
      before = inserted ? Optional.empty() : store.lock(handle, repository, digest);
    }
    if (inserted) {
      store.insertEdges(handle, repository, digest, references, push.at());
    } else if (!before.get().mediaType().equals(manifest.mediaType())) {
      store.retype(handle, repository, manifest, facts, digest, references);
    }
    events.append(
        handle,
        Event.artifact(
            Event.Kind.ARTIFACT_PUSHED,
            push.at(),
            repository,
            digest,
            manifest.mediaType(),
            actor));
    return inserted;
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

    /** The tag does not exist, or points to this one already. */
    record NotElsewhere(Digest digest) implements TagCondition {}

    /** The tag exists and points to one of these; an empty list is anything. */
    record PointsTo(List<Digest> digests) implements TagCondition {
      public PointsTo {
        digests = List.copyOf(digests);
      }
    }
  }

  record Key(long repositoryId, Digest digest) {}

  /** Manifests of a repository that are held. */
  static final class Held implements AutoCloseable {
    private final Repository repository;
    private final GuardedCache<Key, StoredManifest>.Held keys;

    private Held(Repository repository, GuardedCache<Key, StoredManifest>.Held keys) {
      this.repository = repository;
      this.keys = keys;
    }

    /** Holds one more; inside the transaction is early enough. */
    void add(Digest digest) {
      keys.add(new Key(repository.id(), digest));
    }

    @Override
    public void close() {
      keys.close();
    }
  }
}
