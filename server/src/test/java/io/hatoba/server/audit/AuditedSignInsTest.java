package io.hatoba.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.auth.SignInListener.Attempt;
import io.hatoba.server.auth.SignInListener.Reason;
import io.hatoba.server.auth.SignInListener.Via;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditedSignInsTest {
  private Instant now = Instant.parse("2026-11-24T12:00:00Z");
  private Database database;
  private AuditStore store;
  private AuditLog log;
  private AuditedSignIns signIns;

  @BeforeEach
  void open(@TempDir Path dir) {
    database = TestDatabases.sqlite(dir);
    store = new AuditStore(database);
    log = new AuditLog(database, store);
    signIns = new AuditedSignIns(log, Ids.random(() -> now), () -> now);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aSessionThatBeginsIsWrittenAtOnce() {
    signIns.signedIn(new Attempt(Via.PASSWORD, "kim", Optional.of("account:kim"), "192.0.2.1"));

    AuditRow row = rows().getFirst();
    assertThat(row.actor().principal()).isEqualTo("account:kim");
    assertThat(row.actor().address()).isEqualTo("192.0.2.1");
    assertThat(row.action()).isEqualTo("session:create");
    assertThat(row.result()).isEqualTo(Result.SUCCESS);
    assertThat(row.detail()).containsEntry("method", "password");
  }

  @Test
  void aKeyHasOneRowInTenMinutesForEachAddress() {
    for (int i = 0; i < 5; i++) {
      key("192.0.2.1");
      key("192.0.2.2");
    }
    write();
    assertThat(rows()).hasSize(2);
    assertThat(rows().getFirst().actor().via()).isEqualTo("HK1");

    now = now.plus(Duration.ofMinutes(10)).plusSeconds(1);
    key("192.0.2.1");
    write();
    assertThat(rows()).hasSize(3);
  }

  @Test
  void equalFailuresOfOneMinuteAreCountedInOneRow() {
    refused("kim", "192.0.2.1");
    write();
    for (int i = 0; i < 99; i++) {
      refused("kim", "192.0.2.1");
    }
    write();
    assertThat(rows()).hasSize(1);
    assertThat(rows().getFirst().detail()).containsEntry("count", "1");

    now = now.plusSeconds(60);
    write();
    assertThat(rows()).hasSize(2);
    assertThat(rows())
        .anySatisfy(
            row ->
                assertThat(row.detail())
                    .containsEntry("count", "99")
                    .containsEntry("name", "kim")
                    .containsEntry("reason", "wrong-secret"));
    assertThat(rows()).allSatisfy(row -> assertThat(row.result()).isEqualTo(Result.DENIED));
    now = now.plusSeconds(60);
    write();
    assertThat(rows()).hasSize(2);
  }

  @Test
  void whoTriesManyNamesCannotFillTheLog() {
    for (int i = 0; i < 1_000; i++) {
      refused("name" + i, "192.0.2.1");
    }
    write();

    assertThat(rows()).hasSize(AuditedSignIns.NAMES_OF_ADDRESS + 1);
    assertThat(rows())
        .anySatisfy(
            row ->
                assertThat(row.detail())
                    .containsEntry("name", "*")
                    .containsEntry("count", "" + (1_000 - AuditedSignIns.NAMES_OF_ADDRESS)));
  }

  @Test
  void manyAddressesCannotEither() {
    for (int i = 0; i < AuditedSignIns.MOST_APART + 1_000; i++) {
      refused("kim", "10.0." + i / 256 + "." + i % 256);
    }
    signIns.writeCounted();
    log.writeKept();

    long rows =
        database.read(
            handle -> handle.createQuery("SELECT COUNT(*) FROM audit").mapTo(Long.class).one());
    assertThat(rows).isEqualTo(AuditedSignIns.MOST_APART + 1);
  }

  @Test
  void whatCannotBeANameIsNotWrittenDown() {
    refused("my pass word", "192.0.2.1");
    refused("ひみつ", "192.0.2.1");
    write();

    assertThat(rows()).hasSize(1);
    assertThat(rows().getFirst().detail()).containsEntry("name", "*").containsEntry("count", "2");
  }

  private void key(String address) {
    signIns.signedIn(new Attempt(Via.ACCESS_KEY, "HK1", Optional.of("account:kim"), address));
  }

  private void refused(String name, String address) {
    signIns.refused(
        new Attempt(Via.PASSWORD, name, Optional.empty(), address), Reason.WRONG_SECRET);
  }

  private void write() {
    signIns.writeCounted();
    log.writeKept();
  }

  private List<AuditRow> rows() {
    return store.page(AuditFilter.EVERYTHING, Optional.empty(), 1_000).rows();
  }
}
