package io.hatoba.server.content;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Holds on the storage. While one that has not expired is there, no object is removed by any node,
 * so a copy of the database that is taken after {@link #place} names only objects that stay until
 * {@link #release}:
 *
 * <pre>
 * backup    place ─ copy the database ─ copy what the copy names ─ release
 * removal   commit that no row names the object ─ look for holds, in a newer snapshot ─ remove
 * </pre>
 *
 * <p>An object that the copy names lost its row after the copy was taken, hence after the hold was
 * committed, and the removal looks for holds after that: it finds it. What waits is removed after
 * the last hold has gone. A hold that is forgotten ends by itself.
 */
public final class StorageHolds {
  /** The most that are shown. */
  public static final int MOST_LISTED = 1000;

  /** A condition of SQL with the parameter {@code :now}: no object may be removed. */
  static final String HELD =
      """
      EXISTS (SELECT 1 FROM storage_hold WHERE expires_at > :now)
      """;

  private static final Duration KEPT_AFTER_THE_END = Duration.ofDays(7);

  private final Database database;
  private final Ids ids;
  private final InstantSource clock;

  public StorageHolds(Database database, Ids ids, InstantSource clock) {
    this.database = database;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Something that keeps objects from being removed.
   *
   * @param reason who made it and what for
   */
  public record Hold(long id, String reason, Instant createdAt, Instant expiresAt) {}

  /** Makes a hold; when this returns it is in force everywhere. */
  public Hold place(String reason, Duration length) {
    Instant now = clock.instant();
    Hold hold = new Hold(ids.next(), reason, now, now.plus(length));
    database.write(
        handle -> {
          handle
              .createUpdate(
                  """
                  DELETE FROM storage_hold
                  WHERE expires_at < :longAgo
                  """)
              .bind("longAgo", now.minus(KEPT_AFTER_THE_END))
              .execute();
          return handle
              .createUpdate(
                  """
                  INSERT INTO storage_hold (id, reason, created_at, expires_at)
                  VALUES (:id, :reason, :createdAt, :expiresAt)
                  """)
              .bind("id", hold.id())
              .bind("reason", hold.reason())
              .bind("createdAt", hold.createdAt())
              .bind("expiresAt", hold.expiresAt())
              .execute();
        });
    return hold;
  }

  /**
   * Puts the end of a hold off.
   *
   * @return false if it has ended already: objects may have been removed since
   */
  public boolean extend(long id, Duration length) {
    Instant now = clock.instant();
    return database.write(
        handle ->
            handle
                    .createUpdate(
                        """
                        UPDATE storage_hold
                        SET expires_at = :expiresAt
                        WHERE id = :id AND expires_at > :now
                        """)
                    .bind("expiresAt", now.plus(length))
                    .bind("id", id)
                    .bind("now", now)
                    .execute()
                == 1);
  }

  /**
   * Ends a hold.
   *
   * @return false if it had ended already: what was copied under it may lack objects
   */
  public boolean release(long id) {
    Instant now = clock.instant();
    return database.write(
        handle ->
            handle
                    .createUpdate(
                        """
                        DELETE FROM storage_hold
                        WHERE id = :id AND expires_at > :now
                        """)
                    .bind("id", id)
                    .bind("now", now)
                    .execute()
                == 1);
  }

  /** Those in force, the one that ends first at the top. */
  public List<Hold> list() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT id, reason, created_at, expires_at
                    FROM storage_hold
                    WHERE expires_at > :now
                    ORDER BY expires_at, id
                    LIMIT :limit
                    """)
                .bind("now", clock.instant())
                .bind("limit", MOST_LISTED)
                .mapTo(Hold.class)
                .list());
  }
}
