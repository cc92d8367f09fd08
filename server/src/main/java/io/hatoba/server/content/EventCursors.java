package io.hatoba.server.content;

import io.hatoba.server.content.Events.Cursor;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * How far the readers of the outbox have come that must see every event, by their names; and the
 * end of what all of them have seen.
 *
 * <p>A reader takes its cursor and moves it on in the transaction in which it does its work with
 * the events. So the work is done exactly once, and by one node at a time.
 */
@Singleton
public final class EventCursors {
  /** How long an event is kept at least, for readers that come back with a cursor of their own. */
  public static final Duration KEPT = Duration.ofDays(7);

  /**
   * The cursor of what was dropped: in the same table, so that a reader finds out what it missed.
   */
  private static final String DROPPED = "(dropped)";

  private final Database database;
  private final InstantSource clock;

  public EventCursors(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Registers a reader that begins with the oldest event. Does nothing if it is registered. */
  public void register(String reader) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO event_cursor (name, tx, seq, at)
                    VALUES (:name, 0, 0, :at)
                    ON CONFLICT (name) DO NOTHING
                    """)
                .bind("name", reader)
                .bind("at", clock.millis())
                .execute());
  }

  /**
   * Takes a reader's cursor until the transaction ends. Empty if another node has it, or if the
   * reader is not registered.
   */
  public Optional<Cursor> take(Handle handle, String reader) {
    return handle
        .createQuery(
            """
            SELECT tx, seq
            FROM event_cursor
            WHERE name = :name
            """
                + database.dialect().forUpdateSkippingLocked())
        .bind("name", reader)
        .map((row, context) -> new Cursor(row.getLong("tx"), row.getLong("seq")))
        .findOne();
  }

  /** Where a reader is; the start if it is not registered. */
  public Cursor of(Handle handle, String reader) {
    return handle
        .createQuery(
            """
            SELECT tx, seq
            FROM event_cursor
            WHERE name = :name
            """)
        .bind("name", reader)
        .map((row, context) -> new Cursor(row.getLong("tx"), row.getLong("seq")))
        .findOne()
        .orElse(Cursor.START);
  }

  /** Moves the cursor on that this transaction has taken. */
  public void moveOn(Handle handle, String reader, Cursor cursor) {
    handle
        .createUpdate(
            """
            UPDATE event_cursor
            SET tx = :tx, seq = :seq, at = :at
            WHERE name = :name
            """)
        .bind("tx", cursor.tx())
        .bind("seq", cursor.seq())
        .bind("at", clock.millis())
        .bind("name", reader)
        .execute();
  }

  /** The last event that was dropped; whoever comes with an older cursor has missed some. */
  public Cursor dropped() {
    return database.read(handle -> of(handle, DROPPED));
  }

  /**
   * Drops the oldest events that are older than {@link #KEPT} and that every registered reader has
   * passed. Without a registered reader nothing is dropped.
   *
   * @param limit the most events of this transaction
   * @return how many went
   */
  public int drop(int limit) {
    Instant before = Instant.ofEpochMilli(clock.millis()).minus(KEPT);
    register(DROPPED);
    return database.write(handle -> drop(handle, before, limit));
  }

  private int drop(Handle handle, Instant before, int limit) {
    if (take(handle, DROPPED).isEmpty()) {
      return 0; // another node does it
    }
    Optional<Cursor> seen =
        handle
            .createQuery(
                """
                SELECT tx, seq
                FROM event_cursor
                WHERE name <> :dropped
                ORDER BY tx, seq
                LIMIT 1
                """)
            .bind("dropped", DROPPED)
            .map((row, context) -> new Cursor(row.getLong("tx"), row.getLong("seq")))
            .findOne();
    if (seen.isEmpty()) {
      return 0;
    }
    // The end of the batch: the first young event ends it, since readers go by (tx, seq).
    Optional<Cursor> end =
        handle
            .createQuery(
                """
                SELECT tx, seq
                FROM (
                  SELECT tx, seq, at
                  FROM event
                  WHERE (tx, seq) <= (:tx, :seq)
                  ORDER BY tx, seq
                  LIMIT :limit
                ) oldest
                WHERE at < :before
                ORDER BY tx DESC, seq DESC
                LIMIT 1
                """)
            .bind("tx", seen.get().tx())
            .bind("seq", seen.get().seq())
            .bind("limit", limit)
            .bind("before", before.toEpochMilli())
            .map((row, context) -> new Cursor(row.getLong("tx"), row.getLong("seq")))
            .findOne();
    if (end.isEmpty()) {
      return 0;
    }
    moveOn(handle, DROPPED, end.get());
    return handle
        .createUpdate(
            """
            DELETE FROM event
            WHERE (tx, seq) <= (:tx, :seq) AND at < :before
            """)
        .bind("tx", end.get().tx())
        .bind("seq", end.get().seq())
        .bind("before", before.toEpochMilli())
        .execute();
  }
}
