package io.hatoba.server.reclaim;

import io.hatoba.server.content.Freed;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What the storage holds, what waits to go, and what has come back. Each number is read from a
 * total that is kept, or from the beginning of an index: so it costs the same however much is
 * stored.
 */
@Singleton
public final class StorageTotals {
  /** As far as what waits is counted, of each kind. */
  static final int MOST_COUNTED = 10_000;

  /** Counts what is due; the test of its plan needs it too. */
  static final String DUE =
      """
      SELECT
        (SELECT count(*) FROM (
          SELECT id FROM deletion WHERE until <= :now ORDER BY until, id LIMIT :most) d) AS deletions,
        (SELECT count(*) FROM (
          SELECT digest
          FROM repository_blob
          WHERE lease_until > 0 AND lease_until <= :now
          ORDER BY lease_until, repository_id, digest
          LIMIT :most) l) AS links,
        (SELECT count(*) FROM (
          SELECT object_key
          FROM object_removal
          WHERE not_before <= :now
          ORDER BY not_before, object_key
          LIMIT :most) o) AS objects
      """;

  /** When the first of what is due became so. */
  static final String OLDEST =
      """
      SELECT
        (SELECT until FROM deletion WHERE until <= :now ORDER BY until, id LIMIT 1) AS deletion,
        (SELECT lease_until
          FROM repository_blob
          WHERE lease_until > 0 AND lease_until <= :now
          ORDER BY lease_until, repository_id, digest
          LIMIT 1) AS link,
        (SELECT not_before FROM object_removal WHERE not_before <= :now ORDER BY not_before, object_key LIMIT 1)
          AS object
      """;

  private static final int DAYS = 30;

  private final Database database;
  private final InstantSource clock;

  public StorageTotals(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** As it is now, in one snapshot. */
  Now now() {
    Instant now = clock.instant();
    return database.read(
        handle ->
            new Now(
                now,
                used(handle),
                due(handle, now),
                oldest(handle, now),
                freed(handle, now, 1),
                freed(handle, now, DAYS),
                heldUntil(handle, now)));
  }

  private static Used used(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT CAST(coalesce(sum(logical), 0) AS BIGINT) AS logical_bytes,
              CAST(coalesce(sum(physical), 0) AS BIGINT) AS physical_bytes
            FROM (
              SELECT logical_bytes AS logical, physical_bytes AS physical
              FROM registry_usage
              UNION ALL
              SELECT logical_bytes, physical_bytes
              FROM usage_delta) both_parts
            """)
        .mapTo(Used.class)
        .one();
  }

  private static Due due(Handle handle, Instant now) {
    return handle
        .createQuery(DUE)
        .bind("now", now)
        .bind("most", MOST_COUNTED)
        .mapTo(Due.class)
        .one();
  }

  /** Since when the first of what is due is. */
  private static Optional<Instant> oldest(Handle handle, Instant now) {
    return handle.createQuery(OLDEST).bind("now", now).mapTo(Oldest.class).one().first();
  }

  /** What came back on the last days, today (UTC) included. */
  private static Freed freed(Handle handle, Instant now, int days) {
    return handle
        .createQuery(
            """
            SELECT CAST(coalesce(sum(blobs), 0) AS BIGINT) AS blobs, CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes
            FROM reclaimed_day
            WHERE day > :before
            """)
        .bind("before", now.toEpochMilli() / Duration.ofDays(1).toMillis() - days)
        .mapTo(Freed.class)
        .one();
  }

  /** Until when objects stay although nothing needs them. */
  private static Optional<Instant> heldUntil(Handle handle, Instant now) {
    return handle
        .createQuery(
            """
            SELECT max(expires_at)
            FROM storage_hold
            WHERE expires_at > :now
            """)
        .bind("now", now)
        .mapTo(Instant.class)
        .findOne();
  }

  /**
   * How things stand.
   *
   * @param freedToday since the day (UTC) began
   * @param heldUntil until when no object is removed; empty: they are
   */
  record Now(
      Instant at,
      Used used,
      Due due,
      Optional<Instant> oldestDue,
      Freed freedToday,
      Freed freedIn30Days,
      Optional<Instant> heldUntil) {}

  record Used(long logicalBytes, long physicalBytes) {}

  record Due(long deletions, long links, long objects) {}

  /** Since when the first of each kind is due, if one is. */
  record Oldest(@Nullable Instant deletion, @Nullable Instant link, @Nullable Instant object) {
    Optional<Instant> first() {
      return Stream.of(deletion, link, object)
          .flatMap(Stream::ofNullable)
          .min(Comparator.naturalOrder());
    }
  }
}
