package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What lies in a registry that is to be deleted: whether anything does, whether it may go, and its
 * removal in many small transactions, so that pushes elsewhere get in between.
 *
 * <p>What goes are repositories with their manifests, tags, history, uploads, the rights to read
 * blobs, and what was deleted before and could be brought back; with them the bytes that no other
 * registry has.
 */
@Singleton
public final class RegistryContent {
  /** About as many rows as one transaction removes. */
  private static final int PIECE = 1000;

  private final Database database;
  private final Events events;
  private final ManifestStore manifests;
  private final Blobs blobs;
  private final Deletions deletions;
  private final ObjectRemovals removals;
  private final UsageLedger usage;
  private final List<TagGuard> guards;
  private final InstantSource clock;

  public RegistryContent(
      Database database,
      Events events,
      Blobs blobs,
      Deletions deletions,
      ObjectRemovals removals,
      UsageLedger usage,
      InstantSource clock,
      @All List<TagGuard> guards) {
    this.database = database;
    this.events = events;
    this.manifests = new ManifestStore(database.dialect());
    this.blobs = blobs;
    this.deletions = deletions;
    this.removals = removals;
    this.usage = usage;
    this.clock = clock;
    this.guards = List.copyOf(guards);
  }

  /** Whether it has images. With the registry's row locked for change the answer stays true. */
  public boolean isEmpty(Handle handle, long registryId) {
    return next(handle, registryId, "").isEmpty();
  }

  /**
   * Asks the guards about all tags of a registry.
   *
   * @param most how many refusals are enough
   * @return why tags may not go; empty if all may
   */
  public List<Refused> refusals(long registryId, int most) {
    List<Refused> found = new ArrayList<>();
    if (guards.isEmpty()) {
      return found;
    }
    TagRow last = new TagRow(0, registryId, "", "", "");
    while (last != null && found.size() < most) {
      TagRow after = last;
      last = database.read(handle -> ask(handle, after, most, found));
    }
    return found;
  }

  private @Nullable TagRow ask(Handle handle, TagRow after, int most, List<Refused> found) {
    List<TagRow> rows =
        handle
            .createQuery(
                """
                SELECT t.repository_id, r.registry_id, r.name AS repository, t.name, t.digest
                FROM repository r
                JOIN tag t ON t.repository_id = r.id
                WHERE r.registry_id = :registryId AND (r.name, t.name) > (:repository, :name)
                ORDER BY r.name, t.name
                LIMIT :limit
                """)
            .bind("registryId", after.registryId())
            .bind("repository", after.repository())
            .bind("name", after.name())
            .bind("limit", PIECE)
            .mapTo(TagRow.class)
            .list();
    for (TagRow row : rows) {
      for (TagGuard guard : guards) {
        guard
            .check(handle, row.owner(), row.tag(), Digest.parse(row.digest()), Optional.empty())
            .filter(_ -> found.size() < most)
            .ifPresent(why -> found.add(new Refused(row.repository(), row.name(), why.message())));
      }
    }
    return rows.size() == PIECE ? rows.getLast() : null;
  }

  /** Says in the outbox that a registry was deleted, in the transaction that makes it so. */
  public void deleted(Handle handle, long registryId, String name, Actor actor) {
    events.append(
        handle,
        Event.registry(Event.Kind.REGISTRY_DELETED, clock.instant(), registryId, name, actor));
  }

  /**
   * Removes a piece of a registry whose deletion has begun, in one transaction.
   *
   * @return whether to go on
   */
  public Progress removeSome(long registryId) {
    return database.write(handle -> removeSome(handle, registryId));
  }

  private Progress removeSome(Handle handle, long registryId) {
    boolean waiting = false;
    int budget = PIECE;
    String after = "";
    while (budget > 0) {
      Optional<Row> next = next(handle, registryId, after);
      if (next.isEmpty()) {
        return waiting ? Progress.WAITING : forgetRest(handle, registryId, budget);
      }
      after = next.get().name();
      budget -= empty(handle, next.get().id(), budget) + 1;
      if (budget >= 0 && !remove(handle, registryId, next.get().id())) {
        waiting = true;
      }
    }
    return Progress.MORE;
  }

  /** When there are no images any more: what was deleted before, and what is counted. */
  private Progress forgetRest(Handle handle, long registryId, int budget) {
    deletions.end(handle, registryId);
    if (deletions.hasAny(handle, registryId)) {
      return deletions.purgeSome(handle, registryId).isPresent() ? Progress.MORE : Progress.WAITING;
    }
    return usage.forgetSome(handle, registryId, budget) ? Progress.MORE : Progress.DONE;
  }

  /** Removes at most so many rows that belong to a repository; returns how many it removed. */
  private int empty(Handle handle, long repositoryId, int most) {
    // Pushes that are under way wait here, and find nothing to add to any more.
    handle
        .createQuery(
            """
            SELECT id
            FROM repository
            WHERE id = :repositoryId
            """
                + database.dialect().forUpdate())
        .bind("repositoryId", repositoryId)
        .mapTo(Long.class)
        .findOne();
    int removed = 0;
    for (String statement : ROWS) {
      if (removed < most) {
        removed +=
            handle
                .createUpdate(statement)
                .bind("repositoryId", repositoryId)
                .bind("most", most - removed)
                .execute();
      }
    }
    if (removed < most) {
      removed += forgetManifests(handle, repositoryId, most - removed);
    }
    if (removed < most) {
      removed += blobs.unlinkSome(handle, repositoryId, most - removed);
    }
    return removed < most
        ? removed
            + UploadStore.forgetUnclaimed(
                handle, database.dialect(), removals, repositoryId, clock.instant(), most - removed)
        : removed;
  }

  private int forgetManifests(Handle handle, long repositoryId, int most) {
    SortedSet<Digest> some = new TreeSet<>(manifests.some(handle, repositoryId, most));
    if (!some.isEmpty()) {
      manifests.lockForRemoval(handle, some);
      manifests.forget(handle, repositoryId, some);
      manifests.releaseContent(handle, some);
    }
    return some.size();
  }

  /** In the order in which they refer to each other. */
  private static final List<String> ROWS =
      List.of(
          """
          DELETE FROM tag
          WHERE repository_id = :repositoryId AND name IN (
            SELECT name
            FROM tag
            WHERE repository_id = :repositoryId
            ORDER BY name
            LIMIT :most)
          """,
          """
          DELETE FROM tag_history
          WHERE id IN (
            SELECT id
            FROM tag_history
            WHERE repository_id = :repositoryId
            ORDER BY name, id
            LIMIT :most)
          """,
          """
          DELETE FROM manifest_edge
          WHERE repository_id = :repositoryId AND (parent, child, kind) IN (
            SELECT parent, child, kind
            FROM manifest_edge
            WHERE repository_id = :repositoryId
            ORDER BY parent, child, kind
            LIMIT :most)
          """);

  /** Removes a repository in which nothing is left. False if uploads are. */
  private static boolean remove(Handle handle, long registryId, long repositoryId) {
    int removed =
        handle
            .createUpdate(
                """
                DELETE FROM repository
                WHERE id = :repositoryId AND NOT EXISTS (
                  SELECT 1
                  FROM upload
                  WHERE repository_id = :repositoryId)
                """)
            .bind("repositoryId", repositoryId)
            .execute();
    if (removed == 1) {
      handle
          .createUpdate(
              """
              DELETE FROM repository_usage
              WHERE registry_id = :registryId AND repository_id = :repositoryId
              """)
          .bind("registryId", registryId)
          .bind("repositoryId", repositoryId)
          .execute();
    }
    return removed == 1;
  }

  /** The first repository of a registry after a name. */
  private static Optional<Row> next(Handle handle, long registryId, String after) {
    return handle
        .createQuery(
            """
            SELECT id, name
            FROM repository
            WHERE registry_id = :registryId AND name > :after
            ORDER BY name
            LIMIT 1
            """)
        .bind("registryId", registryId)
        .bind("after", after)
        .mapTo(Row.class)
        .findOne();
  }

  /**
   * A tag that a guard keeps.
   *
   * @param repository its whole name
   */
  public record Refused(String repository, String tag, String why) {}

  /** How far a removal has come. */
  public enum Progress {
    /** There is more to remove. */
    MORE,
    /** What is left is being written to; later it will be possible. */
    WAITING,
    /** Nothing is left. */
    DONE
  }

  record Row(long id, String name) {}

  record TagRow(long repositoryId, long registryId, String repository, String name, String digest) {
    Repository owner() {
      return new Repository(repositoryId, registryId, new RepositoryName(repository));
    }

    Tag tag() {
      return new Tag(name);
    }
  }
}
