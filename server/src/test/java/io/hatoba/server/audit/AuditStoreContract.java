package io.hatoba.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.audit.AuditStore.Found;
import io.hatoba.server.audit.AuditStore.Place;
import io.hatoba.server.content.Actor;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import org.jdbi.v3.core.statement.Query;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What {@link AuditStore} promises, with more rows than one page looks at. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AuditStoreContract {
  private static final int ROWS = 6_000;
  private static final AuditStore.Windows WINDOWS = new AuditStore.Windows(100, 1_000, 500);
  private static final long START = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
  private static final List<String> ACTORS = List.of("account:kim", "account:lee", "robot:ci");
  private static final List<String> ACTIONS = List.of("artifact:push", "tag:move", "tag:delete");
  private static final List<String> REGISTRIES = List.of("main", "team", "");

  private final List<AuditRow> all = new ArrayList<>();
  private Database database;
  private AuditStore store;

  abstract Database open(Path dir);

  @BeforeAll
  void manyRows(@TempDir Path dir) {
    database = open(dir);
    store = new AuditStore(database, WINDOWS);
    Random random = new Random(7);
    for (int i = 0; i < ROWS; i++) {
      // The oldest row is the only one of its actor and action.
      all.addFirst(
          row(
              i + 1,
              // Three rows of the same millisecond each.
              START + i / 3,
              i == 0 ? "account:kim" : ACTORS.get(random.nextInt(3)),
              i == 0 ? "account:write" : ACTIONS.get(random.nextInt(3)),
              REGISTRIES.get(random.nextInt(3)),
              random.nextInt(1_000) == 0 ? Result.DENIED : Result.SUCCESS));
    }
    for (int i = 0; i < ROWS; i += 1_000) {
      List<AuditRow> batch = all.subList(i, i + 1_000);
      database.write(
          handle -> {
            store.insert(handle, batch);
            return batch;
          });
    }
    database.write(handle -> handle.execute("ANALYZE"));
  }

  @AfterAll
  void close() {
    database.close();
  }

  @Test
  void pagesFollowEachOtherWithoutGapOrRepetition() {
    assertThat(read(AuditFilter.EVERYTHING, 999)).isEqualTo(all);
  }

  @Test
  void eachCombinationOfFiltersFindsItsRows() {
    for (Optional<String> actor : optional("account:kim")) {
      for (Optional<String> action : optional("tag:move")) {
        for (Optional<String> registry : optional("team")) {
          for (Optional<Result> result : optional(Result.DENIED)) {
            for (Optional<String> q : optional("APP-7")) {
              AuditFilter filter =
                  new AuditFilter(
                      actor,
                      action,
                      registry,
                      result,
                      Optional.of(Instant.ofEpochMilli(START + 400)),
                      Optional.of(Instant.ofEpochMilli(START + 1_600)),
                      q);
              assertThat(read(filter, 1_000)).as("%s", filter).isEqualTo(expected(filter));
            }
          }
        }
      }
    }
  }

  @Test
  void aSuccessIsFoundToo() {
    AuditFilter filter =
        with(Optional.of("robot:ci"), Optional.empty(), Optional.of(Result.SUCCESS));

    assertThat(read(filter, 1_000)).isEqualTo(expected(filter));
    assertThat(read(with(Optional.empty(), Optional.empty(), Optional.of(Result.SUCCESS)), 1_000))
        .hasSize((int) all.stream().filter(row -> row.result() == Result.SUCCESS).count());
  }

  @Test
  void aRareRowIsFoundAtOnceByItsIndex() {
    Found found =
        store.page(
            with(Optional.empty(), Optional.of("account:write"), Optional.empty()),
            Optional.empty(),
            50);

    assertThat(found.rows()).containsExactly(all.getLast());
    assertThat(found.next()).isEmpty();
  }

  @Test
  void aRareCombinationIsSearchedOnlySoFarForEachPage() {
    AuditFilter rare =
        with(Optional.of("account:kim"), Optional.of("account:write"), Optional.empty());
    List<AuditRow> ofKim =
        all.stream().filter(row -> row.actor().principal().equals("account:kim")).toList();

    Found first = store.page(rare, Optional.empty(), 50);

    assertThat(first.rows()).isEmpty();
    assertThat(first.next()).contains(Place.of(ofKim.get(WINDOWS.widest() - 1)));
    assertThat(read(rare, 50)).containsExactly(all.getLast());
  }

  @Test
  void aTextIsSearchedOnlySoFarForEachPage() {
    AuditFilter rare =
        new AuditFilter(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of("app-0"));

    Found first = store.page(rare, Optional.empty(), 50);

    assertThat(first.rows()).isEmpty();
    assertThat(first.next()).contains(Place.of(all.get(WINDOWS.ofTexts() - 1)));
    assertThat(read(rare, 50)).containsExactly(all.getLast());
  }

  @Test
  void everyListReadsOneIndexInItsOrder() {
    for (Optional<String> actor : optional("account:kim")) {
      for (Optional<String> action : optional("tag:move")) {
        for (Optional<String> registry : optional("team")) {
          for (Optional<Result> result : optional(Result.DENIED)) {
            AuditFilter filter =
                new AuditFilter(
                    actor,
                    action,
                    registry,
                    result,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
            AuditIndex index = AuditIndex.of(filter);
            Dialect dialect = database.dialect();
            if (index.isAll(filter)) {
              assertPlan(index.rows(dialect), filter, false);
            } else {
              assertPlan(index.filteredRows(filter, dialect), filter, true);
            }
            assertPlan(index.endOfWindow(dialect), filter, false);
          }
        }
      }
    }
  }

  private void assertPlan(String sql, AuditFilter filter, boolean filtered) {
    String indexName = AuditIndex.of(filter).index();
    boolean postgres = database.dialect() == Dialect.POSTGRESQL;
    List<String> plan =
        database.write(
            handle -> {
              if (postgres) {
                handle.execute("SET LOCAL enable_seqscan = off");
                handle.execute("SET LOCAL enable_bitmapscan = off");
              }
              AuditIndex index = AuditIndex.of(filter);
              Query query =
                  handle.createQuery((postgres ? "EXPLAIN " : "EXPLAIN QUERY PLAN ") + sql);
              if (filtered) {
                index.bindAll(query, filter);
              } else {
                index.bindRange(query, filter);
              }
              query.bind("newestAt", START + 500).bind("newestId", 5L);
              if (sql.contains(":limit")) {
                query.bind("limit", 50);
              } else {
                query.bind("skipped", 1_000);
              }
              if (filtered) {
                query.bind("oldest", START).bind("window", 1_000);
              }
              return query.map((row, context) -> row.getString(postgres ? 1 : 4)).list();
            });
    String text = String.join("\n", plan);
    assertThat(text).as(sql).contains(indexName).doesNotContain("Seq Scan");
    if (postgres) {
      assertThat(text).as(sql).containsPattern("Index (Only )?Scan Backward using " + indexName);
    } else {
      assertThat(text)
          .as(sql)
          .containsPattern("SEARCH (a|audit) USING (COVERING )?INDEX " + indexName + " \\(")
          .doesNotContain("SCAN audit", "ANY(");
      if (!filtered) {
        assertThat(text).as(sql).doesNotContain("TEMP B-TREE");
      }
    }
  }

  @Test
  void oldRowsGoInBatches() {
    Instant cut = Instant.ofEpochMilli(START - 1_000);
    database.write(
        handle -> {
          List<AuditRow> old = new ArrayList<>();
          for (int i = 0; i < 25; i++) {
            old.add(row(-100 - i, START - 2_000 - i, "x", "y", "", Result.FAILED));
          }
          store.insert(handle, old);
          return old;
        });

    assertThat(store.dropOlderThan(cut, 10)).isEqualTo(10);
    assertThat(store.dropOlderThan(cut, 10)).isEqualTo(10);
    assertThat(store.dropOlderThan(cut, 10)).isEqualTo(5);
    assertThat(store.dropOlderThan(cut, 10)).isZero();
    assertThat(store.page(AuditFilter.EVERYTHING, Optional.empty(), 1).rows())
        .containsExactly(all.getFirst());
  }

  private static AuditRow row(
      long id, long at, String actor, String action, String registry, Result result) {
    return new AuditRow(
        id,
        Instant.ofEpochMilli(at),
        new Actor(actor, "HK1", "192.0.2.1"),
        action,
        registry,
        "image:" + registry + "/app-" + (id == 1 ? 0 : 1 + id % 9),
        result,
        "r" + id,
        Map.of("method", "PUT"));
  }

  private static AuditFilter with(
      Optional<String> actor, Optional<String> action, Optional<Result> result) {
    return new AuditFilter(
        actor,
        action,
        Optional.empty(),
        result,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private List<AuditRow> read(AuditFilter filter, int limit) {
    List<AuditRow> rows = new ArrayList<>();
    Optional<Place> place = Optional.empty();
    do {
      Found page = store.page(filter, place, limit);
      assertThat(page.rows()).hasSizeLessThanOrEqualTo(limit);
      rows.addAll(page.rows());
      place = page.next();
    } while (place.isPresent());
    return rows;
  }

  private List<AuditRow> expected(AuditFilter filter) {
    Predicate<AuditRow> wanted =
        row ->
            matches(filter.actor(), row.actor().principal())
                && matches(filter.action(), row.action())
                && matches(filter.registry(), row.registry())
                && matches(filter.result(), row.result())
                && filter.from().map(from -> !row.at().isBefore(from)).orElse(true)
                && filter.to().map(to -> row.at().isBefore(to)).orElse(true)
                && filter.q().map(q -> row.target().contains("app-7")).orElse(true);
    return all.stream().filter(wanted).toList();
  }

  private static <T> boolean matches(Optional<T> wanted, T is) {
    return wanted.map(is::equals).orElse(true);
  }

  private static <T> List<Optional<T>> optional(T value) {
    return List.of(Optional.empty(), Optional.of(value));
  }
}
