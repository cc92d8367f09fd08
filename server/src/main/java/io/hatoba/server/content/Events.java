package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Hot;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The outbox: what happened to content, written in the transaction that made it happen, read by
 * features each with a cursor of its own. At least once, in order, never skipping: a reader sees
 * only what is older than every open transaction.
 */
@Singleton
public final class Events {
  private final Database database;

  public Events(Database database) {
    this.database = database;
  }

  /** What happened after a cursor, oldest first, at most {@code limit}. */
  public List<Recorded> after(Cursor cursor, int limit) {
    return database.read(handle -> after(handle, cursor, limit));
  }

  /** As {@link #after(Cursor, int)}, in the caller's transaction. */
  public List<Recorded> after(Handle handle, Cursor cursor, int limit) {
    return handle
        .createQuery(
            """
            SELECT tx, seq, at, kind, registry_id, repository, digest, tag, previous_digest, media_type,
              actor, via, address
            FROM event
            WHERE (tx, seq) > (:tx, :seq) AND tx <
            """
                + database.dialect().settledHorizon()
                + """

                ORDER BY tx, seq
                LIMIT :limit
                """)
        .bind("tx", cursor.tx())
        .bind("seq", cursor.seq())
        .bind("limit", limit)
        .mapTo(Row.class)
        .map(Row::recorded)
        .list();
  }

  /** The cursor after which only what is still to happen follows. */
  public Cursor latest() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT tx, seq
                    FROM event
                    WHERE tx <
                    """
                        + database.dialect().settledHorizon()
                        + """

                        ORDER BY tx DESC, seq DESC
                        LIMIT 1
                        """)
                .map((row, context) -> new Cursor(row.getLong("tx"), row.getLong("seq")))
                .findOne()
                .orElse(Cursor.START));
  }

  void append(Handle handle, Event event) {
    insert(handle, event).execute();
  }

  /** As {@link #append}, when it is run. */
  Hot insert(Handle handle, Event event) {
    return Hot.sql(
            handle,
            """
            INSERT INTO event (tx, at, kind, registry_id, repository, digest, tag, previous_digest, media_type,
              actor, via, address)
            VALUES (
            """
                + database.dialect().transactionId()
                + """
                , :at, :kind, :registryId, :repository, :digest, :tag, :previous, :mediaType,
                  :actor, :via, :address)
                """)
        .bind("at", event.at())
        .bind("kind", event.kind().identifier())
        .bind("registryId", event.registryId())
        .bind("repository", event.repository())
        .bind("digest", event.digest().orElse(null))
        .bind("tag", event.tag().orElse(null))
        .bind("previous", event.previous().orElse(null))
        .bind("mediaType", event.mediaType().orElse(null))
        .bind("actor", event.actor().principal())
        .bind("via", event.actor().via())
        .bind("address", event.actor().address());
  }

  /** How far a reader has come. Opaque but for being stored. */
  public record Cursor(long tx, long seq) implements Comparable<Cursor> {
    /** Before everything. */
    public static final Cursor START = new Cursor(0, 0);

    private static final Comparator<Cursor> ORDER =
        Comparator.comparingLong(Cursor::tx).thenComparingLong(Cursor::seq);

    @Override
    public int compareTo(Cursor other) {
      return ORDER.compare(this, other);
    }
  }

  /** An event with the cursor after which the next one follows. */
  public record Recorded(Cursor cursor, Event event) {}

  record Row(
      long tx,
      long seq,
      Instant at,
      String kind,
      long registryId,
      String repository,
      @Nullable Digest digest,
      @Nullable Tag tag,
      @Nullable Digest previousDigest,
      @Nullable String mediaType,
      String actor,
      String via,
      String address) {
    Recorded recorded() {
      return new Recorded(
          new Cursor(tx, seq),
          new Event(
              Event.Kind.of(kind),
              at,
              registryId,
              repository,
              Optional.ofNullable(digest),
              Optional.ofNullable(tag),
              Optional.ofNullable(previousDigest),
              Optional.ofNullable(mediaType),
              new Actor(actor, via, address)));
    }
  }
}
