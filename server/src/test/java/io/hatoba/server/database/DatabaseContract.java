package io.hatoba.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.reflect.ColumnName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link Database} promises, on the table {@code probe} of {@code db/test}. */
abstract class DatabaseContract {
  static final Migrations MIGRATIONS = new Migrations("classpath:db/test");

  @TempDir Path dir;
  Database database;

  /** Opens the database of this test, for the first time or again. */
  abstract Database open();

  @BeforeEach
  void openDatabase() {
    database = open();
  }

  @AfterEach
  void closeDatabase() {
    database.close();
  }

  @Test
  void whatIsWrittenIsReadAndSurvivesReopening() {
    insert(1, "a");

    assertThat(names()).containsExactly("a");
    database.close();
    database = open();
    assertThat(names()).containsExactly("a");
  }

  @Test
  void theResultOfTheWorkIsReturnedAlsoWhenItIsNull() {
    assertThat(database.<Optional<String>>write(handle -> Optional.of("x"))).contains("x");
    assertThat(database.<@Nullable String>write(handle -> null)).isNull();
    assertThat(database.<@Nullable String>read(handle -> null)).isNull();
  }

  @Test
  void workThatThrowsLeavesNothingAndTheCallerGetsItsException() {
    IllegalStateException defect = new IllegalStateException("a defect");

    assertThatThrownBy(
            () ->
                database.write(
                    handle -> {
                      handle.execute("INSERT INTO probe (id, name) VALUES (1, 'a')");
                      throw defect;
                    }))
        .isSameAs(defect);
    assertThat(names()).isEmpty();
    insert(1, "a");
    assertThat(names()).containsExactly("a");
  }

  @Test
  void aRefusalOfTheWorkReachesTheCallerAsItIs() {
    RefusedException refusal =
        new RefusedException(Refusal.invalid(ErrorCode.TAG_INVALID, "no", "x"));

    assertThatThrownBy(
            () ->
                database.write(
                    handle -> {
                      throw refusal;
                    }))
        .isSameAs(refusal);
    assertThatThrownBy(
            () ->
                database.read(
                    handle -> {
                      throw refusal;
                    }))
        .isSameAs(refusal);
  }

  @Test
  void aBrokenRuleOfTheSchemaIsNotAnOutage() {
    insert(1, "a");

    assertThatThrownBy(() -> insert(2, "a"))
        .isNotInstanceOf(RefusedException.class)
        .matches(DatabaseErrors::isConstraint);
  }

  @Test
  void workThatWritesFailsInRead() {
    assertThatThrownBy(
            () ->
                database.read(
                    handle -> handle.execute("INSERT INTO probe (id, name) VALUES (1, 'a')")))
        .isNotInstanceOf(RefusedException.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void aReadSeesOneSnapshotWhileOthersWrite() {
    insert(1, "a");

    List<Integer> seen =
        database.read(
            handle -> {
              int before = count(handle);
              CompletableFuture.runAsync(() -> insert(2, "b")).join();
              return List.of(before, count(handle));
            });

    assertThat(seen).containsExactly(1, 1);
    assertThat(names()).containsExactly("a", "b");
  }

  @Test
  void workMustNotCallItsDatabaseAgain() {
    assertThatThrownBy(() -> database.write(outer -> database.write(inner -> 1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> database.read(outer -> database.read(inner -> 1)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(database.<Integer>write(handle -> 1)).isEqualTo(1);
  }

  @Test
  void valuesTravelBothWays() {
    Digest digest = Digest.sha256("content".getBytes(StandardCharsets.UTF_8));
    Instant at = Instant.ofEpochMilli(1_767_225_600_123L);
    byte[] content = {0, 1, -1};
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO probe (id, name, digest, at, content, public)
                    VALUES (:id, :name, :digest, :at, :content, :public)
                    """)
                .bind("id", 1L)
                .bind("name", new RepositoryName("team/app"))
                .bind("digest", digest)
                .bind("at", at)
                .bind("content", content)
                .bind("public", true)
                .execute());
    insert(2, "v1.0");

    Row row =
        database.read(
            handle ->
                handle.createQuery("SELECT * FROM probe WHERE id = 1").mapTo(Row.class).one());
    assertThat(row)
        .usingRecursiveComparison()
        .isEqualTo(
            new Row(1, new RepositoryName("team/app"), Optional.of(digest), Optional.of(at), true));
    Row empty =
        database.read(
            handle ->
                handle
                    .createQuery(
                        "SELECT * FROM probe WHERE at IS NOT DISTINCT FROM :at ORDER BY id")
                    .bind("at", Optional.<Instant>empty())
                    .mapTo(Row.class)
                    .one());
    assertThat(empty.at()).isEmpty();
    assertThat(empty.digest()).isEmpty();
    assertThat(
            database.<byte[]>read(
                handle ->
                    handle
                        .createQuery("SELECT content FROM probe WHERE id = 1")
                        .mapTo(byte[].class)
                        .one()))
        .isEqualTo(content);
    assertThat(
            database.<Tag>read(
                handle ->
                    handle
                        .createQuery("SELECT name FROM probe WHERE id = 2")
                        .mapTo(Tag.class)
                        .one()))
        .isEqualTo(new Tag("v1.0"));
    assertThat(
            database.<Optional<Instant>>read(
                handle ->
                    handle
                        .createQuery("SELECT at FROM probe WHERE id = 1")
                        .mapTo(Instant.class)
                        .findOne()))
        .contains(at);
    assertThat(
            database.<List<Long>>read(
                handle ->
                    handle
                        .createQuery("SELECT id FROM probe WHERE digest IN (<digests>) ORDER BY id")
                        .bindList("digests", List.of(digest))
                        .mapTo(Long.class)
                        .list()))
        .containsExactly(1L);
  }

  @Test
  void textIsOrderedByItsBytes() {
    List<String> wanted = List.of("10", "9", "B", "_x", "a", "b");
    for (int i = 0; i < wanted.size(); i++) {
      insert(i, wanted.get(wanted.size() - 1 - i));
    }

    assertThat(names()).isEqualTo(wanted);
  }

  @Test
  void sixtyFourThreadsWriteAndExactlyTheAcknowledgedIsThere() throws Exception {
    List<Long> acknowledged = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(64)) {
      List<Future<List<Long>>> running = new ArrayList<>();
      for (int thread = 0; thread < 64; thread++) {
        long first = thread * 1_000L;
        running.add(threads.submit(() -> writeAndFailNowAndThen(first)));
      }
      for (Future<List<Long>> future : running) {
        acknowledged.addAll(future.get());
      }
    }

    assertThat(acknowledged).hasSize(64 * 20);
    database.close();
    database = open();
    assertThat(ids()).containsExactlyInAnyOrderElementsOf(acknowledged);
  }

  /** Of 30 jobs every third one fails: by a defect, a refusal or a rule of the schema. */
  private List<Long> writeAndFailNowAndThen(long first) {
    List<Long> acknowledged = new ArrayList<>();
    for (long id = first; id < first + 30; id++) {
      long mine = id;
      if (id % 3 != 0) {
        insert(id, "n" + id);
        acknowledged.add(id);
        continue;
      }
      assertThatThrownBy(
              () ->
                  database.write(
                      handle -> {
                        handle.execute(
                            "INSERT INTO probe (id, name) VALUES (?, ?)", mine, "n" + mine);
                        if (mine % 2 == 0) {
                          throw new IllegalStateException("a defect");
                        }
                        return handle.execute("INSERT INTO probe (id, name) VALUES (?, 'x')", mine);
                      }))
          .isInstanceOf(RuntimeException.class);
    }
    return acknowledged;
  }

  @Test
  void closingWaitsForRunningWorkAndThenRefuses() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Integer> working =
          threads.submit(
              () ->
                  database.<Integer>write(
                      handle -> {
                        started.countDown();
                        awaitLatch(go);
                        return handle.execute("INSERT INTO probe (id, name) VALUES (1, 'a')");
                      }));
      started.await();
      Future<?> closing = threads.submit(database::close);
      await().until(this::isRefusing);
      assertThat(closing).isNotDone();
      go.countDown();
      assertThat(working.get()).isEqualTo(1);
      closing.get();
    }

    database.close();
    database = open();
    assertThat(names()).containsExactly("a");
  }

  private boolean isRefusing() {
    try {
      database.<Integer>read(handle -> 1);
      return false;
    } catch (RefusedException e) {
      return e.refusal().code() == ErrorCode.UNAVAILABLE;
    }
  }

  static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void outboxRowsAreReadInAnOrderThatSkipsNone() {
    for (int i = 0; i < 5; i++) {
      String payload = "e" + i;
      database.write(
          handle -> handle.execute("INSERT INTO probe_event (payload) VALUES (?)", payload));
    }

    assertThat(settledEvents(Cursor.START))
        .extracting(Event::payload)
        .containsExactly("e0", "e1", "e2", "e3", "e4");
    Event third = settledEvents(Cursor.START).get(2);
    assertThat(settledEvents(new Cursor(third.tx(), third.seq())))
        .extracting(Event::payload)
        .containsExactly("e3", "e4");
  }

  List<Event> settledEvents(Cursor after) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT tx, seq, payload
                    FROM probe_event
                    WHERE (tx, seq) > (:tx, :seq) AND tx < %s
                    ORDER BY tx, seq
                    LIMIT 100
                    """
                        .formatted(database.dialect().settledHorizon()))
                .bind("tx", after.tx())
                .bind("seq", after.seq())
                .mapTo(Event.class)
                .list());
  }

  void insert(long id, String name) {
    database.write(
        handle -> handle.execute("INSERT INTO probe (id, name) VALUES (?, ?)", id, name));
  }

  List<String> names() {
    return database.read(
        handle ->
            handle.createQuery("SELECT name FROM probe ORDER BY name").mapTo(String.class).list());
  }

  List<Long> ids() {
    return database.read(
        handle -> handle.createQuery("SELECT id FROM probe ORDER BY id").mapTo(Long.class).list());
  }

  static int count(Handle handle) {
    return handle.createQuery("SELECT count(*) AS n FROM probe").mapTo(Integer.class).one();
  }

  public record Row(
      long id,
      RepositoryName name,
      Optional<Digest> digest,
      Optional<Instant> at,
      @ColumnName("public") boolean open) {}

  public record Event(long tx, long seq, String payload) {}

  record Cursor(long tx, long seq) {
    static final Cursor START = new Cursor(-1, 0);
  }
}
