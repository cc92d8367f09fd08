package io.hatoba.server.reclaim;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.auth.TestDatabaseKind;
import io.hatoba.server.content.Freed;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StorageTotalsTest {
  private static final Instant NOW = Instant.parse("2026-04-01T12:00:00Z");
  private static final long MS = NOW.toEpochMilli();
  private static final long TODAY = MS / Duration.ofDays(1).toMillis();

  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource
  void anEmptyServerHoldsNothingAndWaitsForNothing(TestDatabaseKind kind) {
    try (Database database = kind.open(dir)) {
      StorageTotals.Now now = new StorageTotals(database, () -> NOW).now();
      assertThat(now.used()).isEqualTo(new StorageTotals.Used(0, 0));
      assertThat(now.due()).isEqualTo(new StorageTotals.Due(0, 0, 0));
      assertThat(now.oldestDue()).isEmpty();
      assertThat(now.freedIn30Days()).isEqualTo(new Freed(0, 0));
      assertThat(now.heldUntil()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsDueIsCountedAndWhatComesLaterIsNot(TestDatabaseKind kind) {
    try (Database database = kind.open(dir)) {
      insert(database, "INSERT INTO registry (id, name, created_at) VALUES (1, 'team', 0)");
      insert(
          database,
          "INSERT INTO repository (id, registry_id, name, created_at) VALUES (10, 1, 'team/app', 0)");
      for (int i = 1; i <= 3; i++) {
        long due = MS + (i - 2) * 60_000L; // one before, one now, one later
        insert(
            database,
            "INSERT INTO deletion (id, registry_id, repository_id, repository, kind, deleted_at, deleted_by, until)"
                + " VALUES (%d, 1, 10, 'team/app', 'image', 0, '', %d)".formatted(i, due));
        insert(
            database,
            "INSERT INTO object_removal (object_key, not_before) VALUES ('o%d', %d)"
                .formatted(i, due));
        insert(
            database,
            "INSERT INTO blob (digest, size, object_key, created_at) VALUES ('sha256:%1$064d', 5, 'k%1$d', 0)"
                .formatted(i));
        insert(
            database,
            "INSERT INTO repository_blob (repository_id, digest, lease_until) VALUES (10, 'sha256:%064d', %d)"
                .formatted(i, i == 1 ? 0 : due));
      }
      insert(
          database,
          "INSERT INTO registry_usage (registry_id, logical_bytes, physical_bytes) VALUES (1, 50, 20)");
      insert(
          database,
          "INSERT INTO registry_usage (registry_id, logical_bytes, physical_bytes) VALUES (2, 7, 7)");
      insert(
          database,
          "INSERT INTO usage_delta (registry_id, repository_id, images, artifacts, tags, logical_bytes, physical_bytes,"
              + " pushed_at) VALUES (1, 10, 0, 0, 0, -10, -5, 0)");
      for (long ago : List.of(0, 1, 29, 30)) {
        insert(
            database,
            "INSERT INTO reclaimed_day (day, blobs, bytes) VALUES (%d, 1, 100)"
                .formatted(TODAY - ago));
      }
      for (long end : List.of(MS - 1, MS + 1_000, MS + 2_000)) {
        insert(
            database,
            "INSERT INTO storage_hold (id, reason, created_at, expires_at) VALUES (%1$d, 'backup', 0, %1$d)"
                .formatted(end));
      }

      StorageTotals.Now now = new StorageTotals(database, () -> NOW).now();

      assertThat(now.used()).isEqualTo(new StorageTotals.Used(47, 22));
      assertThat(now.due()).isEqualTo(new StorageTotals.Due(2, 1, 2));
      assertThat(now.oldestDue()).contains(NOW.minusSeconds(60));
      assertThat(now.freedToday()).isEqualTo(new Freed(1, 100));
      assertThat(now.freedIn30Days()).isEqualTo(new Freed(3, 300));
      assertThat(now.heldUntil()).contains(NOW.plusSeconds(2));
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsReadToItsEnd(TestDatabaseKind kind) {
    try (Database database = kind.open(dir)) {
      for (String query : List.of(StorageTotals.DUE, StorageTotals.OLDEST)) {
        // What is counted is a list of a bounded length.
        assertThat(plan(database, query))
            .noneMatch(line -> line.contains("Seq Scan") || line.contains("Sort"))
            .noneMatch(line -> line.matches("SCAN (?!(d|l|o|firsts|CONSTANT ROW)$).*"))
            .noneMatch(line -> line.contains("TEMP B-TREE"));
      }
    }
  }

  private static List<String> plan(Database database, String query) {
    boolean postgres = database.dialect() == Dialect.POSTGRESQL;
    return database.write(
        handle -> {
          if (postgres) {
            handle.execute("SET LOCAL enable_seqscan = off");
            handle.execute("SET LOCAL enable_bitmapscan = off");
          }
          return handle
              .createQuery((postgres ? "EXPLAIN " : "EXPLAIN QUERY PLAN ") + query)
              .bind("now", 1L)
              .bind("most", 10)
              .map((row, context) -> row.getString(postgres ? 1 : 4))
              .list();
        });
  }

  private static void insert(Database database, String statement) {
    database.write(handle -> handle.execute(statement));
  }
}
