package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.database.Ids;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Where deletions put what can be brought back, in their own transactions. */
@Singleton
public final class Trash {
  private final Dialect dialect;
  private final Ids ids;
  private final InstantSource clock;
  private final Duration window;

  public Trash(Database database, Ids ids, UndoConfig config, InstantSource clock) {
    this.dialect = database.dialect();
    this.ids = ids;
    this.clock = clock;
    this.window = config.window();
  }

  /**
   * Writes down that something is being deleted.
   *
   * @return how it can be undone; empty if the registry keeps nothing
   */
  Optional<Removed.Undo> begin(Handle handle, Repository repository, What what, Actor actor) {
    Duration keep = window(handle, repository.registryId());
    if (keep.isZero()) {
      return Optional.empty();
    }
    Removed.Undo undo =
        new Removed.Undo(ids.next(), Instant.ofEpochMilli(clock.millis()).plus(keep));
    insert(handle, repository, undo, what, actor);
    return Optional.of(undo);
  }

  /**
   * Goes on with the deletion of an image, in another transaction than that which has begun it: it
   * is there, locked, until that ends. What was undone or let go of meanwhile is written down
   * again, so that what goes from now on can be brought back too, and its space comes back one day.
   */
  void goOn(Handle handle, Repository repository, Removed.Undo undo, Actor actor) {
    boolean isThere =
        handle
            .createQuery(
                """
                SELECT id
                FROM deletion
                WHERE id = :id
                """
                    + dialect.forUpdate())
            .bind("id", undo.id())
            .mapTo(Long.class)
            .findOne()
            .isPresent();
    if (!isThere) {
      Instant until = clock.instant().plus(window(handle, repository.registryId()));
      insert(handle, repository, new Removed.Undo(undo.id(), until), What.image(), actor);
    }
  }

  /**
   * Keeps manifests that are about to be removed, with the blobs of the repository that they name.
   * One that is kept from an earlier deletion comes back with this one.
   */
  void keep(Handle handle, Repository repository, Removed.Undo undo, Collection<Digest> manifests) {
    List<Digest> digests = List.copyOf(manifests);
    lockEarlier(handle, repository, digests);
    handle
        .createUpdate(
            """
            INSERT INTO deleted_manifest
              (repository_id, digest, deletion_id, registry_id, media_type, size, artifact_type, subject, annotations,
               pushed_at, pushed_by, kind, total_size, platform)
            SELECT repository_id, digest, :deletionId, :registryId, media_type, size, artifact_type, subject, annotations,
              pushed_at, pushed_by, kind, total_size, platform
            FROM repository_manifest
            WHERE repository_id = :repositoryId AND digest IN (<digests>)
            ON CONFLICT (repository_id, digest) DO UPDATE
            SET deletion_id = excluded.deletion_id, media_type = excluded.media_type,
              artifact_type = excluded.artifact_type, subject = excluded.subject, annotations = excluded.annotations,
              pushed_at = excluded.pushed_at, pushed_by = excluded.pushed_by, kind = excluded.kind,
              total_size = excluded.total_size, platform = excluded.platform
            """)
        .bind("deletionId", undo.id())
        .bind("registryId", repository.registryId())
        .bind("repositoryId", repository.id())
        .bindList("digests", digests)
        .execute();
    handle
        .createUpdate(
            """
            INSERT INTO deleted_manifest_blob (repository_id, parent, digest, registry_id)
            SELECT DISTINCT e.repository_id, e.parent, e.child, :registryId
            FROM manifest_edge e
            JOIN repository_blob l ON l.repository_id = e.repository_id AND l.digest = e.child
            WHERE e.repository_id = :repositoryId AND e.parent IN (<digests>) AND e.kind IN ('config', 'layer')
            ON CONFLICT (repository_id, parent, digest) DO NOTHING
            """)
        .bind("registryId", repository.registryId())
        .bind("repositoryId", repository.id())
        .bindList("digests", digests)
        .execute();
  }

  /**
   * Makes those wait who let go of the same manifests, or bring them back, as an earlier deletion
   * kept them.
   */
  private void lockEarlier(Handle handle, Repository repository, List<Digest> digests) {
    List<Long> earlier =
        handle
            .createQuery(
                """
                SELECT DISTINCT deletion_id
                FROM deleted_manifest
                WHERE repository_id = :repositoryId AND digest IN (<digests>)
                ORDER BY deletion_id
                """)
            .bind("repositoryId", repository.id())
            .bindList("digests", digests)
            .mapTo(Long.class)
            .list();
    if (!earlier.isEmpty()) {
      handle
          .createQuery(
              """
              SELECT id
              FROM deletion
              WHERE id IN (<ids>)
              ORDER BY id
              """
                  + dialect.forUpdate())
          .bindList("ids", earlier)
          .mapTo(Long.class)
          .list();
    }
  }

  /** Keeps a tag that goes with a manifest. */
  void keep(Handle handle, Removed.Undo undo, Tag tag, Digest digest) {
    handle
        .createUpdate(
            """
            INSERT INTO deleted_tag (deletion_id, digest, name)
            VALUES (:deletionId, :digest, :name)
            ON CONFLICT (deletion_id, digest, name) DO NOTHING
            """)
        .bind("deletionId", undo.id())
        .bind("digest", digest)
        .bind("name", tag)
        .execute();
  }

  private void insert(
      Handle handle, Repository repository, Removed.Undo undo, What what, Actor actor) {
    handle
        .createUpdate(
            """
            INSERT INTO deletion
              (id, registry_id, repository_id, repository, kind, digest, tag, description, readme, deleted_at, deleted_by,
               until)
            VALUES
              (:id, :registryId, :repositoryId, :repository, :kind, :digest, :tag,
               coalesce((SELECT description FROM image_text WHERE repository_id = :textOf), ''),
               coalesce((SELECT readme FROM image_text WHERE repository_id = :textOf), ''),
               :now, :by, :until)
            """)
        .bind("id", undo.id())
        .bind("registryId", repository.registryId())
        .bind("repositoryId", repository.id())
        .bind("repository", repository.name())
        .bind("kind", what.kind().identifier())
        .bind("digest", what.digest().map(Digest::toString).orElse(null))
        .bind("tag", what.tag().map(Tag::name).orElse(null))
        .bind("textOf", what.kind() == Deletion.Kind.IMAGE ? repository.id() : 0)
        .bind("now", clock.instant())
        .bind("by", actor.principal())
        .bind("until", undo.until())
        .execute();
  }

  /** How long a registry keeps what is deleted in it. */
  private Duration window(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT undo_window_seconds
            FROM registry
            WHERE id = :registryId AND undo_window_seconds IS NOT NULL
            """)
        .bind("registryId", registryId)
        .mapTo(Long.class)
        .findOne()
        .map(Duration::ofSeconds)
        .orElse(window);
  }

  /** What is being deleted. */
  record What(Deletion.Kind kind, Optional<Digest> digest, Optional<Tag> tag) {
    static What image() {
      return new What(Deletion.Kind.IMAGE, Optional.empty(), Optional.empty());
    }

    static What artifact(Digest digest) {
      return new What(Deletion.Kind.ARTIFACT, Optional.of(digest), Optional.empty());
    }

    static What tag(Tag tag, Digest digest) {
      return new What(Deletion.Kind.TAG, Optional.of(digest), Optional.of(tag));
    }
  }
}
