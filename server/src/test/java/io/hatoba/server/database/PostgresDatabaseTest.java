package io.hatoba.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.startup.StartupException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PostgresDatabaseTest extends DatabaseContract {
  private final String url = TestDatabases.newPostgresUrl();

  @Override
  Database open() {
    return TestDatabases.postgres(url, MIGRATIONS);
  }

  @Test
  void otherServersMayUseItToo() {
    assertThat(database.exclusive()).isFalse();
  }

  @Test
  void aNewerSchemaStopsTheStartWithASentence() {
    database.close();
    TestDatabases.postgres(url, new Migrations("classpath:db/newer")).close();

    assertThatThrownBy(() -> TestDatabases.postgres(url, MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("newer Hatoba")
        .hasMessageContaining("from the future");
  }

  @Test
  void anUnreachableServerStopsTheStartWithASentence() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }

    assertThatThrownBy(
            () ->
                TestDatabases.postgres(
                    "postgresql://a:hidden@127.0.0.1:" + port + "/x", MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("127.0.0.1:" + port + "/x cannot be reached")
        .hasMessageNotContaining("hidden");
  }

  @Test
  void aMissingDatabaseStopsTheStartWithASentence() {
    assertThatThrownBy(
            () -> TestDatabases.postgres(url.replaceFirst("/test_[0-9]+", "/nowhere"), MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("has no such database");
  }

  @Test
  void theOutboxWaitsForATransactionThatIsStillOpen() throws SQLException {
    try (Connection slow = DriverManager.getConnection(url);
        Statement statement = slow.createStatement()) {
      slow.setAutoCommit(false);
      statement.execute("INSERT INTO probe_event (payload) VALUES ('slow')");
      database.write(handle -> handle.execute("INSERT INTO probe_event (payload) VALUES ('fast')"));

      assertThat(settledEvents(Cursor.START)).isEmpty();
      slow.commit();
    }

    assertThat(settledEvents(Cursor.START))
        .extracting(Event::payload)
        .containsExactly("slow", "fast");
  }

  @Test
  void aTransactionThatIsYoungButTookALowNumberIsNotSkipped() throws SQLException {
    try (Connection slow = DriverManager.getConnection(url);
        Statement statement = slow.createStatement()) {
      // seq 1 is taken, and stored by a transaction that is younger than that of seq 2
      statement.execute("SELECT nextval(pg_get_serial_sequence('probe_event', 'seq'))");
      database.write(handle -> handle.execute("INSERT INTO probe_event (payload) VALUES ('fast')"));
      Event fast = settledEvents(Cursor.START).getFirst();
      assertThat(fast.seq()).isEqualTo(2);
      slow.setAutoCommit(false);
      statement.execute("INSERT INTO probe_event (seq, payload) VALUES (1, 'slow')");
      slow.commit();

      assertThat(settledEvents(new Cursor(fast.tx(), fast.seq())))
          .extracting(Event::payload)
          .containsExactly("slow");
    }
  }

  @Test
  void aDeadlockRunsTheWorkAgain() throws Exception {
    insert(1, "a");
    insert(2, "b");
    CyclicBarrier both = new CyclicBarrier(2);
    AtomicInteger runs = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<?> one = threads.submit(() -> touchInOrder(1, 2, both, runs));
      Future<?> two = threads.submit(() -> touchInOrder(2, 1, both, runs));
      one.get();
      two.get();
    }

    assertThat(runs.get()).isGreaterThan(2);
    assertThat(
            database.<Long>read(
                handle ->
                    handle.createQuery("SELECT sum(at) AS n FROM probe").mapTo(Long.class).one()))
        .isEqualTo(4);
  }

  private void touchInOrder(long first, long second, CyclicBarrier both, AtomicInteger runs) {
    database.write(
        handle -> {
          String touch = "UPDATE probe SET at = coalesce(at, 0) + 1 WHERE id = ?";
          handle.execute(touch, first);
          if (runs.incrementAndGet() <= 2) {
            meet(both);
          }
          return handle.execute(touch, second);
        });
  }

  private static void meet(CyclicBarrier both) {
    try {
      both.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void workThatAlwaysCollidesIsGivenUp() {
    AtomicInteger runs = new AtomicInteger();

    assertUnavailable(
        () ->
            database.write(
                handle -> {
                  runs.incrementAndGet();
                  return raise(handle, "40001");
                }));
    assertThat(runs.get()).isBetween(2, 10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"53100", "53300", "57P03", "08006", "25006"})
  void anOutageIsARefusalAndTheNextWriteWorks(String state) {
    assertUnavailable(
        () ->
            database.write(
                handle -> {
                  handle.execute("INSERT INTO probe (id, name) VALUES (1, 'lost')");
                  return raise(handle, state);
                }));

    insert(2, "a");
    assertThat(names()).containsExactly("a");
  }

  @Test
  void aBrokenConnectionIsARefusalAndTheNextWriteWorks() {
    assertUnavailable(
        () ->
            database.write(
                handle ->
                    handle
                        .createQuery("SELECT pg_terminate_backend(pg_backend_pid()) AS done")
                        .mapTo(Boolean.class)
                        .one()));

    insert(1, "a");
    assertThat(names()).containsExactly("a");
  }

  @Test
  void aServerThatHangsDoesNotHoldItsCallers() {
    assertThat(database.read(PostgresDatabaseTest::longestSilence)).isEqualTo(60_000);
    assertThat(database.write(PostgresDatabaseTest::longestSilence)).isEqualTo(60_000);
    try (Database impatient = TestDatabases.postgres(url + "&socketTimeout=1", MIGRATIONS)) {
      assertUnavailable(
          () ->
              impatient.read(
                  handle -> handle.createQuery("SELECT pg_sleep(600)").mapToMap().list()));
      assertThat(impatient.<Integer>read(handle -> 3)).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @CsvSource({"off, on", "local, on", "on, on", "remote_apply, remote_apply"})
  void commitsAreDurableWhateverTheServersDefault(String configured, String expected)
      throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "ALTER DATABASE %s SET synchronous_commit = %s"
              .formatted(connection.getCatalog(), configured));
    }
    try (Database later = TestDatabases.postgres(url, MIGRATIONS)) {
      assertThat(
              later.<String>write(
                  handle ->
                      handle
                          .createQuery("SELECT current_setting('synchronous_commit') AS now")
                          .mapTo(String.class)
                          .one()))
          .isEqualTo(expected);
    }
  }

  @Test
  void whoGetsNoConnectionInTimeIsRefused() throws Exception {
    CountDownLatch holding = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    PostgresAddress address = PostgresAddress.parse(url, Optional.empty(), Optional.empty());
    try (Database small = PostgresDatabase.open(address, MIGRATIONS, 1, Duration.ofSeconds(1));
        ExecutorService threads = Executors.newFixedThreadPool(1)) {
      Future<Integer> holder =
          threads.submit(
              () ->
                  small.<Integer>write(
                      handle -> {
                        holding.countDown();
                        awaitLatch(goOn);
                        return 1;
                      }));
      holding.await();
      assertUnavailable(() -> small.write(handle -> 2));
      assertThat(small.<Integer>read(handle -> 3)).isEqualTo(3);
      goOn.countDown();
      assertThat(holder.get()).isEqualTo(1);
    }
  }

  private static Integer longestSilence(Handle handle) {
    try {
      return handle.getConnection().getNetworkTimeout();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int raise(Handle handle, String state) {
    return handle.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '" + state + "'; END $$");
  }

  private static void assertUnavailable(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.refusal().code()).isEqualTo(ErrorCode.UNAVAILABLE));
  }
}
