package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.content.ContentFixture.Engine;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.storage.ObjectKey;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a row names an object is looked up in indexes, however many there are. */
abstract class OrphanPlansContract {
  /** Up to so many any plan is good, and of the indexes the planner may take any. */
  private static final int FEW = 10;

  @TempDir Path dir;

  abstract Engine engine();

  @ParameterizedTest
  @ValueSource(ints = {10, 100_000})
  void whetherARowNamesAnObjectIsLookedUpInIndexes(int rows) {
    try (ContentFixture content = ContentFixture.open(dir, engine())) {
      fill(content, rows);
      List<ObjectKey> some = Stream.generate(ObjectKey::random).limit(500).toList();
      content.spy.queries();

      assertThat(content.node().orphans.among(some)).isEqualTo(Set.copyOf(some));

      String plan = String.join("\n", plan(content, content.spy.queries().getFirst(), rows));
      assertThat(plan).doesNotContain("Seq Scan", "SCAN", "Sort", "TEMP B-TREE");
      assertThat(plan).contains("blob_by_object", "upload_by_object", "damage_by_object");
      if (rows > FEW) {
        assertThat(plan).containsAnyOf("object_removal_pkey", "sqlite_autoindex_object_removal_1");
      }
    }
  }

  private static void fill(ContentFixture content, int rows) {
    long repository = content.repository().id();
    boolean sqlite = content.database().dialect() == Dialect.SQLITE;
    String key =
        sqlite
            ? "substr('00000000000000000000000000000000' || i, -32)"
            : "lpad(CAST(i AS TEXT), 32, '0')";
    String from =
        sqlite ? "FROM n WHERE TRUE" : "FROM generate_series(1, %d) AS n (i)".formatted(rows);
    String numbers =
        sqlite
            ? "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                .formatted(rows)
            : "";
    for (String insert :
        List.of(
            "INSERT INTO blob (digest, size, object_key, created_at) SELECT 'd' || i, 1, %s, 0 ",
            "INSERT INTO upload (id, repository_id, owner, algorithm, received, object_key, created_at, expires_at) SELECT 'u' || i, "
                + repository
                + ", '', 'SHA256', 0, %s, 0, 0 ",
            "INSERT INTO object_removal (object_key, not_before) SELECT %s, 0 ",
            "INSERT INTO damage (kind, digest, problem, size, object_key, found_at) SELECT 'blob', 'd' || i, 'short', 1, %s, 0 ")) {
      content.database().write(handle -> handle.execute(numbers + insert.formatted(key) + from));
    }
    if (rows > FEW) {
      content.database().write(handle -> handle.execute("ANALYZE"));
    }
  }

  private static List<String> plan(ContentFixture content, String query, int rows) {
    boolean sqlite = content.database().dialect() == Dialect.SQLITE;
    return content
        .database()
        .read(
            handle -> {
              if (!sqlite && rows <= FEW) {
                // Of one page of rows PostgreSQL rightly reads the page.
                handle.execute("SET LOCAL enable_seqscan = off");
              }
              try (PreparedStatement statement =
                  handle
                      .getConnection()
                      .prepareStatement((sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + query)) {
                int parameters = statement.getParameterMetaData().getParameterCount();
                for (int i = 1; i <= parameters; i++) {
                  statement.setString(i, ObjectKey.random().id());
                }
                List<String> lines = new ArrayList<>();
                try (ResultSet plan = statement.executeQuery()) {
                  while (plan.next()) {
                    lines.add(plan.getString(sqlite ? "detail" : "QUERY PLAN"));
                  }
                }
                return lines;
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
  }
}
