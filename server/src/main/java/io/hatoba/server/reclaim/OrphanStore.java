package io.hatoba.server.reclaim;

import io.hatoba.server.database.Database;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.Storage.Listed;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The SQL of the search for objects that no row names: one row, and what it has noted. */
final class OrphanStore {
  private final Database database;
  private final String me;

  OrphanStore(Database database, String me) {
    this.database = database;
    this.me = me;
  }

  OrphanSearch state() {
    return database.read(handle -> search(handle, ""));
  }

  /** Found out without a turn of the writer. */
  boolean isDue(Instant now, Duration period) {
    return database.read(handle -> search(handle, "")).isDue(now, period);
  }

  /**
   * Takes the search, and begins one if none runs. Empty if another node has it, or it is not due.
   */
  Optional<OrphanSearch> claim(Instant now, Instant until, Duration period) {
    return database.write(
        handle -> {
          OrphanSearch search = search(handle, database.dialect().forUpdate());
          if (!search.isDue(now, period) || isTaken(handle, now)) {
            return Optional.<OrphanSearch>empty();
          }
          if (search.isRunning()) {
            update(handle, search, until);
            return Optional.of(search);
          }
          OrphanSearch begun = new OrphanSearch(Optional.empty(), now, search.endedAt(), 0);
          handle.execute("DELETE FROM orphan_object");
          update(handle, begun, until);
          return Optional.of(begun);
        });
  }

  /**
   * Notes what a page had. False if another node has taken the search meanwhile.
   *
   * @param last the last key of the page
   * @param size how many objects it had
   */
  boolean note(List<Listed> found, ObjectKey last, int size, Instant until) {
    return database.write(
        handle -> {
          boolean ours =
              handle
                      .createUpdate(
                          """
                          UPDATE orphan_sweep
                          SET position = :position, objects = objects + :size, claimed_until = :until
                          WHERE id = 1 AND claimed_by = :me
                          """)
                      .bind("position", last.id())
                      .bind("size", size)
                      .bind("until", until)
                      .bind("me", me)
                      .execute()
                  == 1;
          if (ours && !found.isEmpty()) {
            insert(handle, found);
          }
          return ours;
        });
  }

  /** How much was noted. */
  long found() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT count(*)
                    FROM orphan_object
                    """)
                .mapTo(Long.class)
                .one());
  }

  /** Some of what was noted. */
  List<ObjectKey> some(int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT object_key
                    FROM orphan_object
                    ORDER BY object_key
                    LIMIT :limit
                    """)
                .bind("limit", limit)
                .mapTo(String.class)
                .map(ObjectKey::new)
                .list());
  }

  void forget(List<ObjectKey> keys) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM orphan_object
                    WHERE object_key IN (<keys>)
                    """)
                .bindList("keys", keys.stream().map(ObjectKey::id).toList())
                .execute());
  }

  /** The search is over. False if it is not this node's any more. */
  boolean end(Instant now) {
    return database.write(
            handle ->
                handle
                    .createUpdate(
                        """
                        UPDATE orphan_sweep
                        SET position = '', ended_at = :now, claimed_by = NULL, claimed_until = 0
                        WHERE id = 1 AND claimed_by = :me
                        """)
                    .bind("now", now)
                    .bind("me", me)
                    .execute())
        == 1;
  }

  private boolean isTaken(Handle handle, Instant now) {
    return handle
        .createQuery(
            """
            SELECT id
            FROM orphan_sweep
            WHERE id = 1 AND claimed_by IS NOT NULL AND claimed_by <> :me AND claimed_until > :now
            """)
        .bind("me", me)
        .bind("now", now)
        .mapTo(Long.class)
        .findOne()
        .isPresent();
  }

  private void update(Handle handle, OrphanSearch search, Instant until) {
    handle
        .createUpdate(
            """
            UPDATE orphan_sweep
            SET position = :position, started_at = :startedAt, objects = :objects, claimed_by = :me,
              claimed_until = :until
            WHERE id = 1
            """)
        .bind("position", search.after().map(ObjectKey::id).orElse(""))
        .bind("startedAt", search.startedAt())
        .bind("objects", search.objects())
        .bind("me", me)
        .bind("until", until)
        .execute();
  }

  private static void insert(Handle handle, List<Listed> found) {
    PreparedBatch batch =
        handle.prepareBatch(
            """
            INSERT INTO orphan_object (object_key, size)
            VALUES (:key, :size)
            ON CONFLICT (object_key) DO NOTHING
            """);
    for (Listed listed : found) {
      batch.bind("key", listed.key().id()).bind("size", listed.size()).add();
    }
    batch.execute();
  }

  private static OrphanSearch search(Handle handle, String lock) {
    return handle
        .createQuery(
            """
            SELECT position, started_at, ended_at, objects
            FROM orphan_sweep
            WHERE id = 1
            """
                + lock)
        .map(
            (row, _) ->
                new OrphanSearch(
                    Optional.of(row.getString("position"))
                        .filter(key -> !key.isEmpty())
                        .map(ObjectKey::new),
                    Instant.ofEpochMilli(row.getLong("started_at")),
                    Instant.ofEpochMilli(row.getLong("ended_at")),
                    row.getLong("objects")))
        .one();
  }
}
