package io.hatoba.server.audit;

import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.database.Dialect;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.statement.Query;

/**
 * An index along which the audit log is read, newest first, and the SQL for it.
 *
 * <p>The list is in the order of all columns that the index begins with, also of the one that has
 * one value only: so no other index answers it, whatever a planner thinks of the others. How far an
 * index is read is bounded by {@code LIMIT} alone: PostgreSQL goes on past the lower bound of a row
 * value until the first column changes (seen with 17.5, where that were all rows of an actor).
 */
enum AuditIndex {
  BY_ACTOR("audit_by_actor", "actor", ":actor"),
  BY_REGISTRY("audit_by_registry", "registry", ":registry"),
  BY_ACTION("audit_by_action", "action", ":action"),
  // Literally, so that both databases see that the partial index has all of them.
  BY_DENIED("audit_by_result", "result", "'denied'"),
  BY_FAILED("audit_by_result", "result", "'failed'"),
  BY_TIME("audit_by_time", "", "");

  private static final String COLUMNS =
      "a.id, a.at, a.actor, a.via, a.address, a.action, a.registry, a.target, a.result, a.request_id, a.detail";

  private final String index;
  private final String range;
  private final String order;

  AuditIndex(String index, String column, String value) {
    this.index = index;
    String first = column.isEmpty() ? "" : column + ", ";
    String start = value.isEmpty() ? "" : value + ", ";
    this.range =
        "(%sat, id) < (%s:newestAt, :newestId)".formatted(first, start)
            + (column.isEmpty() ? "" : " AND " + column + " >= " + value)
            + (column.equals("result") ? " AND result <> 'success'" : "");
    this.order = " ORDER BY %sat DESC, id DESC ".formatted(first.replace(", ", " DESC, "));
  }

  /** The one for a filter. */
  static AuditIndex of(AuditFilter filter) {
    if (filter.actor().isPresent()) {
      return BY_ACTOR;
    }
    if (filter.registry().isPresent()) {
      return BY_REGISTRY;
    }
    if (filter.action().isPresent()) {
      return BY_ACTION;
    }
    return switch (filter.result().orElse(Result.SUCCESS)) {
      case DENIED -> BY_DENIED;
      case FAILED -> BY_FAILED;
      case SUCCESS -> BY_TIME;
    };
  }

  /** Whether this index alone answers a filter. */
  boolean isAll(AuditFilter filter) {
    return rest(filter).isEmpty();
  }

  /** The name of the index. */
  String index() {
    return index;
  }

  /** The rows after the newest place, at most {@code :limit}. */
  String rows(Dialect dialect) {
    return "SELECT "
        + COLUMNS
        + " FROM audit AS a"
        + dialect.indexedBy(index)
        + " WHERE "
        + range
        + order
        + "LIMIT :limit";
  }

  /**
   * Of the next {@code :window} entries of the index those of the filter, at most {@code :limit}.
   * The inner query needs only the index, but for texts.
   */
  String filteredRows(AuditFilter filter, Dialect dialect) {
    return "SELECT "
        + COLUMNS
        + " FROM (SELECT at, id FROM (SELECT at, id, "
        + (filter.q().isPresent() ? "actor, via, address, target, " : "")
        + "action, registry, result FROM audit"
        + dialect.indexedBy(index)
        + " WHERE "
        + range
        + order
        + "LIMIT :window) w WHERE at >= :oldest"
        + rest(filter)
        + " ORDER BY at DESC, id DESC LIMIT :limit) s JOIN audit a ON a.id = s.id ORDER BY s.at DESC, s.id DESC";
  }

  /** The entry that {@code :skipped} others come before. */
  String endOfWindow(Dialect dialect) {
    return "SELECT at, id FROM audit"
        + dialect.indexedBy(index)
        + " WHERE "
        + range
        + order
        + "LIMIT 1 OFFSET :skipped";
  }

  /** Binds the filter that the index begins with. */
  Query bindRange(Query query, AuditFilter filter) {
    switch (this) {
      case BY_ACTOR -> query.bind("actor", filter.actor().orElseThrow());
      case BY_REGISTRY -> query.bind("registry", filter.registry().orElseThrow());
      case BY_ACTION -> query.bind("action", filter.action().orElseThrow());
      case BY_DENIED, BY_FAILED, BY_TIME -> {}
    }
    return query;
  }

  /** Binds all filters. */
  Query bindAll(Query query, AuditFilter filter) {
    filter.actor().ifPresent(actor -> query.bind("actor", actor));
    filter.action().ifPresent(action -> query.bind("action", action));
    filter.registry().ifPresent(registry -> query.bind("registry", registry));
    filter.q().ifPresent(q -> query.bind("q", like(q)));
    return query;
  }

  private String rest(AuditFilter filter) {
    List<String> rest = new ArrayList<>();
    if (this != BY_REGISTRY && filter.registry().isPresent()) {
      rest.add(" AND registry = :registry");
    }
    if (this != BY_ACTION && filter.action().isPresent()) {
      rest.add(" AND action = :action");
    }
    if (this != BY_DENIED && this != BY_FAILED && filter.result().isPresent()) {
      rest.add(" AND result = '" + filter.result().get().identifier() + "'");
    }
    if (filter.q().isPresent()) {
      rest.add(
          " AND LOWER(actor || ' ' || via || ' ' || address || ' ' || target) LIKE :q ESCAPE '!'");
    }
    return String.join("", rest);
  }

  private static String like(String part) {
    String escaped =
        part.toLowerCase(Locale.ROOT).replace("!", "!!").replace("%", "!%").replace("_", "!_");
    return "%" + escaped + "%";
  }
}
