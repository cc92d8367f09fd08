package io.hatoba.server.content;

import io.hatoba.server.database.Database;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Folds what the {@link UsageLedger} has gathered into the totals. Rows go and totals grow in one
 * transaction, so that their sum is the same at any moment. Any number of nodes may fold at once.
 */
final class UsageTotals {
  /** Small enough that on SQLite pushes get in between. */
  private static final int ROWS_AT_ONCE = 1_000;

  private static final int REGISTRIES_AT_ONCE = 1_000;
  private static final int DAYS_KEPT = 400;

  private final Database database;
  private final Events events;
  private final InstantSource clock;

  UsageTotals(Database database, Events events, InstantSource clock) {
    this.database = database;
    this.events = events;
    this.clock = clock;
  }

  /** Which registries have something to fold. */
  List<Long> open() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT DISTINCT registry_id
                    FROM usage_delta
                    ORDER BY registry_id
                    LIMIT :limit
                    """)
                .bind("limit", REGISTRIES_AT_ONCE)
                .mapTo(Long.class)
                .list());
  }

  /** Folds all of a registry that is committed now. */
  void fold(long registryId) {
    while (isOpen(registryId)
        && database.write(handle -> fold(handle, registryId)) == ROWS_AT_ONCE) {
      // There is more.
    }
  }

  /** Says in the outbox that the registry has refused a push, unless that was said before. */
  void sayRefused(long registryId) {
    database.write(
        handle -> {
          insert(handle, registryId);
          int crossed =
              handle
                  .createUpdate(
                      """
                      UPDATE registry_usage
                      SET quota_exceeded = TRUE
                      WHERE registry_id = :registryId AND NOT quota_exceeded
                      """)
                  .bind("registryId", registryId)
                  .execute();
          if (crossed == 1) {
            say(handle, Event.Kind.QUOTA_EXCEEDED, registryId);
          }
          return crossed;
        });
  }

  /** Forgets the days that are too long ago, but for the last of them, which still holds. */
  void forgetDays() {
    long oldest = today() - DAYS_KEPT;
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM usage_day
                    WHERE day < :oldest AND EXISTS (
                      SELECT 1
                      FROM usage_day later
                      WHERE later.registry_id = usage_day.registry_id AND later.day > usage_day.day
                        AND later.day <= :oldest)
                    """)
                .bind("oldest", oldest)
                .execute());
  }

  /** The quota has changed: says so if it is near, and forgets what was said. */
  void quotaChanged(Handle handle, long registryId) {
    insert(handle, registryId);
    handle
        .createUpdate(
            """
            UPDATE registry_usage
            SET quota_exceeded = FALSE
            WHERE registry_id = :registryId
            """)
        .bind("registryId", registryId)
        .execute();
    warn(handle, registryId);
  }

  /** Makes the row of a registry that has none. */
  static void insert(Handle handle, long registryId) {
    handle
        .createUpdate(
            """
            INSERT INTO registry_usage (registry_id)
            SELECT id
            FROM registry
            WHERE id = :registryId
            ON CONFLICT (registry_id) DO NOTHING
            """)
        .bind("registryId", registryId)
        .execute();
  }

  private boolean isOpen(long registryId) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT id
                    FROM usage_delta
                    WHERE registry_id = :registryId
                    ORDER BY id
                    LIMIT 1
                    """)
                .bind("registryId", registryId)
                .mapTo(Long.class)
                .findOne()
                .isPresent());
  }

  private int fold(Handle handle, long registryId) {
    List<Row> rows = take(handle, registryId);
    if (rows.isEmpty()) {
      return 0;
    }
    UsageDelta sum = UsageDelta.NOTHING;
    Map<Long, UsageDelta> images = new TreeMap<>();
    for (Row row : rows) {
      sum = sum.plus(row.delta());
      images.merge(row.repositoryId(), row.delta(), UsageDelta::plus);
    }
    add(handle, registryId, sum);
    add(handle, registryId, images);
    if (sum.logicalBytes() != 0 || sum.physicalBytes() != 0) {
      keepDay(handle, registryId);
      warn(handle, registryId);
    }
    return rows.size();
  }

  /** What was committed; another one that folds waits, and finds these gone. */
  private static List<Row> take(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            DELETE FROM usage_delta
            WHERE id IN (
              SELECT id
              FROM usage_delta
              WHERE registry_id = :registryId
              ORDER BY id
              LIMIT :limit)
            RETURNING repository_id, images, artifacts, tags, logical_bytes, physical_bytes, pushed_at
            """)
        .bind("registryId", registryId)
        .bind("limit", ROWS_AT_ONCE)
        .mapTo(Row.class)
        .list();
  }

  private static void add(Handle handle, long registryId, UsageDelta sum) {
    if (!update(handle, registryId, sum)) {
      insert(handle, registryId);
      update(handle, registryId, sum);
    }
  }

  private static boolean update(Handle handle, long registryId, UsageDelta sum) {
    return handle
            .createUpdate(
                """
                UPDATE registry_usage
                SET image_count = image_count + :images, artifact_count = artifact_count + :artifacts,
                  tag_count = tag_count + :tags, logical_bytes = logical_bytes + :logicalBytes,
                  physical_bytes = physical_bytes + :physicalBytes,
                  quota_exceeded = quota_exceeded AND :physicalBytes >= 0
                WHERE registry_id = :registryId
                """)
            .bind("images", sum.images())
            .bind("artifacts", sum.artifacts())
            .bind("tags", sum.tags())
            .bind("logicalBytes", sum.logicalBytes())
            .bind("physicalBytes", sum.physicalBytes())
            .bind("registryId", registryId)
            .execute()
        == 1;
  }

  /** An image that was removed meanwhile has no row, and gets none. */
  private static void add(Handle handle, long registryId, Map<Long, UsageDelta> images) {
    PreparedBatch updates =
        handle.prepareBatch(
            """
            UPDATE repository_usage
            SET artifact_count = artifact_count + :artifacts, tag_count = tag_count + :tags,
              logical_bytes = logical_bytes + :logicalBytes,
              pushed_at = CASE WHEN pushed_at < :pushedAt THEN :pushedAt ELSE pushed_at END
            WHERE registry_id = :registryId AND repository_id = :repositoryId
            """);
    images.forEach(
        (repositoryId, delta) ->
            updates
                .bind("artifacts", delta.artifacts())
                .bind("tags", delta.tags())
                .bind("logicalBytes", delta.logicalBytes())
                .bind("pushedAt", delta.pushedAt())
                .bind("registryId", registryId)
                .bind("repositoryId", repositoryId)
                .add());
    updates.execute();
  }

  private void keepDay(Handle handle, long registryId) {
    handle
        .createUpdate(
            """
            INSERT INTO usage_day (registry_id, day, logical_bytes, physical_bytes)
            SELECT registry_id, :day, logical_bytes, physical_bytes
            FROM registry_usage
            WHERE registry_id = :registryId
            ON CONFLICT (registry_id, day)
              DO UPDATE SET logical_bytes = excluded.logical_bytes, physical_bytes = excluded.physical_bytes
            """)
        .bind("day", today())
        .bind("registryId", registryId)
        .execute();
  }

  private void warn(Handle handle, long registryId) {
    Optional<Filled> found =
        handle
            .createQuery(
                """
                SELECT r.quota_bytes, u.physical_bytes, u.quota_warned
                FROM registry r
                JOIN registry_usage u ON u.registry_id = r.id
                WHERE r.id = :registryId
                """)
            .bind("registryId", registryId)
            .mapTo(Filled.class)
            .findOne();
    if (found.isEmpty() || found.get().isWarning() == found.get().quotaWarned()) {
      return;
    }
    handle
        .createUpdate(
            """
            UPDATE registry_usage
            SET quota_warned = :warned
            WHERE registry_id = :registryId
            """)
        .bind("warned", found.get().isWarning())
        .bind("registryId", registryId)
        .execute();
    if (found.get().isWarning()) {
      say(handle, Event.Kind.QUOTA_WARNING, registryId);
    }
  }

  private void say(Handle handle, Event.Kind kind, long registryId) {
    String name =
        handle
            .createQuery(
                """
                SELECT name
                FROM registry
                WHERE id = :registryId
                """)
            .bind("registryId", registryId)
            .mapTo(String.class)
            .one();
    Instant now = clock.instant();
    events.append(handle, Event.quota(kind, now, registryId, name));
  }

  long today() {
    return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toEpochDay();
  }

  record Row(
      long repositoryId,
      int images,
      int artifacts,
      int tags,
      long logicalBytes,
      long physicalBytes,
      long pushedAt) {
    UsageDelta delta() {
      return new UsageDelta(images, artifacts, tags, logicalBytes, physicalBytes, pushedAt);
    }
  }

  /** How full a registry is. */
  record Filled(Optional<Long> quotaBytes, long physicalBytes, boolean quotaWarned) {
    boolean isWarning() {
      return quotaBytes.isPresent() && physicalBytes >= quotaBytes.get() / 100.0 * 85;
    }
  }
}
