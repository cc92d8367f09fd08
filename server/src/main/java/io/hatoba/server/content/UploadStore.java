package io.hatoba.server.content;

import io.hatoba.server.content.Uploads.UploadRow;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.database.Hot;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.WriteState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The SQL of uploads. A change names what it believes the row to be (how much was received, which
 * object, whose claim); if the row has moved on, nothing is changed and the caller learns it.
 */
final class UploadStore {
  /**
   * Whose claims are ours. Within this process {@link Uploads} lets one request at a time come
   * here.
   */
  private final String me;

  private final Database database;
  private final ObjectRemovals removals;

  UploadStore(Database database, ObjectRemovals removals, NodeId node) {
    this.me = node.value();
    this.database = database;
    this.removals = removals;
  }

  void insert(Handle handle, UploadRow row) {
    Hot.sql(
            handle,
            """
            INSERT INTO upload
              (id, repository_id, owner, algorithm, received, object_key, claimed_by, claimed_until, created_at, expires_at)
            VALUES
              (:id, :repositoryId, :owner, :algorithm, :received, :objectKey, :claimedBy, :claimedUntil, :createdAt,
               :expiresAt)
            """)
        .bind("id", row.id())
        .bind("repositoryId", row.repositoryId())
        .bind("owner", row.owner())
        .bind("algorithm", row.algorithm())
        .bind("received", row.received())
        .bind("objectKey", row.objectKey())
        .bind("claimedBy", row.claimedBy())
        .bind("claimedUntil", row.claimedUntil())
        .bind("createdAt", row.createdAt())
        .bind("expiresAt", row.expiresAt())
        .execute();
  }

  Optional<UploadRow> find(long repositoryId, String id) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT id, repository_id, owner, algorithm, received, bytes, object_key, object_detail, claimed_by,
                      claimed_until, finished_digest, created_at, expires_at
                    FROM upload
                    WHERE id = :id AND repository_id = :repositoryId
                    """)
                .bind("id", id)
                .bind("repositoryId", repositoryId)
                .mapTo(UploadRow.class)
                .findOne());
  }

  List<Expired> expired(Handle handle, Instant now, int limit) {
    return handle
        .createQuery(
            """
            SELECT id, object_key
            FROM upload
            WHERE expires_at <= :now AND claimed_until <= :now
            ORDER BY expires_at
            LIMIT :limit
            """
                + database.dialect().forUpdate())
        .bind("now", now)
        .bind("limit", limit)
        .mapTo(Expired.class)
        .list();
  }

  /**
   * Forgets uploads into a repository that goes; one that somebody writes to stays until its claim
   * has run out. Their objects are queued for removal.
   *
   * @return how many; less than {@code most} means that no other is left unclaimed
   */
  static int forgetUnclaimed(
      Handle handle,
      Dialect dialect,
      ObjectRemovals removals,
      long repositoryId,
      Instant now,
      int most) {
    List<Expired> uploads =
        handle
            .createQuery(
                """
                SELECT id, object_key
                FROM upload
                WHERE repository_id = :repositoryId AND claimed_until <= :now
                ORDER BY id
                LIMIT :most
                """
                    + dialect.forUpdate())
            .bind("repositoryId", repositoryId)
            .bind("now", now)
            .bind("most", most)
            .mapTo(Expired.class)
            .list();
    for (Expired upload : uploads) {
      handle
          .createUpdate(
              """
              DELETE FROM upload
              WHERE id = :id
              """)
          .bind("id", upload.id())
          .execute();
      if (upload.objectKey() != null) {
        removals.queue(handle, new ObjectKey(upload.objectKey()), now);
      }
    }
    return uploads.size();
  }

  /** Forgets uploads, and queues for removal what they have received. */
  void delete(Handle handle, List<Expired> uploads, Instant now) {
    if (uploads.isEmpty()) {
      return;
    }
    handle
        .createUpdate(
            """
            DELETE FROM upload
            WHERE id IN (<ids>)
            """)
        .bindList("ids", uploads.stream().map(Expired::id).toList())
        .execute();
    for (Expired upload : uploads) {
      if (upload.objectKey() != null) {
        removals.queue(handle, new ObjectKey(upload.objectKey()), now);
      }
    }
  }

  /**
   * Makes this process the only one that writes to the upload's object, and names the object.
   *
   * @param key the object to write to; when it is not the one the row names, that one is queued for
   *     removal
   * @return the row as it is now; empty if somebody else holds the claim or has gone on with the
   *     upload
   */
  Optional<UploadRow> claim(UploadRow row, ObjectKey key, Instant now, Instant until) {
    return database.write(
        handle -> {
          int changed =
              handle
                  .createUpdate(
                      """
                      UPDATE upload
                      SET object_key = :newKey, claimed_by = :me, claimed_until = :until
                      WHERE id = :id AND received = :received AND finished_digest IS NULL
                        AND object_key IS NOT DISTINCT FROM CAST(:objectKey AS TEXT)
                        AND (claimed_by IS NULL OR claimed_by = :me OR claimed_until <= :now)
                      """)
                  .bind("newKey", key.id())
                  .bind("me", me)
                  .bind("until", until)
                  .bind("now", now)
                  .bind("id", row.id())
                  .bind("received", row.received())
                  .bind("objectKey", row.objectKey())
                  .execute();
          if (changed == 0) {
            return Optional.empty();
          }
          if (row.objectKey() != null && !row.objectKey().equals(key.id())) {
            removals.queue(handle, new ObjectKey(row.objectKey()), now);
          }
          return Optional.of(claimed(row, key, until));
        });
  }

  /** A row that is claimed by this process and names an object. */
  UploadRow claimed(UploadRow row, ObjectKey key, Instant until) {
    return new UploadRow(
        row.id(),
        row.repositoryId(),
        row.owner(),
        row.algorithm(),
        row.received(),
        row.bytes(),
        key.id(),
        row.objectDetail(),
        me,
        until,
        row.finishedDigest(),
        row.createdAt(),
        row.expiresAt());
  }

  /**
   * Writes down how far the upload has come and gives up the claim. Empty if somebody else has gone
   * on with it.
   */
  Optional<UploadRow> save(
      UploadRow row, WriteState state, byte @Nullable [] bytes, Instant expiresAt) {
    UploadRow saved =
        new UploadRow(
            row.id(),
            row.repositoryId(),
            row.owner(),
            row.algorithm(),
            state.size(),
            bytes,
            row.objectKey(),
            state.detail(),
            null,
            Instant.EPOCH,
            null,
            row.createdAt(),
            expiresAt);
    int changed =
        database.write(
            handle ->
                handle
                    .createUpdate(
                        """
                        UPDATE upload
                        SET received = :newReceived, bytes = :bytes, object_detail = :detail, claimed_by = NULL,
                          claimed_until = 0, expires_at = :newExpiry
                        WHERE id = :id AND received = :received AND finished_digest IS NULL
                          AND object_key IS NOT DISTINCT FROM CAST(:objectKey AS TEXT)
                          AND claimed_by IS NOT DISTINCT FROM CAST(:claimedBy AS TEXT)
                        """)
                    .bind("newReceived", state.size())
                    .bind("bytes", bytes)
                    .bind("detail", state.detail())
                    .bind("newExpiry", expiresAt)
                    .bind("id", row.id())
                    .bind("received", row.received())
                    .bind("objectKey", row.objectKey())
                    .bind("claimedBy", row.claimedBy())
                    .execute());
    return changed == 1 ? Optional.of(saved) : Optional.empty();
  }

  /**
   * Marks the upload as finished with a blob. An object that is not the blob's body is queued for
   * removal. False if somebody else has gone on with the upload.
   */
  boolean finish(Handle handle, UploadRow row, Blob blob, Instant now, Instant expiresAt) {
    if (row.objectKey() != null && blob.body() instanceof Blob.Inline) {
      removals.queue(handle, new ObjectKey(row.objectKey()), now);
    }
    return Hot.sql(
                handle,
                """
                UPDATE upload
                SET finished_digest = :digest, bytes = NULL, object_key = NULL, claimed_by = NULL, claimed_until = 0,
                  expires_at = :newExpiry
                WHERE id = :id AND received = :received AND finished_digest IS NULL
                  AND object_key IS NOT DISTINCT FROM CAST(:objectKey AS TEXT)
                  AND claimed_by IS NOT DISTINCT FROM CAST(:claimedBy AS TEXT)
                """)
            .bind("digest", blob.digest())
            .bind("newExpiry", expiresAt)
            .bind("id", row.id())
            .bind("received", row.received())
            .bind("objectKey", row.objectKey())
            .bind("claimedBy", row.claimedBy())
            .execute()
        == 1;
  }

  /**
   * Forgets an upload that this process claims; its object is a blob's now. False if somebody else
   * has gone on with it.
   */
  boolean forget(Handle handle, UploadRow row) {
    return handle
            .createUpdate(
                """
                DELETE FROM upload
                WHERE id = :id AND claimed_by = :me
                """)
            .bind("id", row.id())
            .bind("me", me)
            .execute()
        == 1;
  }

  /** Gives up a claim without having come further. */
  void release(UploadRow row) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    UPDATE upload
                    SET claimed_by = NULL, claimed_until = 0
                    WHERE id = :id AND claimed_by = :me
                    """)
                .bind("id", row.id())
                .bind("me", me)
                .execute());
  }

  /**
   * Forgets the upload.
   *
   * @return the object that it named, queued for removal
   */
  Optional<ObjectKey> delete(Handle handle, String id, Instant now) {
    Optional<ObjectKey> key =
        handle
            .createQuery(
                """
                SELECT object_key
                FROM upload
                WHERE id = :id AND object_key IS NOT NULL
                """
                    + database.dialect().forUpdate())
            .bind("id", id)
            .mapTo(String.class)
            .findOne()
            .map(ObjectKey::new);
    handle
        .createUpdate(
            """
            DELETE FROM upload
            WHERE id = :id
            """)
        .bind("id", id)
        .execute();
    key.ifPresent(object -> removals.queue(handle, object, now));
    return key;
  }

  /** An upload that nobody went on with in time. */
  record Expired(String id, @Nullable String objectKey) {}
}
