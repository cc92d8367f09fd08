package io.hatoba.server.content;

import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.Storage;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Objects that no row names any more. The row that says so is committed first, with the change that
 * made the object useless; the object goes later, outside any transaction, and its row last. A
 * removal that fails is tried again. While somebody holds the storage ({@link StorageHolds})
 * nothing is removed; the holds are looked for after that commit, in the snapshot that shows it or
 * a newer one.
 */
@Singleton
public final class ObjectRemovals {
  private static final Logger LOG = Logger.getLogger(ObjectRemovals.class);
  private static final int BATCH = 100;
  private static final Duration FIRST_DELAY = Duration.ofSeconds(30);
  private static final Duration LONGEST_DELAY = Duration.ofHours(6);

  private final Database database;
  private final Storage storage;
  private final InstantSource clock;

  public ObjectRemovals(Database database, Storage storage, InstantSource clock) {
    this.database = database;
    this.storage = storage;
    this.clock = clock;
  }

  /**
   * Removes a batch of what is due.
   *
   * @return how many objects were removed; when it is a full batch there may be more
   */
  public int runOnce() {
    List<Task> due =
        database.read(
            handle ->
                handle
                    .createQuery(
                        """
                        SELECT object_key, attempts
                        FROM object_removal
                        WHERE not_before <= :now AND NOT
                        """
                            + StorageHolds.HELD
                            + """
                        ORDER BY not_before, object_key
                        LIMIT :limit
                        """)
                    .bind("now", clock.instant())
                    .bind("limit", BATCH)
                    .mapTo(Task.class)
                    .list());
    int removed = 0;
    for (Task task : due) {
      if (remove(task)) {
        removed++;
      }
    }
    return removed;
  }

  /** Says, in the transaction that makes it so, that no row names the object any more. */
  void queue(Handle handle, ObjectKey key, Instant notBefore) {
    handle
        .createUpdate(
            """
            INSERT INTO object_removal (object_key, not_before)
            VALUES (:key, :notBefore)
            ON CONFLICT (object_key) DO NOTHING
            """)
        .bind("key", key.id())
        .bind("notBefore", notBefore)
        .execute();
  }

  /**
   * Removes an object that was queued a moment ago, after the commit. What fails or is held is left
   * to {@link #runOnce()}.
   */
  void removeNow(ObjectKey key) {
    try {
      if (!held()) {
        remove(new Task(key.id(), 0));
      }
    } catch (RefusedException e) {
      LOG.warnf(e, "failed to forget a removed object, will try again object=%s", key);
    }
  }

  private boolean held() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT " + StorageHolds.HELD)
                .bind("now", clock.instant())
                .mapTo(Boolean.class)
                .one());
  }

  private boolean remove(Task task) {
    try {
      storage.delete(new ObjectKey(task.objectKey()));
    } catch (IOException e) {
      LOG.warnf(e, "failed to remove an object, will try again object=%s", task.objectKey());
      postpone(task);
      return false;
    }
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM object_removal
                    WHERE object_key = :key
                    """)
                .bind("key", task.objectKey())
                .execute());
    return true;
  }

  private void postpone(Task task) {
    Duration delay = FIRST_DELAY.multipliedBy(1L << Math.min(task.attempts(), 10));
    Instant next = clock.instant().plus(delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY);
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    UPDATE object_removal
                    SET not_before = :next, attempts = attempts + 1
                    WHERE object_key = :key
                    """)
                .bind("next", next)
                .bind("key", task.objectKey())
                .execute());
  }

  record Task(String objectKey, int attempts) {}
}
