package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Hot;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The tags of a repository. A tag moves in one transaction with its history row and its event; of
 * two that move it at once both are recorded and the later wins (C4).
 */
@Singleton
public final class Tags {
  private static final int CACHE_BYTES = 32 << 20;
  private static final int ENTRY_BYTES = 400;

  private final Database database;
  private final Events events;
  private final UsageLedger usage;
  private final Trash trash;
  private final InstantSource clock;
  private final List<TagGuard> guards;
  private final GuardedCache<Key, Digest> cache;

  public Tags(
      Database database,
      Events events,
      UsageLedger usage,
      Trash trash,
      InstantSource clock,
      @All List<TagGuard> guards) {
    this.database = database;
    this.events = events;
    this.usage = usage;
    this.trash = trash;
    this.clock = clock;
    this.guards = List.copyOf(guards);
    this.cache =
        new GuardedCache<>(
            database.exclusive(),
            CACHE_BYTES,
            (key, digest) -> ENTRY_BYTES + key.tag().name().length());
  }

  /** Names in byte order, after {@code last} (which need not exist), at most {@code limit}. */
  public List<Tag> page(Repository repository, Optional<String> last, int limit) {
    if (limit == 0) {
      return List.of();
    }
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT name
                    FROM tag
                    WHERE repository_id = :repositoryId AND name > :last
                    ORDER BY name
                    LIMIT :limit
                    """)
                .bind("repositoryId", repository.id())
                .bind("last", last.orElse(""))
                .bind("limit", limit)
                .mapTo(Tag.class)
                .list());
  }

  /** Removes a tag; the manifest stays. Empty if it is not there. */
  public Optional<Removed> delete(Repository repository, Tag tag, Actor actor) {
    try (var _ = hold(repository, List.of(tag))) {
      return database.write(handle -> delete(handle, repository, tag, actor));
    }
  }

  /**
   * Why a tag may not go now; empty if it may. Nothing is locked, so the answer may be another one
   * a moment later.
   */
  public Optional<Refusal> refusal(Handle handle, Repository repository, Tag tag, Digest from) {
    return refusal(handle, repository, tag, from, Optional.empty());
  }

  /** Whether nothing is ever refused, so that there is no need to ask. */
  public boolean isUnguarded() {
    return guards.isEmpty();
  }

  /**
   * Removes some of the tags that point at a manifest; says how many.
   *
   * @param undo of the deletion that they are part of, if it can be undone
   */
  int deleteSome(
      Repository repository, Digest digest, int limit, Optional<Removed.Undo> undo, Actor actor) {
    List<Tag> some = database.read(handle -> of(handle, repository, digest, limit));
    if (some.isEmpty()) {
      return 0;
    }
    try (var _ = hold(repository, some)) {
      return database.write(
          handle -> {
            undo.ifPresent(kept -> trash.goOn(handle, repository, kept, actor));
            int removed = 0;
            for (Tag tag : some) {
              if (delete(handle, repository, tag, digest, undo, actor)) {
                removed++;
              }
            }
            usage.tagsRemoved(handle, repository, removed);
            return removed;
          });
    }
  }

  Optional<Digest> remembered(Repository repository, Tag tag) {
    return cache.remembered(new Key(repository.id(), tag));
  }

  Optional<Digest> find(Repository repository, Tag tag) {
    return cache.get(
        new Key(repository.id(), tag),
        () -> database.read(handle -> select(handle, repository, tag, "")));
  }

  /**
   * Holds tags that a write is about to move or remove; to be closed after it, before its answer.
   */
  GuardedCache<Key, Digest>.Held hold(Repository repository, Collection<Tag> tags) {
    return cache.hold(tags.stream().map(tag -> new Key(repository.id(), tag)).toList());
  }

  /**
   * Points a tag at a manifest that the repository has.
   *
   * @return whether the tag is new; the caller books it
   * @throws RefusedException with {@code PRECONDITION_FAILED} if the condition does not hold, or
   *     what a guard says
   */
  boolean move(
      Handle handle,
      Repository repository,
      Tag tag,
      Digest to,
      Manifests.TagCondition condition,
      Actor actor) {
    Instant now = clock.instant();
    if (condition instanceof Manifests.TagCondition.PointsTo
        && select(handle, repository, tag, database.dialect().forUpdate()).isEmpty()) {
      throw preconditionFailed("tag %s does not exist".formatted(tag));
    }
    if (insert(handle, repository, tag, to, actor, now, database.dialect().forKeyShare()).execute()
        == 1) {
      Hot.together(made(handle, repository, tag, to, actor, now));
      return true;
    }
    // The row exists: this transaction waited for whoever inserted it, and now locks it. It may be
    // gone again.
    Optional<Digest> from = select(handle, repository, tag, database.dialect().forUpdate());
    if (from.isEmpty()) {
      return move(handle, repository, tag, to, condition, actor);
    }
    check(condition, tag, from.get());
    if (from.get().equals(to)) {
      return false;
    }
    ask(handle, repository, tag, from.get(), Optional.of(to));
    handle
        .createUpdate(
            """
            UPDATE tag
            SET digest = :to, moved_at = :now, moved_by = :by
            WHERE repository_id = :repositoryId AND name = :name
            """)
        .bind("to", to)
        .bind("now", now)
        .bind("by", actor.principal())
        .bind("repositoryId", repository.id())
        .bind("name", tag)
        .execute();
    record(handle, repository, tag, from, Optional.of(to), actor, now);
    return false;
  }

  /** Where a tag points, locked for change. */
  Optional<Digest> lock(Handle handle, Repository repository, Tag tag) {
    return select(handle, repository, tag, database.dialect().forUpdate());
  }

  /**
   * Removes the tags that point at these manifests, which are locked.
   *
   * @param undo of the deletion that they are part of, if it can be undone
   * @param held gets the tags
   * @return how many; the caller books them
   */
  int deleteAll(
      Handle handle,
      Repository repository,
      Collection<Digest> digests,
      Optional<Removed.Undo> undo,
      GuardedCache<Key, Digest>.Held held,
      Actor actor) {
    int removed = 0;
    for (Digest digest : digests) {
      for (Tag tag : of(handle, repository, digest)) {
        held.add(new Key(repository.id(), tag));
        if (delete(handle, repository, tag, digest, undo, actor)) {
          removed++;
        }
      }
    }
    return removed;
  }

  /** Removes a tag if it still points at this manifest. False if it does not. */
  private boolean delete(
      Handle handle,
      Repository repository,
      Tag tag,
      Digest digest,
      Optional<Removed.Undo> undo,
      Actor actor) {
    Optional<Digest> from = select(handle, repository, tag, database.dialect().forUpdate());
    if (from.filter(digest::equals).isEmpty()) {
      return false;
    }
    undo.ifPresent(kept -> trash.keep(handle, kept, tag, digest));
    remove(handle, repository, tag, digest, actor);
    return true;
  }

  private Optional<Removed> delete(Handle handle, Repository repository, Tag tag, Actor actor) {
    return select(handle, repository, tag, database.dialect().forUpdate())
        .map(
            digest -> {
              remove(handle, repository, tag, digest, actor);
              Optional<Removed.Undo> undo =
                  trash.begin(handle, repository, Trash.What.tag(tag, digest), actor);
              usage.tagsRemoved(handle, repository, 1);
              return new Removed(undo);
            });
  }

  /**
   * Makes a tag as it was, unless it is there again.
   *
   * @return where it points now; the caller books it if that is {@code to} and it was not there
   */
  Restored restore(Handle handle, Repository repository, Tag tag, Digest to, Actor actor) {
    Instant now = clock.instant();
    if (insert(handle, repository, tag, to, actor, now, database.dialect().forKeyShare()).execute()
        == 1) {
      Hot.together(made(handle, repository, tag, to, actor, now));
      return Restored.MADE;
    }
    return select(handle, repository, tag, "").filter(to::equals).isPresent()
        ? Restored.THERE
        : Restored.ELSEWHERE;
  }

  private void remove(Handle handle, Repository repository, Tag tag, Digest from, Actor actor) {
    ask(handle, repository, tag, from, Optional.empty());
    handle
        .createUpdate(
            """
            DELETE FROM tag
            WHERE repository_id = :repositoryId AND name = :name
            """)
        .bind("repositoryId", repository.id())
        .bind("name", tag)
        .execute();
    record(handle, repository, tag, Optional.of(from), Optional.empty(), actor, clock.instant());
  }

  /** The tags that point at a manifest, in byte order. */
  List<Tag> of(Handle handle, Repository repository, Digest digest) {
    return of(handle, repository, digest, Integer.MAX_VALUE);
  }

  private static List<Tag> of(Handle handle, Repository repository, Digest digest, int limit) {
    return handle
        .createQuery(
            """
            SELECT name
            FROM tag
            WHERE repository_id = :repositoryId AND digest = :digest
            ORDER BY name
            LIMIT :limit
            """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .bind("limit", limit)
        .mapTo(Tag.class)
        .list();
  }

  private static Optional<Digest> select(
      Handle handle, Repository repository, Tag tag, String lock) {
    return handle
        .createQuery(
            """
            SELECT digest
            FROM tag
            WHERE repository_id = :repositoryId AND name = :name
            """
                + lock)
        .bind("repositoryId", repository.id())
        .bind("name", tag)
        .mapTo(Digest.class)
        .findOne();
  }

  /**
   * Makes a tag, if there is none and the repository has the manifest, which is locked against
   * removal then. Whoever runs it runs {@link #made} as well if it has done something.
   */
  Hot insert(Handle handle, Repository repository, Tag tag, Digest to, Actor actor, Instant now) {
    // As a push locks a manifest that is there; two that shared it would then wait for each other.
    return insert(handle, repository, tag, to, actor, now, database.dialect().forUpdate());
  }

  private static Hot insert(
      Handle handle,
      Repository repository,
      Tag tag,
      Digest to,
      Actor actor,
      Instant now,
      String lock) {
    return Hot.sql(
            handle,
            """
            INSERT INTO tag (repository_id, name, digest, created_at, moved_at, moved_by)
            SELECT repository_id, :name, digest, :now, :now, :by
            FROM (
              SELECT repository_id, digest
              FROM repository_manifest
              WHERE repository_id = :repositoryId AND digest = :to
            """
                + lock
                + """
                ) there
                WHERE TRUE
                ON CONFLICT (repository_id, name) DO NOTHING
                """)
        .bind("repositoryId", repository.id())
        .bind("name", tag)
        .bind("to", to)
        .bind("now", now)
        .bind("by", actor.principal());
  }

  /** Writes down that a tag was made. */
  List<Hot> made(
      Handle handle, Repository repository, Tag tag, Digest to, Actor actor, Instant now) {
    return recording(handle, repository, tag, Optional.empty(), Optional.of(to), actor, now);
  }

  private static void check(Manifests.TagCondition condition, Tag tag, Digest current) {
    switch (condition) {
      case Manifests.TagCondition.Always() -> {}
      case Manifests.TagCondition.Absent() ->
          throw preconditionFailed("tag %s exists and points to %s".formatted(tag, current));
      case Manifests.TagCondition.NotElsewhere(var digest) -> {
        if (!digest.equals(current)) {
          throw new RefusedException(
              new Refusal.Conflict(
                  ErrorCode.CONFLICT,
                  "tag %s exists and points to %s; PUT moves it".formatted(tag, current),
                  current.toString()));
        }
      }
      case Manifests.TagCondition.PointsTo(var digests) -> {
        if (!digests.isEmpty() && !digests.contains(current)) {
          throw preconditionFailed("tag %s points to %s now".formatted(tag, current));
        }
      }
    }
  }

  private void ask(
      Handle handle, Repository repository, Tag tag, Digest from, Optional<Digest> to) {
    refusal(handle, repository, tag, from, to)
        .ifPresent(
            refusal -> {
              throw new RefusedException(refusal);
            });
  }

  private Optional<Refusal> refusal(
      Handle handle, Repository repository, Tag tag, Digest from, Optional<Digest> to) {
    for (TagGuard guard : guards) {
      Optional<Refusal> refusal = guard.check(handle, repository, tag, from, to);
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    return Optional.empty();
  }

  private void record(
      Handle handle,
      Repository repository,
      Tag tag,
      Optional<Digest> from,
      Optional<Digest> to,
      Actor actor,
      Instant now) {
    Hot.together(recording(handle, repository, tag, from, to, actor, now));
  }

  private List<Hot> recording(
      Handle handle,
      Repository repository,
      Tag tag,
      Optional<Digest> from,
      Optional<Digest> to,
      Actor actor,
      Instant now) {
    Hot history =
        Hot.sql(
                handle,
                """
                INSERT INTO tag_history (repository_id, name, from_digest, to_digest, at, by_principal)
                VALUES (:repositoryId, :name, :from, :to, :now, :by)
                """)
            .bind("repositoryId", repository.id())
            .bind("name", tag)
            .bind("from", from.orElse(null))
            .bind("to", to.orElse(null))
            .bind("now", now)
            .bind("by", actor.principal());
    Event.Kind kind =
        from.isEmpty()
            ? Event.Kind.TAG_CREATED
            : to.isEmpty() ? Event.Kind.TAG_DELETED : Event.Kind.TAG_MOVED;
    return List.of(
        history, events.insert(handle, Event.tag(kind, now, repository, tag, from, to, actor)));
  }

  private static RefusedException preconditionFailed(String message) {
    return new RefusedException(
        new Refusal.Conflict(ErrorCode.PRECONDITION_FAILED, message + ": nothing was changed", ""));
  }

  /** What became of a tag that was to be made again. */
  enum Restored {
    MADE,
    /** It points there already. */
    THERE,
    /** It points somewhere else now, and was left alone. */
    ELSEWHERE
  }

  record Key(long repositoryId, Tag tag) {}
}
