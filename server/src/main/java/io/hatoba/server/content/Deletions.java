package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;

/**
 * What was deleted, until its time is over: it can be brought back, whole, as it was (C6), or let
 * go of at once. See docs/design/deletion.md.
 */
@Singleton
public final class Deletions {
  /** How long an undo that was interrupted can be gone on with, at least. */
  private static final Duration TO_FINISH = Duration.ofHours(1);

  private static final int MANIFESTS_AT_ONCE = 20;
  private static final int ROWS_AT_ONCE = 500;

  private final Database database;
  private final DeletionStore store;
  private final ManifestStore manifestStore;
  private final BlobRelease release;
  private final Repositories repositories;
  private final Manifests manifests;
  private final Tags tags;
  private final Blobs blobs;
  private final Restoration restoration;
  private final UsageLedger usage;
  private final InstantSource clock;

  public Deletions(
      Database database,
      ObjectRemovals removals,
      Repositories repositories,
      Manifests manifests,
      Tags tags,
      Blobs blobs,
      Restoration restoration,
      UsageLedger usage,
      InstantSource clock) {
    Dialect dialect = database.dialect();
    this.database = database;
    this.store = new DeletionStore(dialect);
    this.manifestStore = new ManifestStore(dialect);
    this.release = new BlobRelease(dialect, removals);
    this.repositories = repositories;
    this.manifests = manifests;
    this.tags = tags;
    this.blobs = blobs;
    this.restoration = restoration;
    this.usage = usage;
    this.clock = clock;
  }

  /**
   * What can be brought back in a registry, newest first.
   *
   * @param repository only of this image
   * @param before the id of the last one of the page before
   */
  public List<Deletion> page(
      long registryId, Optional<RepositoryName> repository, Optional<Long> before, int limit) {
    Instant now = clock.instant();
    long id = before.orElse(Long.MAX_VALUE);
    return database
        .read(
            handle ->
                repository
                    .map(name -> store.page(handle, registryId, name, now, id, limit))
                    .orElseGet(() -> store.page(handle, registryId, now, id, limit)))
        .stream()
        .map(DeletionStore.Row::shown)
        .toList();
  }

  /** A deletion that can be undone. */
  public Optional<Deletion> find(long registryId, long id) {
    return database
        .read(handle -> store.find(handle, registryId, id))
        .filter(row -> row.until().isAfter(clock.instant()))
        .map(DeletionStore.Row::shown);
  }

  /**
   * Undoes a deletion: manifests with their referrers and children, tags and texts are there again
   * as they were. A tag that was made again meanwhile is left alone. Of a large image it is done in
   * many transactions; after a failure a repetition goes on.
   *
   * @throws RefusedException with {@code MANIFEST_UNKNOWN} if there is no such deletion any more,
   *     {@code CONFLICT} if a tag that was deleted by itself was made again elsewhere or its
   *     manifest cannot be brought back, {@code NAME_UNKNOWN} if the registry is gone
   */
  public Undone restore(long registryId, long id, Actor actor) {
    DeletionStore.Row row =
        database.write(
            handle -> {
              Instant now = clock.instant();
              DeletionStore.Row found =
                  store
                      .find(handle, registryId, id)
                      .filter(_ -> store.lockUndoable(handle, id, now))
                      .orElseThrow(() -> unknown(id));
              store.extend(handle, id, now.plus(TO_FINISH));
              return found;
            });
    Repository into = repositories.forPush(row.repository());
    Undone undone = new Undone(into.name(), row.what(), 0, 0, 0);
    if (row.what() == Deletion.Kind.TAG) {
      return undone.plus(restoreTag(row, into, actor));
    }
    while (true) {
      Undone sofar = undone;
      Optional<Undone> step = restoreSome(row, into, actor);
      if (step.isEmpty()) {
        return sofar;
      }
      undone = sofar.plus(step.get());
    }
  }

  private Undone restoreTag(DeletionStore.Row row, Repository into, Actor actor) {
    Tag tag = row.tag().orElseThrow();
    Digest digest = row.digest().orElseThrow();
    try (var held = manifests.hold(into, List.of(digest));
        var heldTags = tags.hold(into, List.of(tag))) {
      return DeletedMeanwhile.write(
          database,
          into,
          handle -> {
            if (!store.lockUndoable(handle, row.id(), clock.instant())) {
              throw unknown(row.id());
            }
            Undone undone =
                restoration.ensure(handle, into, row.repositoryId(), digest, held, heldTags, actor);
            Tags.Restored restored = tags.restore(handle, into, tag, digest, actor);
            if (restored == Tags.Restored.ELSEWHERE) {
              throw new RefusedException(
                  new Refusal.Conflict(
                      ErrorCode.CONFLICT,
                      "tag %s was made again and points elsewhere now; move it with PUT if it shall point to %s"
                          .formatted(tag, digest),
                      tag.name()));
            }
            store.forget(handle, row.id());
            if (restored == Tags.Restored.THERE) {
              return undone;
            }
            usage.tagsAdded(handle, into, 1);
            return undone.plus(new Undone(into.name(), row.what(), 0, 1, 0));
          });
    }
  }

  /** Empty if there was nothing left. */
  private Optional<Undone> restoreSome(DeletionStore.Row row, Repository into, Actor actor) {
    try (var held = manifests.hold(into, List.of());
        var heldTags = tags.hold(into, List.of())) {
      return DeletedMeanwhile.write(
          database,
          into,
          handle -> {
            if (!store.lockUndoable(handle, row.id(), clock.instant())) {
              throw unknown(row.id()); // another has undone it meanwhile, or ended its time
            }
            store.extend(handle, row.id(), clock.instant().plus(TO_FINISH));
            List<DeletionStore.Kept> some = store.manifests(handle, row.id(), MANIFESTS_AT_ONCE);
            if (some.isEmpty()) {
              if (row.what() == Deletion.Kind.IMAGE) {
                store.putTextBack(handle, into, row);
              }
              store.forget(handle, row.id());
              return Optional.empty();
            }
            Undone undone = new Undone(into.name(), row.what(), 0, 0, 0);
            for (DeletionStore.Kept manifest : some) {
              undone =
                  undone.plus(restoration.restore(handle, into, manifest, held, heldTags, actor));
            }
            return Optional.of(undone);
          });
    }
  }

  /**
   * Ends the time of everything that was deleted in a registry. What it holds goes in the
   * background; {@link #purgeSome} does it at once.
   *
   * @return how many deletions can no longer be undone
   */
  public int end(long registryId) {
    return database.write(handle -> end(handle, registryId));
  }

  /** As {@link #end(long)}, in the caller's transaction. */
  int end(Handle handle, long registryId) {
    return store.end(handle, registryId, clock.instant());
  }

  /** Whether anything that was deleted in a registry is not yet gone. */
  boolean hasAny(Handle handle, long registryId) {
    return store.hasAny(handle, registryId);
  }

  /**
   * Lets go of some of what a deletion held whose time is over, of any registry, in one
   * transaction.
   *
   * @return empty if nothing is due, or others work on it
   */
  public Optional<Freed> purgeSome() {
    Instant now = clock.instant();
    // Most of the time nothing is due, and looking takes no writer.
    return database.<Boolean>read(handle -> store.isDue(handle, now))
        ? database.write(
            handle -> store.due(handle, now).flatMap(row -> purgeSome(handle, row, now)))
        : Optional.empty();
  }

  /** As {@link #purgeSome()}, of one registry. */
  public Optional<Freed> purgeSome(long registryId) {
    return database.write(handle -> purgeSome(handle, registryId));
  }

  /** As {@link #purgeSome()}, of one registry, in the caller's transaction. */
  Optional<Freed> purgeSome(Handle handle, long registryId) {
    Instant now = clock.instant();
    return store.dueOf(handle, now, registryId).flatMap(row -> purgeSome(handle, row, now));
  }

  private Optional<Freed> purgeSome(Handle handle, DeletionStore.Row row, Instant now) {
    List<Digest> held = store.held(handle, row.id(), ROWS_AT_ONCE);
    if (!held.isEmpty()) {
      return letGo(handle, row, new TreeSet<>(held), now);
    }
    List<Digest> some = store.digests(handle, row.id(), ROWS_AT_ONCE);
    if (some.isEmpty()) {
      store.forget(handle, row.id());
    } else {
      TreeSet<Digest> sorted = new TreeSet<>(some);
      manifestStore.lockForRemoval(handle, sorted);
      store.deleteManifests(handle, row, some);
      manifestStore.releaseContent(handle, sorted);
      usage.released(handle, row.owner(), sorted);
    }
    return Optional.of(Freed.NOTHING);
  }

  private Optional<Freed> letGo(
      Handle handle, DeletionStore.Row row, SortedSet<Digest> held, Instant now) {
    release.lock(handle, held);
    BlobRelease.Claim claim =
        release.claim(
            handle, new BlobRelease.Reference.Hold(row.repositoryId(), row.id()), held, false);
    held.removeAll(claim.busy());
    if (held.isEmpty()) {
      return Optional.empty();
    }
    store.letGo(handle, row, List.copyOf(held));
    Freed freed = release.remove(handle, claim, blobs.readersHaveLeft());
    usage.blobsReleased(handle, row.owner(), held);
    ReclaimedDays.add(handle, now, freed);
    return Optional.of(freed);
  }

  private static RefusedException unknown(long id) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.MANIFEST_UNKNOWN,
            "there is no deletion %d that can be undone: its time is over, it was undone, or it never was"
                .formatted(id),
            Long.toString(id)));
  }

  /**
   * What an undo brought back.
   *
   * @param tagsElsewhere tags that were made again meanwhile and point elsewhere; they were left
   *     alone
   */
  public record Undone(
      RepositoryName repository,
      Deletion.Kind kind,
      long artifacts,
      long tags,
      long tagsElsewhere) {
    Undone plus(Undone other) {
      return new Undone(
          repository,
          kind,
          artifacts + other.artifacts,
          tags + other.tags,
          tagsElsewhere + other.tagsElsewhere);
    }
  }
}
