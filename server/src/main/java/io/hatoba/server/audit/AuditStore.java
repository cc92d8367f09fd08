package io.hatoba.server.audit;

import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.content.Actor;
import io.hatoba.server.database.Database;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * The rows of the audit log.
 *
 * <p>A page is looked for along the index of one filter, in the order of the list. What the other
 * filters let through is told by the columns of that index; and no page looks at more than {@link
 * Windows#widest} of its entries, so that a rare combination costs no more than any other: such a
 * page has fewer rows than wanted, and says where to go on.
 */
@Singleton
class AuditStore {
  private static final Place NEWEST = new Place(Long.MAX_VALUE, Long.MAX_VALUE);

  private final Database database;
  private final Windows windows;

  @Inject
  AuditStore(Database database) {
    this(database, new Windows(500, 3_000, 2_000));
  }

  AuditStore(Database database, Windows windows) {
    this.database = database;
    this.windows = windows;
  }

  /** Adds rows in the caller's transaction. */
  void insert(Handle handle, List<AuditRow> rows) {
    if (rows.isEmpty()) {
      return;
    }
    PreparedBatch batch =
        handle.prepareBatch(
            """
            INSERT INTO audit (id, at, actor, via, address, action, registry, target, result, request_id, detail)
            VALUES (:id, :at, :actor, :via, :address, :action, :registry, :target, :result, :requestId, :detail)
            """);
    for (AuditRow row : rows) {
      batch
          .bind("id", row.id())
          .bind("at", row.at().toEpochMilli())
          .bind("actor", row.actor().principal())
          .bind("via", row.actor().via())
          .bind("address", row.actor().address())
          .bind("action", row.action())
          .bind("registry", row.registry())
          .bind("target", row.target())
          .bind("result", row.result().identifier())
          .bind("requestId", row.requestId())
          .bind("detail", Details.json(row.detail()))
          .add();
    }
    batch.execute();
  }

  /**
   * Rows older than a place, newest first.
   *
   * @param limit the most rows
   */
  Found page(AuditFilter filter, Optional<Place> before, int limit) {
    return database.read(handle -> page(handle, filter, before, limit));
  }

  private Found page(Handle handle, AuditFilter filter, Optional<Place> before, int limit) {
    AuditIndex index = AuditIndex.of(filter);
    Place newest = before.orElseGet(() -> filter.to().map(Place::at).orElse(NEWEST));
    long oldest = filter.from().map(Instant::toEpochMilli).orElse(Long.MIN_VALUE);
    if (index.isAll(filter)) {
      List<AuditRow> rows =
          index
              .bindRange(handle.createQuery(index.rows(database.dialect())), filter)
              .bind("newestAt", newest.time())
              .bind("newestId", newest.id())
              .bind("limit", limit)
              .map((row, context) -> row(row))
              .list();
      return found(
          rows.stream().takeWhile(row -> row.at().toEpochMilli() >= oldest).toList(), limit);
    }
    int widest = filter.q().isPresent() ? windows.ofTexts() : windows.widest();
    for (int window = windows.first(); ; window = widest) {
      List<AuditRow> rows =
          index
              .bindAll(handle.createQuery(index.filteredRows(filter, database.dialect())), filter)
              .bind("newestAt", newest.time())
              .bind("newestId", newest.id())
              .bind("oldest", oldest)
              .bind("window", window)
              .bind("limit", limit)
              .map((row, context) -> row(row))
              .list();
      if (rows.size() == limit) {
        return found(rows, limit);
      }
      Optional<Place> end =
          endOfWindow(handle, index, filter, newest, window)
              .filter(place -> place.time() >= oldest);
      if (end.isEmpty() || window == widest) {
        return new Found(rows, end);
      }
    }
  }

  private Optional<Place> endOfWindow(
      Handle handle, AuditIndex index, AuditFilter filter, Place newest, int window) {
    return index
        .bindRange(handle.createQuery(index.endOfWindow(database.dialect())), filter)
        .bind("newestAt", newest.time())
        .bind("newestId", newest.id())
        .bind("skipped", window - 1)
        .map((row, context) -> new Place(row.getLong("at"), row.getLong("id")))
        .findOne();
  }

  private static Found found(List<AuditRow> rows, int limit) {
    return new Found(rows, goOn(rows, limit));
  }

  private static Optional<Place> goOn(List<AuditRow> rows, int limit) {
    return rows.size() < limit ? Optional.empty() : Optional.of(Place.of(rows.getLast()));
  }

  /**
   * Drops the oldest rows.
   *
   * @param limit the most rows of one transaction
   * @return how many went
   */
  int dropOlderThan(Instant time, int limit) {
    return database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM audit
                    WHERE id IN (
                      SELECT id
                      FROM audit
                      WHERE at < :time
                      ORDER BY at, id
                      LIMIT :limit
                    """
                        + database.dialect().forUpdateSkippingLocked()
                        + ")")
                .bind("time", time.toEpochMilli())
                .bind("limit", limit)
                .execute());
  }

  private static AuditRow row(ResultSet row) throws SQLException {
    return new AuditRow(
        row.getLong("id"),
        Instant.ofEpochMilli(row.getLong("at")),
        new Actor(row.getString("actor"), row.getString("via"), row.getString("address")),
        row.getString("action"),
        row.getString("registry"),
        row.getString("target"),
        Result.of(row.getString("result")),
        row.getString("request_id"),
        Details.parse(row.getString("detail")));
  }

  /**
   * How far a page is searched.
   *
   * @param first enough where most entries are wanted, and cheap to find its end
   * @param widest the most entries of an index that one page looks at
   * @param ofTexts as {@code widest}, where the rows themselves must be read
   */
  record Windows(int first, int widest, int ofTexts) {}

  /** A place in the list; a page begins after it. */
  record Place(long time, long id) {
    static Place of(AuditRow row) {
      return new Place(row.at().toEpochMilli(), row.id());
    }

    /** Before the newest row that is older than a time; ids are positive. */
    static Place at(Instant time) {
      return new Place(time.toEpochMilli(), 0);
    }
  }

  /**
   * What a page holds.
   *
   * @param next where the next page goes on; empty at the end of the list. Also there when this
   *     page has fewer rows than wanted
   */
  record Found(List<AuditRow> rows, Optional<Place> next) {
    Found {
      rows = List.copyOf(rows);
    }
  }
}
