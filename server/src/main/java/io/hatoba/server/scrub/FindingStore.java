package io.hatoba.server.scrub;

import io.hatoba.oci.Digest;
import io.hatoba.server.content.Damage.Kind;
import io.hatoba.server.database.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Reads what was found damaged. */
final class FindingStore {
  private static final String COLUMNS =
      """
      SELECT id, kind, digest, problem, size, found_at, object_key, outcome, ended_at
      FROM damage
      """;

  private final Database database;

  FindingStore(Database database) {
    this.database = database;
  }

  /** Newest first. */
  List<Finding> page(Which which, Optional<Long> before, int limit) {
    String condition =
        switch (which) {
          case ALL -> "WHERE id < :before\n";
          case DAMAGED -> "WHERE outcome IS NULL AND id < :before\n";
          case HEALED -> "WHERE outcome = 'healed' AND id < :before\n";
          case GONE -> "WHERE outcome = 'gone' AND id < :before\n";
        };
    return database.read(
        handle ->
            handle
                .createQuery(COLUMNS + condition + "ORDER BY id DESC\nLIMIT :limit")
                .bind("before", before.orElse(Long.MAX_VALUE))
                .bind("limit", limit)
                .map((row, _) -> finding(row))
                .list());
  }

  Optional<Finding> find(long id) {
    return database.read(
        handle ->
            handle
                .createQuery(COLUMNS + "WHERE id = :id")
                .bind("id", id)
                .map((row, _) -> finding(row))
                .findOne());
  }

  /** Images that have the content, in no useful order; of many some. */
  List<String> images(Finding finding, int limit) {
    String sql =
        switch (finding.kind()) {
          case BLOB ->
              """
              SELECT r.name
              FROM repository_blob l
              JOIN repository r ON r.id = l.repository_id
              WHERE l.digest = :digest
              ORDER BY l.repository_id
              LIMIT :limit
              """;
          case MANIFEST ->
              """
              SELECT r.name
              FROM repository_manifest l
              JOIN repository r ON r.id = l.repository_id
              WHERE l.digest = :digest
              ORDER BY l.repository_id
              LIMIT :limit
              """;
        };
    return database.read(
        handle ->
            handle
                .createQuery(sql)
                .bind("digest", finding.digest())
                .bind("limit", limit)
                .mapTo(String.class)
                .list());
  }

  Counts counts() {
    return database.read(
        handle ->
            new Counts(
                count(
                    handle,
                    """
                    SELECT count(*)
                    FROM damage
                    WHERE outcome IS NULL
                    """),
                count(
                    handle,
                    """
                    SELECT count(*)
                    FROM scrub_unreadable
                    """),
                count(
                    handle,
                    """
                    SELECT count(*)
                    FROM damage
                    WHERE object_key IS NOT NULL AND outcome IS NOT NULL
                    """)));
  }

  private static long count(Handle handle, String sql) {
    return handle.createQuery(sql).mapTo(Long.class).one();
  }

  private static Finding finding(ResultSet row) throws SQLException {
    long endedAt = row.getLong("ended_at");
    Optional<Instant> ended =
        row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(endedAt));
    return new Finding(
        row.getLong("id"),
        Kind.of(row.getString("kind")),
        Digest.parse(row.getString("digest")),
        row.getString("problem"),
        row.getLong("size"),
        Instant.ofEpochMilli(row.getLong("found_at")),
        Optional.ofNullable(row.getString("object_key")),
        Optional.ofNullable(row.getString("outcome")),
        ended);
  }

  /** Which of them. */
  enum Which {
    ALL,
    DAMAGED,
    HEALED,
    GONE
  }

  /**
   * How many there are.
   *
   * @param keptAside damaged objects of what was healed
   */
  record Counts(long damaged, long unreadable, long keptAside) {}
}
