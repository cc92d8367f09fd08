package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Removes an image with all that is in it, in many small transactions, so that pushes elsewhere get
 * in between. After a failure some of it may be gone, and what is left is whole; a repetition goes
 * on. What is pushed into the image meanwhile may stay, and with it the image.
 */
@Singleton
public final class ImageRemoval {
  private static final int ROWS_AT_ONCE = 500;

  private final Database database;
  private final Repositories repositories;
  private final ArtifactRemoval artifacts;
  private final Tags tags;
  private final Blobs blobs;
  private final ObjectRemovals removals;
  private final Trash trash;
  private final UsageLedger usage;
  private final InstantSource clock;

  public ImageRemoval(
      Database database,
      Repositories repositories,
      ArtifactRemoval artifacts,
      Tags tags,
      Blobs blobs,
      ObjectRemovals removals,
      Trash trash,
      UsageLedger usage,
      InstantSource clock) {
    this.database = database;
    this.repositories = repositories;
    this.artifacts = artifacts;
    this.tags = tags;
    this.blobs = blobs;
    this.removals = removals;
    this.trash = trash;
    this.usage = usage;
    this.clock = clock;
  }

  /**
   * Removes an image: its artifacts and tags, each with its event, then itself. Brought back it has
   * its artifacts, tags and texts; the history of its tags and the counts of its pulls are lost.
   *
   * @throws RefusedException with what a guard says of one of its tags, before anything is removed
   */
  public Removed remove(Repository repository, Actor actor) {
    askGuards(repository);
    Optional<Removed.Undo> undo =
        database.write(handle -> trash.begin(handle, repository, Trash.What.image(), actor));
    artifacts.removeAll(repository, undo, actor);
    while (blobs.deleteUnnamed(repository, ROWS_AT_ONCE) > 0) {
      // There may be more.
    }
    while (database.write(
            handle ->
                UploadStore.forgetUnclaimed(
                    handle,
                    database.dialect(),
                    removals,
                    repository.id(),
                    clock.instant(),
                    ROWS_AT_ONCE))
        == ROWS_AT_ONCE) {
      // There may be more.
    }
    while (database.write(handle -> forgetHistory(handle, repository)) == ROWS_AT_ONCE) {
      // There may be more.
    }
    try (var _ = repositories.hold(repository.name())) {
      database.write(handle -> removeIfEmpty(handle, repository));
    }
    return new Removed(undo);
  }

  private void askGuards(Repository repository) {
    if (tags.isUnguarded()) {
      return;
    }
    String last = "";
    while (true) {
      String after = last;
      List<TagRow> rows =
          database.read(
              handle -> {
                List<TagRow> some = tagsAfter(handle, repository, after);
                for (TagRow row : some) {
                  Optional<Refusal> refusal =
                      tags.refusal(handle, repository, row.name(), row.digest());
                  if (refusal.isPresent()) {
                    throw new RefusedException(refusal.get());
                  }
                }
                return some;
              });
      if (rows.size() < ROWS_AT_ONCE) {
        return;
      }
      last = rows.getLast().name().name();
    }
  }

  private static List<TagRow> tagsAfter(Handle handle, Repository repository, String after) {
    return handle
        .createQuery(
            """
            SELECT name, digest
            FROM tag
            WHERE repository_id = :repositoryId AND name > :after
            ORDER BY name
            LIMIT :limit
            """)
        .bind("repositoryId", repository.id())
        .bind("after", after)
        .bind("limit", ROWS_AT_ONCE)
        .mapTo(TagRow.class)
        .list();
  }

  private static int forgetHistory(Handle handle, Repository repository) {
    return handle
        .createUpdate(
            """
            DELETE FROM tag_history
            WHERE id IN (
              SELECT id
              FROM tag_history
              WHERE repository_id = :repositoryId
              ORDER BY name, id
              LIMIT :limit)
            """)
        .bind("repositoryId", repository.id())
        .bind("limit", ROWS_AT_ONCE)
        .execute();
  }

  private boolean removeIfEmpty(Handle handle, Repository repository) {
    // Pushes that are under way wait here, and find nothing to add to any more.
    handle
        .createQuery(
            """
            SELECT id
            FROM repository
            WHERE id = :repositoryId
            """
                + database.dialect().forUpdate())
        .bind("repositoryId", repository.id())
        .mapTo(Long.class)
        .findOne();
    boolean removed =
        handle
                .createUpdate(
                    """
                    DELETE FROM repository
                    WHERE id = :repositoryId
                      AND NOT EXISTS (SELECT 1 FROM repository_manifest WHERE repository_id = :repositoryId)
                      AND NOT EXISTS (SELECT 1 FROM repository_blob WHERE repository_id = :repositoryId)
                      AND NOT EXISTS (SELECT 1 FROM tag_history WHERE repository_id = :repositoryId)
                      AND NOT EXISTS (SELECT 1 FROM upload WHERE repository_id = :repositoryId)
                    """)
                .bind("repositoryId", repository.id())
                .execute()
            == 1;
    if (removed) {
      usage.imageRemoved(handle, repository);
    }
    return removed;
  }

  record TagRow(Tag name, Digest digest) {}
}
