package io.hatoba.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.audit.AuditStore.Found;
import io.hatoba.server.audit.AuditStore.Place;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long pages of a long audit log take: {@code benchmark/run audit}. Not a test by its name, and
 * asserts nothing on time.
 *
 * <p>A year of rows ({@code -Daudit.rows}, default 100,000): 200 actors, half of it by one robot;
 * 40 actions, 100 registries, 1 in 200 not a success; one actor, one action and one registry with
 * few and old rows. For each filter pages of 50 rows that begin at random places, and the first
 * one.
 */
class AuditBenchmark {
  private static final int ROWS = Integer.getInteger("audit.rows", 100_000);
  private static final int BATCH = 50_000;
  private static final int PAGES = 400;
  private static final Instant START = Instant.parse("2025-11-24T00:00:00Z");
  private static final long YEAR = Duration.ofDays(365).toMillis();

  @Test
  void sqlite(@TempDir Path dir) {
    try (Database database = TestDatabases.sqlite(dir)) {
      measure("SQLite", database);
    }
  }

  @Test
  void postgres() {
    try (Database database = TestDatabases.postgres()) {
      measure("PostgreSQL", database);
    }
  }

  private static void measure(String name, Database database) {
    long begun = System.nanoTime();
    for (int from = 0; from < ROWS; from += BATCH) {
      fill(database, from, Math.min(ROWS, from + BATCH));
    }
    long filled = System.nanoTime();
    if (database.dialect() == Dialect.POSTGRESQL) {
      database.write(handle -> handle.execute("ANALYZE audit"));
    }
    StringBuilder table = new StringBuilder();
    table.append(
        "%n%s, %,d rows, filled in %d s%n%n| filter | p50 | p99 | longest |%n| --- | --- | --- | --- |%n"
            .formatted(name, ROWS, Duration.ofNanos(filled - begun).toSeconds()));
    AuditStore store = new AuditStore(database);
    filters().forEach((label, filter) -> table.append(line(store, label, filter)));
    System.out.println(table);
    assertThat(store.page(AuditFilter.EVERYTHING, Optional.empty(), 50).rows()).hasSize(50);
  }

  private static String line(AuditStore store, String label, AuditFilter filter) {
    Random random = new Random(5);
    List<Long> times = new ArrayList<>();
    for (int i = 0; i < PAGES; i++) {
      Optional<Place> place =
          i % 4 == 0
              ? Optional.empty()
              : Optional.of(
                  new Place(START.toEpochMilli() + (long) (random.nextDouble() * YEAR), 0));
      long begun = System.nanoTime();
      Found found = store.page(filter, place, 50);
      times.add(System.nanoTime() - begun);
      assertThat(found.rows()).hasSizeLessThanOrEqualTo(50);
    }
    times.sort(null);
    return "| %s | %.1f ms | %.1f ms | %.1f ms |%n"
        .formatted(
            label,
            times.get(PAGES / 2) / 1e6,
            times.get(PAGES * 99 / 100) / 1e6,
            times.getLast() / 1e6);
  }

  private static Map<String, AuditFilter> filters() {
    Map<String, AuditFilter> filters = new LinkedHashMap<>();
    filters.put("none", filter("", "", "", "", ""));
    filters.put("actor with half of all rows", filter("robot:ci", "", "", "", ""));
    filters.put("actor with 1 in 400", filter("account:kim7", "", "", "", ""));
    filters.put("actor with 10, the oldest", filter("account:rare", "", "", "", ""));
    filters.put("action", filter("", "action:a3", "", "", ""));
    filters.put("action with 10", filter("", "action:rare", "", "", ""));
    filters.put("registry", filter("", "", "registry3", "", ""));
    filters.put("result=denied", filter("", "", "", "denied", ""));
    filters.put("result=success", filter("", "", "", "success", ""));
    filters.put("actor and action", filter("account:kim7", "action:a3", "", "", ""));
    filters.put(
        "actor with half of all rows, action with 10",
        filter("robot:ci", "action:rare", "", "", ""));
    filters.put(
        "actor with half of all rows, a registry it does not use",
        filter("robot:ci", "", "rare", "", ""));
    filters.put("registry and action", filter("", "action:a3", "registry3", "", ""));
    filters.put("registry, action with 10", filter("", "action:rare", "registry3", "", ""));
    filters.put(
        "actor, action, registry, result",
        filter("account:kim7", "action:a3", "registry3", "failed", ""));
    filters.put("q in every row", filter("", "", "", "", "image"));
    filters.put("q in no row", filter("", "", "", "", "nowhere"));
    filters.put("actor, q in no row", filter("robot:ci", "", "", "", "nowhere"));
    return filters;
  }

  private static AuditFilter filter(
      String actor, String action, String registry, String result, String q) {
    return new AuditFilter(
        present(actor),
        present(action),
        present(registry),
        present(result).map(Result::of),
        Optional.empty(),
        Optional.empty(),
        present(q));
  }

  private static Optional<String> present(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private static void fill(Database database, int from, int to) {
    boolean sqlite = database.dialect() == Dialect.SQLITE;
    String numbers =
        sqlite
            ? "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                .formatted(from, to - 1)
            : "";
    String source = sqlite ? "n" : "generate_series(%d, %d) AS n (i)".formatted(from, to - 1);
    // Multiplied by primes, so that the columns do not go together.
    String insert =
        """
        INSERT INTO audit (id, at, actor, via, address, action, registry, target, result, request_id, detail)
        SELECT i + 1, %d + CAST(i AS BIGINT) * %d / %d,
          CASE WHEN i < 10 THEN 'account:rare' WHEN i %% 2 = 0 THEN 'robot:ci'
            ELSE 'account:kim' || (i * 7919 %% 200) END,
          'HK' || (i * 104729 %% 500), '192.0.2.' || (i * 31 %% 250),
          CASE WHEN i < 10 THEN 'action:rare' ELSE 'action:a' || (i * 6007 %% 40) END,
          CASE WHEN i < 10 THEN 'rare' ELSE 'registry' || (i * 3571 %% 100) END,
          'image:registry' || (i * 3571 %% 100) || '/team/app' || (i * 17 %% 1000),
          CASE i * 2003 %% 400 WHEN 0 THEN 'denied' WHEN 1 THEN 'failed' ELSE 'success' END,
          'd3b07384-d9a0-4c9b-8f1e-' || i, '{"method":"PUT","status":"200"}'
        FROM %s
        """
            .formatted(START.toEpochMilli(), YEAR, ROWS, source);
    database.write(
        handle ->
            handle.execute(
                (numbers + insert).replace("i * ", sqlite ? "i * " : "CAST(i AS BIGINT) * ")));
  }
}
