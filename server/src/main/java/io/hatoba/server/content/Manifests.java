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
import io.hatoba.server.database.Hot;
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
  private static final int NAMED_IN_A_MESSAGE = 20;
  private static final int FEW_EDGES = 16;

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
            insert(
                handle,
                repository,
                new Pushed(manifest, facts.withChildren(childrenSize), content, references, push),
                sortedTags,
                condition,
                actor);
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
    for (List<Digest> some : ManifestStore.pieces(references.blobs())) {
      missing.removeAll(Set.copyOf(blobs.lock(handle, repository, some)));
    }
    Set<Digest> present = new HashSet<>();
    List<Digest> missingManifests = new ArrayList<>(references.manifests());
    long size = 0;
    for (List<Digest> some : ManifestStore.pieces(references.manifests())) {
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

  /** Adds a manifest to a repository, where it may be, perhaps with another type; with its tags. */
  private void insert(
      Handle handle,
      Repository repository,
      Pushed pushed,
      SortedSet<Tag> newTags,
      TagCondition condition,
      Actor actor) {
    ManifestStore.Push push = pushed.push();
    Digest digest = push.digest();
    // Of several, each is locked before the next one is looked at.
    Optional<Tag> soleTag =
        newTags.size() == 1 && !(condition instanceof TagCondition.PointsTo)
            ? Optional.of(newTags.first())
            : Optional.empty();
    List<Hot> rows = new ArrayList<>();
    rows.add(store.insertContent(handle, digest, pushed.content(), push.at()));
    rows.add(store.insert(handle, repository, pushed.manifest(), pushed.facts(), push));
    if (pushed.hasFewEdges()) {
      rows.add(store.insertEdges(handle, repository, digest, pushed.references(), push.at()));
    }
    soleTag.ifPresent(
        tag -> rows.add(tags.insert(handle, repository, tag, digest, actor, push.at())));
    List<Hot.Ran> ran = Hot.together(rows);
    boolean isNew = ran.get(1).didSomething();
    boolean tagMade = soleTag.isPresent() && ran.getLast().didSomething();

    isNew = complete(handle, repository, pushed, isNew);
    List<Hot> records = new ArrayList<>();
    records.add(
        events.insert(
            handle,
            Event.artifact(
                Event.Kind.ARTIFACT_PUSHED,
                push.at(),
                repository,
                digest,
                pushed.manifest().mediaType(),
                actor)));
    int tagCount = 0;
    if (tagMade) {
      records.addAll(tags.made(handle, repository, newTags.first(), digest, actor, push.at()));
      tagCount = 1;
    } else if (!newTags.isEmpty()) {
      Hot.together(records);
      records.clear();
      for (Tag tag : newTags) {
        if (tags.move(handle, repository, tag, digest, condition, actor)) {
          tagCount++;
        }
      }
    }
    if (isNew) {
      records.add(usage.insertManifest(handle, repository, push));
    }
    Optional<Boolean> inserted = Optional.empty();
    if (!records.isEmpty()) {
      boolean last = Hot.together(records).getLast().didSomething();
      inserted = isNew ? Optional.of(last) : Optional.empty();
    }
    usage.pushed(handle, repository, push, inserted, tagCount);
  }

  /**
   * Sees to it that the manifest is there as it was pushed, and stays.
   *
   * @param inserted whether its row was inserted just now
   * @return whether the repository did not have it
   */
  private boolean complete(Handle handle, Repository repository, Pushed pushed, boolean inserted) {
    Digest digest = pushed.push().digest();
    boolean isNew = inserted;
    Optional<ManifestStore.Locked> before = Optional.empty();
    while (!isNew && before.isEmpty()) {
      // It must stay until the tags point at it; it may be gone again.
      before = store.lock(handle, repository, digest);
      isNew =
          before.isEmpty()
              && store
                      .insert(handle, repository, pushed.manifest(), pushed.facts(), pushed.push())
                      .execute()
                  == 1;
    }
    if (isNew) {
      if (!pushed.references().edges().isEmpty() && !(inserted && pushed.hasFewEdges())) {
        store
            .insertEdges(handle, repository, digest, pushed.references(), pushed.push().at())
            .executeBatch();
      }
    } else if (!before.orElseThrow().mediaType().equals(pushed.manifest().mediaType())) {
      store.retype(
          handle, repository, pushed.manifest(), pushed.facts(), digest, pushed.references());
    }
    return isNew;
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

  /** A manifest that is being stored. */
  @SuppressWarnings("ArrayRecordComponent") // lives as long as the push
  private record Pushed(
      Manifest manifest,
      ManifestFacts facts,
      byte[] content,
      References references,
      ManifestStore.Push push) {
    /** So few, and not none, that their rows go into one message with the manifest's. */
    boolean hasFewEdges() {
      return !references.edges().isEmpty() && references.edges().size() <= FEW_EDGES;
    }
  }

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
