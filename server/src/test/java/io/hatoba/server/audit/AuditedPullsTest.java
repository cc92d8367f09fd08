package io.hatoba.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.Repository;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.database.TestDatabases;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditedPullsTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final Digest DIGEST = Digest.sha256("x".getBytes(StandardCharsets.UTF_8));
  private static final Actor KIM = new Actor("account:kim", "HK1", "192.0.2.1");
  private static final Repository APP = new Repository(1, 1, RepositoryName.parse("main/team/app"));

  private Database database;
  private AuditStore store;

  @BeforeEach
  void open(@TempDir Path dir) {
    database = TestDatabases.sqlite(dir);
    store = new AuditStore(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void equalPullsAreCountedInOneRow() {
    AuditedPulls pulls = pulls(true);
    for (int i = 0; i < 7; i++) {
      pulls.pulled(APP, DIGEST, Optional.of(new Tag("1.0")), KIM);
    }
    pulls.pulled(APP, DIGEST, Optional.empty(), KIM);
    pulls.write();
    pulls.write();

    assertThat(rows())
        .extracting(AuditRow::target, row -> row.detail().get("count"), AuditRow::registry)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("tag:main/team/app:1.0", "7", "main"),
            org.assertj.core.groups.Tuple.tuple("artifact:main/team/app@" + DIGEST, "1", "main"));
    assertThat(rows()).allSatisfy(row -> assertThat(row.action()).isEqualTo("artifact:pull"));
    assertThat(rows()).allSatisfy(row -> assertThat(row.actor()).isEqualTo(KIM));
  }

  @Test
  void offMeansOff() {
    AuditedPulls pulls = pulls(false);
    pulls.pulled(APP, DIGEST, Optional.empty(), KIM);
    pulls.write();

    assertThat(rows()).isEmpty();
  }

  @Test
  void memoryIsBounded() {
    AuditedPulls pulls = pulls(true);
    for (int i = 0; i < AuditedPulls.MOST_GATHERED + 10; i++) {
      pulls.pulled(APP, DIGEST, Optional.of(new Tag("t" + i)), KIM);
    }
    pulls.write();

    long rows =
        database.read(
            handle -> handle.createQuery("SELECT COUNT(*) FROM audit").mapTo(Long.class).one());
    assertThat(rows).isEqualTo(AuditedPulls.MOST_GATHERED);
  }

  private AuditedPulls pulls(boolean on) {
    AuditConfig config =
        new AuditConfig() {
          @Override
          public Duration retention() {
            return Duration.ofDays(365);
          }

          @Override
          public boolean pulls() {
            return on;
          }
        };
    return new AuditedPulls(config, database, store, Ids.random(() -> NOW), () -> NOW);
  }

  private List<AuditRow> rows() {
    return store.page(AuditFilter.EVERYTHING, Optional.empty(), 1_000).rows();
  }
}
