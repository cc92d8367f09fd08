package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.ManifestParser;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Puts a deleted manifest back, with what it names and the tags that pointed at it. */
@Singleton
public final class Restoration {
  private final DeletionStore store;
  private final ManifestStore manifests;
  private final Blobs blobs;
  private final Tags tags;
  private final Events events;
  private final UsageLedger usage;
  private final InstantSource clock;

  public Restoration(
      Database database,
      Blobs blobs,
      Tags tags,
      Events events,
      UsageLedger usage,
      InstantSource clock) {
    this.store = new DeletionStore(database.dialect());
    this.manifests = new ManifestStore(database.dialect());
    this.blobs = blobs;
    this.tags = tags;
    this.events = events;
    this.usage = usage;
    this.clock = clock;
  }

  /**
   * Sees to it that a manifest is there: it is, or is brought back with its tags.
   *
   * @param of the id of the repository that it was deleted in
   * @throws RefusedException with {@code CONFLICT} if it can no longer be brought back
   */
  Deletions.Undone ensure(
      Handle handle,
      Repository into,
      long of,
      Digest digest,
      Manifests.Held held,
      GuardedCache<Tags.Key, Digest>.Held heldTags,
      Actor actor) {
    if (!manifests.lockAll(handle, into, List.of(digest)).isEmpty()) {
      return new Deletions.Undone(into.name(), Deletion.Kind.ARTIFACT, 0, 0, 0);
    }
    Instant now = clock.instant();
    return store
        .manifest(handle, of, digest, now)
        .filter(manifest -> store.lockUndoable(handle, manifest.deletionId(), now))
        // Looked at again under the lock: another may have kept it, or brought it back, meanwhile.
        .flatMap(
            kept ->
                store
                    .manifest(handle, of, digest, now)
                    .filter(manifest -> manifest.deletionId() == kept.deletionId()))
        .map(manifest -> restore(handle, into, manifest, held, heldTags, actor))
        .orElseThrow(
            () ->
                new RefusedException(
                    new Refusal.Conflict(
                        ErrorCode.CONFLICT,
                        "%s was deleted, and the time to bring it back is over".formatted(digest),
                        digest.toString())));
  }

  /** Puts one back that a locked deletion keeps, or lets go of it if it was pushed again. */
  Deletions.Undone restore(
      Handle handle,
      Repository into,
      DeletionStore.Kept manifest,
      Manifests.Held held,
      GuardedCache<Tags.Key, Digest>.Held heldTags,
      Actor actor) {
    Digest digest = manifest.digest();
    held.add(digest);
    for (Blobs.Sized blob : store.blobs(handle, manifest)) {
      blobs.restoreLink(handle, into, blob.digest(), blob.size());
    }
    boolean back = store.putBack(handle, into, manifest);
    if (back) {
      References references =
          References.of(ManifestParser.parse(Optional.of(manifest.mediaType()), manifest.bytes()));
      if (!references.edges().isEmpty()) {
        manifests.insertEdges(handle, into, digest, references, manifest.pushedAt()).executeBatch();
      }
    }
    int made = 0;
    int elsewhere = 0;
    for (Tag tag : store.tags(handle, manifest)) {
      heldTags.add(new Tags.Key(into.id(), tag));
      switch (tags.restore(handle, into, tag, digest, actor)) {
        case MADE -> made++;
        case THERE -> {}
        case ELSEWHERE -> elsewhere++;
      }
    }
    if (back) {
      events.append(
          handle,
          Event.artifact(
              Event.Kind.ARTIFACT_RESTORED,
              clock.instant(),
              into,
              digest,
              manifest.mediaType(),
              actor));
      usage.restored(handle, into, digest, manifest.size(), made);
    } else if (made > 0) {
      usage.tagsAdded(handle, into, made);
    }
    store.forgetManifest(handle, manifest);
    return new Deletions.Undone(into.name(), Deletion.Kind.ARTIFACT, back ? 1 : 0, made, elsewhere);
  }
}
