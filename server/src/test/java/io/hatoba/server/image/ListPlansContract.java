package io.hatoba.server.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.ArtifactKind;
import io.hatoba.server.content.Repository;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each list reads one index in its order, so that it costs the same however long it is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ListPlansContract {
  private static final int ROWS = 5_000;
  private static final Repository APP = new Repository(10, 1, new RepositoryName("team/app"));
  private static final Digest DIGEST = Digest.sha256(new byte[] {1});

  private RecordingDatabase database;
  private ArtifactStore artifacts;
  private TagStore tags;
  private ImageStore images;

  abstract Database open(Path dir);

  @BeforeAll
  void manyRows(@TempDir Path dir) {
    database = new RecordingDatabase(open(dir));
    artifacts = new ArtifactStore(database);
    tags = new TagStore(database);
    images = new ImageStore(database);
    String hex =
        database.dialect() == Dialect.SQLITE ? "printf('%064x', i)" : "lpad(to_hex(i), 64, '0')";
    String numbers =
        database.dialect() == Dialect.SQLITE
            ? "(WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d) SELECT i FROM c) n"
                .formatted(ROWS)
            : "generate_series(1, %d) AS n (i)".formatted(ROWS);
    for (String statement :
        List.of(
            "INSERT INTO registry (id, name, created_at) VALUES (1, 'team', 0)",
            "INSERT INTO repository (id, registry_id, name, created_at) VALUES (10, 1, 'team/app', 0)",
            "INSERT INTO repository (id, registry_id, name, created_at) SELECT 100 + i, 1, 'team/i' || i, 0 FROM %numbers%",
            "INSERT INTO repository_usage (registry_id, repository_id, pushed_at) SELECT 1, id, id FROM repository",
            "INSERT INTO manifest (digest, bytes, created_at) SELECT 'sha256:' || %hex%, %bytes%, 0 FROM %numbers%",
            """
            INSERT INTO repository_manifest
              (repository_id, digest, media_type, size, pushed_at, pushed_by, kind, platform, subject)
            SELECT 10, 'sha256:' || %hex%, 'x/y', 1, i, 'account:kim', 'image', 'linux/arm64', '%digest%'
            FROM %numbers%
            """,
            """
            INSERT INTO manifest_edge (repository_id, parent, child, kind, platform, parent_pushed_at)
            SELECT 10, 'sha256:' || %hex%, '%digest%', 'manifest', 'linux/arm64', i FROM %numbers%
            """,
            """
            INSERT INTO tag (repository_id, name, digest, created_at, moved_at, moved_by)
            SELECT 10, 't' || i, 'sha256:' || %hex%, i, i, 'account:kim' FROM %numbers%
            """,
            """
            INSERT INTO tag_history (repository_id, name, at, by_principal)
            SELECT 10, 'latest', i, 'account:kim' FROM %numbers%
            """)) {
      database.write(
          handle ->
              handle.execute(
                  statement
                      .replace("%hex%", hex)
                      .replace("%numbers%", numbers)
                      .replace("%digest%", DIGEST.toString())
                      .replace(
                          "%bytes%",
                          database.dialect() == Dialect.SQLITE ? "x'00'" : "'x'::bytea")));
    }
    database.write(handle -> handle.execute("ANALYZE"));
  }

  @AfterAll
  void close() {
    database.close();
  }

  @ParameterizedTest
  @EnumSource
  void imagesInEachOrder(ImageSort sort) {
    for (boolean descending : new boolean[] {false, true}) {
      ImageSort.Order order = new ImageSort.Order(sort, descending);
      List<ImageStore.Row> rows =
          images.page(1, order, Optional.empty(), 10, Optional.empty()).rows();
      assertThat(rows).hasSize(10);
      assertIndexed(
          () ->
              assertThat(
                      images
                          .page(
                              1,
                              order,
                              Optional.of(order.key(rows.getLast())),
                              10,
                              Optional.empty())
                          .rows())
                  .hasSize(10)
                  .doesNotContainAnyElementsOf(rows));
    }
  }

  @ParameterizedTest
  @EnumSource
  void artifactsInEachOrder(ArtifactStore.Order order) {
    assertIndexed(() -> assertThat(page(filter(), order)).hasSize(10));
    assertIndexed(
        () -> assertThat(page(filter(Optional.of(ArtifactKind.IMAGE)), order)).hasSize(10));
  }

  @Test
  void artifactsOfAPlatform() {
    // What was found in the index is sorted again with its rows: as many as a page has.
    assertIndexed(
        () ->
            assertThat(
                    page(
                        new ArtifactStore.Filter(
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of("linux/arm64"),
                            Optional.empty()),
                        ArtifactStore.Order.NEWEST))
                .hasSize(10),
        "Sort",
        "TEMP B-TREE");
  }

  @Test
  void theArtifactOfATag() {
    assertIndexed(
        () ->
            assertThat(
                    page(
                        new ArtifactStore.Filter(
                            Optional.of("t7"),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty()),
                        ArtifactStore.Order.NEWEST))
                .hasSize(1));
  }

  @Test
  void whatIsAboutAnArtifactAndWhatNamesIt() {
    assertIndexed(
        () -> assertThat(artifacts.referrers(APP, DIGEST, Optional.empty(), "", 10)).hasSize(10));
    assertIndexed(() -> assertThat(artifacts.parents(APP, DIGEST, "", 10)).hasSize(10));
  }

  @ParameterizedTest
  @EnumSource
  void tagsInEachOrder(TagStore.Order order) {
    assertIndexed(
        () -> assertThat(tags.page(APP, order, "", Optional.empty(), 10).rows()).hasSize(10));
  }

  @Test
  void theTagsOfAnArtifactAndTheHistoryOfATag() {
    Digest tagged = tags.find(APP, new Tag("t5")).orElseThrow().digest();
    assertIndexed(
        () -> assertThat(tags.page(APP, tagged, "", Optional.empty(), 10).rows()).hasSize(1));
    assertIndexed(
        () ->
            assertThat(
                    tags.history(
                        APP, new Tag("latest"), Long.MAX_VALUE, Instant.ofEpochMilli(5), 10))
                .hasSize(10));
  }

  private List<ArtifactStore.Row> page(ArtifactStore.Filter filter, ArtifactStore.Order order) {
    return artifacts.page(APP, filter, order, Optional.empty(), 10).rows();
  }

  private static ArtifactStore.Filter filter() {
    return filter(Optional.empty());
  }

  private static ArtifactStore.Filter filter(Optional<ArtifactKind> kind) {
    return new ArtifactStore.Filter(Optional.empty(), kind, Optional.empty(), Optional.empty());
  }

  /**
   * Each query that the action runs reads no table from its start, and sorts nothing.
   *
   * @param bounded words that may be in the plan all the same
   */
  private void assertIndexed(Runnable action, String... bounded) {
    database.queries();
    action.run();
    List<String> queries = database.queries();
    assertThat(queries).isNotEmpty();
    for (String query : queries) {
      List<String> plan = database.dialect() == Dialect.SQLITE ? sqlite(query) : postgres(query);
      for (String word : List.of("Seq Scan", "Sort", "SCAN", "TEMP B-TREE")) {
        if (!List.of(bounded).contains(word)) {
          // The first few of something, found by an index, are gathered into one text.
          assertThat(plan.stream().filter(line -> !line.matches("SCAN (x|found)")))
              .describedAs(query)
              .noneMatch(line -> line.contains(word));
        }
      }
    }
  }

  private List<String> sqlite(String query) {
    return database.read(
        handle -> {
          try (PreparedStatement statement =
              handle.getConnection().prepareStatement("EXPLAIN QUERY PLAN " + query)) {
            int parameters = statement.getParameterMetaData().getParameterCount();
            for (int i = 1; i <= parameters; i++) {
              statement.setObject(i, 1);
            }
            return column(statement.executeQuery(), "detail");
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private List<String> postgres(String query) {
    StringBuilder numbered = new StringBuilder();
    int number = 0;
    for (int i = 0; i < query.length(); i++) {
      char c = query.charAt(i);
      numbered.append(c == '?' ? "$" + ++number : String.valueOf(c));
    }
    String nulls = String.join(", ", Collections.nCopies(number, "NULL"));
    return database.read(
        handle -> {
          try (Statement statement = handle.getConnection().createStatement()) {
            statement.execute("SET LOCAL plan_cache_mode = force_generic_plan");
            statement.execute("SET LOCAL enable_seqscan = off");
            statement.execute("SET LOCAL enable_bitmapscan = off");
            statement.execute("PREPARE listed AS " + numbered);
            List<String> plan =
                column(
                    statement.executeQuery("EXPLAIN EXECUTE listed(%s)".formatted(nulls)),
                    "QUERY PLAN");
            statement.execute("DEALLOCATE listed");
            return plan;
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static List<String> column(ResultSet rows, String name) throws SQLException {
    List<String> lines = new ArrayList<>();
    while (rows.next()) {
      lines.add(rows.getString(name));
    }
    return lines;
  }
}
