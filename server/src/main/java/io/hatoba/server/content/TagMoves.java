package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Points tags at manifests that are there, without a push (C4). As a push does it otherwise. */
@Singleton
public final class TagMoves {
  private final Database database;
  private final ManifestStore manifests;
  private final Tags tags;
  private final Manifests whole;
  private final Restoration restoration;
  private final UsageLedger usage;

  public TagMoves(
      Database database, Manifests whole, Tags tags, Restoration restoration, UsageLedger usage) {
    this.database = database;
    this.manifests = new ManifestStore(database.dialect());
    this.whole = whole;
    this.restoration = restoration;
    this.tags = tags;
    this.usage = usage;
  }

  /**
   * Makes or moves a tag, with its history row and event.
   *
   * @throws RefusedException with {@code MANIFEST_UNKNOWN} if the repository has no such manifest,
   *     what a guard says, or, if the condition does not hold, {@code PRECONDITION_FAILED} or
   *     {@code CONFLICT}
   */
  public Outcome point(
      Repository repository,
      Tag tag,
      Digest digest,
      Manifests.TagCondition condition,
      Actor actor) {
    try (var _ = tags.hold(repository, List.of(tag))) {
      return DeletedMeanwhile.write(
          database, repository, handle -> point(handle, repository, tag, digest, condition, actor));
    }
  }

  /**
   * Takes a change of a tag back: points it to what it pointed to before. If that was deleted, it
   * is brought back.
   *
   * @param historyId of a row of the tag's history
   * @throws RefusedException with {@code REQUEST_INVALID} if the tag has no such row, {@code
   *     CONFLICT} if it pointed nowhere before or that manifest is gone for good, or what a guard
   *     says
   */
  public Digest restore(Repository repository, Tag tag, long historyId, Actor actor) {
    try (var held = whole.hold(repository, List.of());
        var heldTags = tags.hold(repository, List.of(tag))) {
      return DeletedMeanwhile.write(
          database,
          repository,
          handle -> {
            Digest before = before(handle, repository, tag, historyId);
            restoration.ensure(handle, repository, repository.id(), before, held, heldTags, actor);
            point(handle, repository, tag, before, new Manifests.TagCondition.Always(), actor);
            return before;
          });
    }
  }

  private Outcome point(
      Handle handle,
      Repository repository,
      Tag tag,
      Digest digest,
      Manifests.TagCondition condition,
      Actor actor) {
    if (manifests.lockAll(handle, repository, List.of(digest)).isEmpty()) {
      throw new RefusedException(
          Refusal.unknown(
              ErrorCode.MANIFEST_UNKNOWN,
              "repository %s has no artifact %s".formatted(repository.name(), digest),
              digest.toString()));
    }
    Optional<Digest> before = tags.lock(handle, repository, tag);
    if (tags.move(handle, repository, tag, digest, condition, actor)) {
      usage.tagsAdded(handle, repository, 1);
      return Outcome.CREATED;
    }
    return before.filter(digest::equals).isPresent() ? Outcome.UNCHANGED : Outcome.MOVED;
  }

  private static Digest before(Handle handle, Repository repository, Tag tag, long historyId) {
    Row row =
        handle
            .createQuery(
                """
                SELECT id, from_digest
                FROM tag_history
                WHERE repository_id = :repositoryId AND name = :name AND id = :id
                """)
            .bind("repositoryId", repository.id())
            .bind("name", tag)
            .bind("id", historyId)
            .mapTo(Row.class)
            .findOne()
            .orElseThrow(
                () ->
                    new RefusedException(
                        Refusal.invalid(
                            ErrorCode.REQUEST_INVALID,
                            "tag %s has no change %d in its history".formatted(tag, historyId),
                            Long.toString(historyId))));
    return row.fromDigest()
        .orElseThrow(
            () ->
                conflict(
                    "with change %d tag %s was made; it pointed nowhere before"
                        .formatted(historyId, tag),
                    Long.toString(historyId)));
  }

  private static RefusedException conflict(String message, String detail) {
    return new RefusedException(new Refusal.Conflict(ErrorCode.CONFLICT, message, detail));
  }

  /** What became of a tag. */
  public enum Outcome {
    CREATED,
    MOVED,
    /** It pointed there already. */
    UNCHANGED
  }

  record Row(long id, Optional<Digest> fromDigest) {}
}
