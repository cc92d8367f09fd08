package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Removes artifacts, each with its {@link Family} and the tags that point at it. What can be
 * brought back ({@link Deletions}) keeps its bytes until its time is over; of anything else they go
 * at once, or, where a push may be counting on them, a little later.
 */
@Singleton
public final class ArtifactRemoval {
  private static final int MANIFESTS_AT_ONCE = 50;
  private static final int TAGS_AT_ONCE = 200;
  private static final int NAMED_IN_A_MESSAGE = 10;

  private final Database database;
  private final ManifestStore store;
  private final Manifests manifests;
  private final Tags tags;
  private final Blobs blobs;
  private final Events events;
  private final Trash trash;
  private final UsageLedger usage;
  private final InstantSource clock;

  public ArtifactRemoval(
      Database database,
      Manifests manifests,
      Tags tags,
      Blobs blobs,
      Events events,
      Trash trash,
      UsageLedger usage,
      InstantSource clock) {
    this.database = database;
    this.store = new ManifestStore(database.dialect());
    this.manifests = manifests;
    this.tags = tags;
    this.blobs = blobs;
    this.events = events;
    this.trash = trash;
    this.usage = usage;
    this.clock = clock;
  }

  /**
   * Removes a manifest with its family, whatever names it, as the protocol asks.
   *
   * @return empty if it is not there
   * @throws RefusedException with what a guard says of one of the tags: then nothing is removed
   */
  public Optional<Removed> delete(Repository repository, Digest digest, Actor actor) {
    return remove(repository, digest, true, actor);
  }

  /**
   * As {@link #delete}, unless an index names it.
   *
   * @param force also then: the index stays, and has a gap
   * @throws RefusedException with {@code CONFLICT} that names such indexes
   */
  public Optional<Removed> remove(
      Repository repository, Digest digest, boolean force, Actor actor) {
    try (var held = manifests.hold(repository, List.of(digest));
        var heldTags = tags.hold(repository, List.of())) {
      return database.write(
          handle -> {
            SortedSet<Digest> family = Family.of(handle, repository, digest);
            store.lockForRemoval(handle, family);
            SortedMap<Digest, ManifestStore.Locked> locked = store.lock(handle, repository, family);
            if (!locked.containsKey(digest)) {
              return Optional.empty();
            }
            if (family.size() > 1) {
              // Nobody can give one of these a tag or a parent any more; somebody may have before.
              locked.keySet().retainAll(Family.of(handle, repository, digest));
            }
            if (!force) {
              requireNoParent(handle, repository, digest);
            }
            locked.keySet().forEach(held::add);
            Optional<Removed.Undo> undo =
                trash.begin(handle, repository, Trash.What.artifact(digest), actor);
            remove(handle, repository, locked, undo, heldTags, actor);
            return Optional.of(new Removed(undo));
          });
    }
  }

  /** What would go with a manifest now, without itself. */
  public List<Digest> alongWith(Repository repository, Digest digest) {
    return database.read(handle -> Family.of(handle, repository, digest)).stream()
        .filter(member -> !member.equals(digest))
        .toList();
  }

  /**
   * Removes all manifests that are there now, with their tags, in many short transactions: newest
   * first, so that an index goes before its children. What is pushed meanwhile stays.
   */
  void removeAll(Repository repository, Optional<Removed.Undo> undo, Actor actor) {
    Optional<Instant> last = database.read(handle -> store.lastPush(handle, repository));
    while (last.isPresent() && removeSome(repository, last.get(), undo, actor)) {
      // There may be more.
    }
  }

  private boolean removeSome(
      Repository repository, Instant until, Optional<Removed.Undo> undo, Actor actor) {
    List<Digest> newest =
        database.read(handle -> store.newest(handle, repository, until, MANIFESTS_AT_ONCE));
    for (Digest digest : newest) {
      while (tags.deleteSome(repository, digest, TAGS_AT_ONCE, undo, actor) == TAGS_AT_ONCE) {
        // There may be more.
      }
    }
    try (var _ = manifests.hold(repository, newest);
        var heldTags = tags.hold(repository, List.of())) {
      database.write(
          handle -> {
            undo.ifPresent(kept -> trash.goOn(handle, repository, kept, actor));
            SortedSet<Digest> sorted = new TreeSet<>(newest);
            store.lockForRemoval(handle, sorted);
            remove(
                handle, repository, store.lock(handle, repository, sorted), undo, heldTags, actor);
            return sorted;
          });
    }
    return !newest.isEmpty();
  }

  /** Removes locked manifests with the tags that point at them. */
  private void remove(
      Handle handle,
      Repository repository,
      SortedMap<Digest, ManifestStore.Locked> locked,
      Optional<Removed.Undo> undo,
      GuardedCache<Tags.Key, Digest>.Held heldTags,
      Actor actor) {
    if (locked.isEmpty()) {
      return;
    }
    SortedSet<Digest> named = store.blobsOf(handle, repository, locked.keySet());
    int tagCount = tags.deleteAll(handle, repository, locked.keySet(), undo, heldTags, actor);
    undo.ifPresent(kept -> trash.keep(handle, repository, kept, locked.keySet()));
    store.delete(handle, repository, locked.keySet());
    blobs.unneeded(handle, repository, named, lastPush(locked.values()));
    if (undo.isEmpty()) {
      store.releaseContent(handle, locked.keySet());
    }
    locked.forEach(
        (digest, row) ->
            events.append(
                handle,
                Event.artifact(
                    Event.Kind.ARTIFACT_DELETED,
                    clock.instant(),
                    repository,
                    digest,
                    row.mediaType(),
                    actor)));
    usage.removed(handle, repository, sizes(locked), tagCount);
  }

  private void requireNoParent(Handle handle, Repository repository, Digest digest) {
    List<Digest> parents = store.parentsOf(handle, repository, digest, NAMED_IN_A_MESSAGE + 1);
    if (!parents.isEmpty()) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.CONFLICT,
              "%s %s%s %s it; delete %s first, or this one all the same by ?force=true"
                  .formatted(
                      parents.size() == 1 ? "index" : "indexes",
                      parents.stream()
                          .limit(NAMED_IN_A_MESSAGE)
                          .map(Digest::toString)
                          .collect(Collectors.joining(", ")),
                      parents.size() > NAMED_IN_A_MESSAGE ? " …" : "",
                      parents.size() == 1 ? "names" : "name",
                      parents.size() == 1 ? "the index" : "the indexes"),
              parents.getFirst().toString()));
    }
  }

  private static Instant lastPush(Collection<ManifestStore.Locked> rows) {
    return rows.stream()
        .map(ManifestStore.Locked::pushedAt)
        .max(Instant::compareTo)
        .orElse(Instant.EPOCH);
  }

  private static Map<Digest, Long> sizes(SortedMap<Digest, ManifestStore.Locked> locked) {
    SortedMap<Digest, Long> sizes = new TreeMap<>();
    locked.forEach((digest, row) -> sizes.put(digest, row.size()));
    return sizes;
  }
}
