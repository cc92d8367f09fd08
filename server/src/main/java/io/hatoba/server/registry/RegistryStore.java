package io.hatoba.server.registry;

import io.hatoba.server.content.ReadScope;
import io.hatoba.server.database.Dialect;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** The SQL of registries. A registry that is being deleted is found by nothing but its id. */
final class RegistryStore {
  private final Dialect dialect;

  RegistryStore(Dialect dialect) {
    this.dialect = dialect;
  }

  /** Adds a registry. False if its name is taken. */
  boolean insert(Handle handle, Registry registry) {
    return handle
            .createUpdate(
                """
                INSERT INTO registry
                  (id, name, purpose, public_uri, scan_on_push, anonymous_pull, description, quota_bytes,
                   undo_window_seconds, created_at, updated_at)
                VALUES
                  (:id, :name, :purpose, :publicUri, :scanOnPush, :anonymousPull, :description, :quotaBytes,
                   :undoWindowSeconds, :createdAt, :updatedAt)
                ON CONFLICT (name) DO NOTHING
                """)
            .bind("id", registry.id())
            .bind("name", registry.name().value())
            .bind("purpose", registry.purpose().identifier())
            .bind("publicUri", registry.settings().publicUri())
            .bind("scanOnPush", registry.settings().scanOnPush())
            .bind("anonymousPull", registry.settings().anonymousPull())
            .bind("description", registry.settings().description())
            .bind("quotaBytes", registry.settings().quotaBytes().orElse(null))
            .bind("undoWindowSeconds", registry.settings().undoWindowSeconds().orElse(null))
            .bind("createdAt", registry.createdAt())
            .bind("updatedAt", registry.updatedAt())
            .execute()
        == 1;
  }

  Optional<Registry> find(Handle handle, RegistryName name) {
    return find(handle, name, "");
  }

  /** The registry, locked for change. */
  Optional<Registry> lock(Handle handle, RegistryName name) {
    return find(handle, name, dialect.forUpdate());
  }

  private static Optional<Registry> find(Handle handle, RegistryName name, String lock) {
    return handle
        .createQuery(
            """
            SELECT id, name, purpose, public_uri, scan_on_push, anonymous_pull, description, quota_bytes,
              undo_window_seconds, created_at, updated_at
            FROM registry
            WHERE name = :name AND deleted_at IS NULL
            """
                + lock)
        .bind("name", name.value())
        .map((row, context) -> registry(row))
        .findOne();
  }

  void update(Handle handle, long id, Registries.Settings settings, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE registry
            SET public_uri = :publicUri, scan_on_push = :scanOnPush, anonymous_pull = :anonymousPull,
              description = :description, undo_window_seconds = :undoWindowSeconds, updated_at = :now
            WHERE id = :id
            """)
        .bind("publicUri", settings.publicUri())
        .bind("scanOnPush", settings.scanOnPush())
        .bind("anonymousPull", settings.anonymousPull())
        .bind("description", settings.description())
        .bind("undoWindowSeconds", settings.undoWindowSeconds().orElse(null))
        .bind("now", now)
        .bind("id", id)
        .execute();
  }

  /** Takes the name from a registry, and with it everything by which it could be found. */
  void markDeleted(Handle handle, long id, Instant now) {
    handle
        .createUpdate(
            """
            UPDATE registry
            SET name = :name, deleted_at = :now
            WHERE id = :id
            """)
        .bind("name", "~" + id)
        .bind("now", now)
        .bind("id", id)
        .execute();
  }

  /** Ids of registries whose deletion has begun. */
  List<Long> deleted(Handle handle, int limit) {
    return handle
        .createQuery(
            """
            SELECT id
            FROM registry
            WHERE deleted_at IS NOT NULL
            ORDER BY id
            LIMIT :limit
            """)
        .bind("limit", limit)
        .mapTo(Long.class)
        .list();
  }

  /** Ends the deletion of a registry in which nothing is left. */
  void delete(Handle handle, long id) {
    handle
        .createUpdate(
            """
            DELETE FROM registry
            WHERE id = :id AND deleted_at IS NOT NULL
            """)
        .bind("id", id)
        .execute();
  }

  List<RegistryQuery.Row> page(Handle handle, RegistryQuery query, ReadScope scope, int limit) {
    Statement statement = statement(query, scope);
    Query prepared = handle.createQuery(statement.sql()).bind("limit", limit);
    statement.values().forEach(prepared::bind);
    switch (scope) {
      case ReadScope.Everything() -> {}
      case ReadScope.EverythingBut(var ids) -> prepared.bindList("ids", List.copyOf(ids));
      case ReadScope.Registries(var ids) -> {
        if (ids.isEmpty()) {
          return List.of();
        }
        prepared.bindList("ids", List.copyOf(ids));
      }
    }
    return prepared.map((row, context) -> row(row)).list();
  }

  /** What a page is asked with; the test of its plan needs it too. */
  static Statement statement(RegistryQuery query, ReadScope scope) {
    String number =
        switch (query.sort()) {
          case NAME -> "0";
          case CREATED_AT -> "g.created_at";
          case PHYSICAL_BYTES -> "u.physical_bytes";
          case IMAGE_COUNT -> "u.image_count";
        };
    StringBuilder sql =
        new StringBuilder(
            """
            SELECT g.id, g.name, g.purpose, g.public_uri, g.scan_on_push, g.anonymous_pull, g.description, g.quota_bytes,
              g.undo_window_seconds, g.created_at, g.updated_at, %s AS sort_number
            """
                .formatted(number));
    // A cross join, so that SQLite goes through the index of the order and not through registries.
    sql.append(
        switch (query.sort()) {
          case NAME, CREATED_AT ->
              """
              FROM registry g
              WHERE g.deleted_at IS NULL
              """;
          case PHYSICAL_BYTES, IMAGE_COUNT ->
              """
              FROM registry_usage u
              CROSS JOIN registry g
              WHERE g.id = u.registry_id AND g.deleted_at IS NULL
              """;
        });
    Map<String, Object> values = new HashMap<>();
    switch (scope) {
      case ReadScope.Everything() -> {}
      case ReadScope.EverythingBut _ -> sql.append("AND g.id NOT IN (<ids>)\n");
      case ReadScope.Registries _ -> sql.append("AND g.id IN (<ids>)\n");
    }
    narrow(query, sql, values);
    order(query, number, sql, values);
    return new Statement(sql.append("\nLIMIT :limit\n").toString(), values);
  }

  private static void narrow(RegistryQuery query, StringBuilder sql, Map<String, Object> values) {
    query
        .part()
        .ifPresent(
            part -> {
              sql.append("AND g.name LIKE :part ESCAPE '!'\n");
              values.put("part", pattern(part));
            });
    query
        .purpose()
        .ifPresent(
            purpose -> {
              sql.append("AND g.purpose = :purpose\n");
              values.put("purpose", purpose.identifier());
            });
    query
        .publicUri()
        .ifPresent(
            wanted -> {
              sql.append("AND g.public_uri = :publicUri\n");
              values.put("publicUri", wanted);
            });
  }

  private static void order(
      RegistryQuery query, String number, StringBuilder sql, Map<String, Object> values) {
    String beyond = query.descending() ? "<" : ">";
    String direction = query.descending() ? " DESC" : "";
    if (query.sort() == RegistryQuery.Sort.NAME) {
      query
          .after()
          .ifPresent(
              key -> {
                sql.append("AND g.name ").append(beyond).append(" :name\n");
                values.put("name", key.name());
              });
      sql.append("ORDER BY g.name").append(direction);
      return;
    }
    String id = query.sort() == RegistryQuery.Sort.CREATED_AT ? "g.id" : "u.registry_id";
    query
        .after()
        .ifPresent(
            key -> {
              sql.append("AND (%s, %s) %s (:number, :id)\n".formatted(number, id, beyond));
              values.put("number", key.number());
              values.put("id", key.id());
            });
    sql.append("ORDER BY %s%s, %s%s".formatted(number, direction, id, direction));
  }

  /** Names are lower-case, so that a search that is made so finds them whatever it was. */
  private static String pattern(String part) {
    return "%" + part.toLowerCase(Locale.ROOT).replaceAll("([!%_])", "!$1") + "%";
  }

  /** The registries whose settings let more or fewer callers in than their roles do. */
  List<Exposed> exposed(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT id, name, anonymous_pull, public_uri
            FROM registry
            WHERE (anonymous_pull = TRUE OR public_uri = FALSE) AND deleted_at IS NULL
            ORDER BY name
            """)
        .mapTo(Exposed.class)
        .list();
  }

  private static RegistryQuery.Row row(ResultSet row) throws SQLException {
    Registry registry = registry(row);
    return new RegistryQuery.Row(
        registry,
        new RegistryQuery.Key(registry.name().value(), row.getLong("sort_number"), registry.id()));
  }

  private static Registry registry(ResultSet row) throws SQLException {
    return new Registry(
        row.getLong("id"),
        new RegistryName(row.getString("name")),
        Purpose.of(row.getString("purpose")).orElseThrow(),
        new Registries.Settings(
            row.getBoolean("public_uri"),
            row.getBoolean("scan_on_push"),
            row.getBoolean("anonymous_pull"),
            row.getString("description"),
            number(row, "quota_bytes"),
            number(row, "undo_window_seconds")),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("updated_at")));
  }

  private static Optional<Long> number(ResultSet row, String column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? Optional.empty() : Optional.of(number);
  }

  /** A registry that decisions about access know of. */
  record Exposed(long id, String name, boolean anonymousPull, boolean publicUri) {}

  /** SQL with its values, besides the limit and the list of ids. */
  record Statement(String sql, Map<String, Object> values) {
    Statement {
      values = Map.copyOf(values);
    }
  }
}
