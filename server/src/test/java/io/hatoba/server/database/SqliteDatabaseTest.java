package io.hatoba.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.startup.StartupException;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class SqliteDatabaseTest extends DatabaseContract {
  @Override
  Database open() {
    return TestDatabases.sqlite(dir, MIGRATIONS);
  }

  @Test
  void isTheOnlyProcess() {
    assertThat(database.exclusive()).isTrue();
  }

  @Test
  void aFileThatIsNoDatabaseStopsTheStartWithASentence() throws IOException {
    Files.createDirectory(dir.resolve("other"));
    Files.writeString(
        dir.resolve("other/hatoba.db"), "this is not a database, but long enough".repeat(200));

    assertThatThrownBy(() -> TestDatabases.sqlite(dir.resolve("other"), MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("damaged or not a SQLite database");
  }

  @Test
  void aMissingFolderStopsTheStartWithASentence() {
    assertThatThrownBy(() -> TestDatabases.sqlite(dir.resolve("missing"), MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void aNewerSchemaStopsTheStartWithASentence() {
    database.close();
    TestDatabases.sqlite(dir, new Migrations("classpath:db/newer")).close();

    assertThatThrownBy(() -> TestDatabases.sqlite(dir, MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("newer Hatoba")
        .hasMessageContaining("from the future");
  }

  @Test
  void aFullDiskRefusesTheWriteAndTheNextOneWorksWhenSpaceIsBack() {
    insert(1, "a");

    assertThatThrownBy(
            () ->
                database.write(
                    handle -> {
                      handle.createQuery("PRAGMA max_page_count = 1").mapTo(Long.class).one();
                      return handle.execute(
                          "INSERT INTO probe (id, name, content) VALUES (2, 'b', zeroblob(1000000))");
                    }))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.refusal().code()).isEqualTo(ErrorCode.UNAVAILABLE));
    database.write(
        handle -> handle.createQuery("PRAGMA max_page_count = 1000000").mapTo(Long.class).one());
    insert(3, "c");

    assertThat(names()).containsExactly("a", "c");
  }

  @Test
  void nobodyIsToldBeforeTheCommitOfTheWholeBatch() throws Exception {
    CountDownLatch holding = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch lastRuns = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    SqliteDatabase sqlite = (SqliteDatabase) database;
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      threads.execute(
          () ->
              database.<Integer>write(
                  handle -> {
                    holding.countDown();
                    awaitLatch(goOn);
                    return 1;
                  }));
      holding.await();
      Future<?> first = threads.submit(() -> insert(1, "a"));
      await().until(() -> sqlite.waitingWrites() == 1);
      Future<Integer> last =
          threads.submit(
              () ->
                  database.<Integer>write(
                      handle -> {
                        lastRuns.countDown();
                        awaitLatch(end);
                        return 1;
                      }));
      await().until(() -> sqlite.waitingWrites() == 2);
      goOn.countDown();
      lastRuns.await();

      assertThat(first).isNotDone();
      assertThat(names()).isEmpty();
      end.countDown();
      first.get();
      last.get();
    }
    assertThat(names()).containsExactly("a");
  }

  @Test
  void whoBreaksTheCommitFailsAloneAlsoInABatch() throws Exception {
    CountDownLatch holding = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    SqliteDatabase sqlite = (SqliteDatabase) database;
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      threads.execute(
          () ->
              database.<Integer>write(
                  handle -> {
                    holding.countDown();
                    awaitLatch(goOn);
                    return 1;
                  }));
      holding.await();
      List<Future<?>> good = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        long id = i;
        good.add(threads.submit(() -> insert(id, "n" + id)));
      }
      Future<Integer> guilty =
          threads.submit(
              () ->
                  database.<Integer>write(
                      handle ->
                          handle.execute(
                              "INSERT INTO probe_link (parent, child) VALUES (99, 'x')")));
      await().until(() -> sqlite.waitingWrites() == 11);
      goOn.countDown();

      for (Future<?> future : good) {
        future.get();
      }
      assertThatThrownBy(guilty::get).matches(DatabaseErrors::isConstraint);
    }
    assertThat(ids()).hasSize(10);
  }

  @Test
  void whatWasWrittenMovesIntoTheFileInTheBackground() throws IOException {
    byte[] content = new byte[100_000];
    for (int i = 0; i < 400; i++) {
      long id = i;
      database.write(
          handle ->
              handle
                  .createUpdate(
                      "INSERT INTO probe (id, name, content) VALUES (:id, :name, :content)")
                  .bind("id", id)
                  .bind("name", "n" + id)
                  .bind("content", content)
                  .execute());
    }

    await().until(() -> Files.size(dir.resolve("hatoba.db")) > 400 * 100_000L);
    database.close();
    assertThat(dir.resolve("hatoba.db-wal")).doesNotExist();
  }

  @Test
  void theLogStartsOverWhileWritesNeverPause() throws IOException {
    insert(1, "a");
    AtomicBoolean startedOver = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int thread = 0; thread < 4; thread++) {
        threads.execute(
            () -> {
              while (!startedOver.get()) {
                database.write(
                    handle ->
                        handle.execute(
                            "UPDATE probe SET content = randomblob(100000) WHERE id = 1"));
              }
            });
      }
      try {
        int before = timesStartedOver();
        await().atMost(Duration.ofMinutes(2)).until(() -> timesStartedOver() >= before + 2);
      } finally {
        startedOver.set(true);
      }
    }
  }

  /** The log's header counts how often it started over (SQLite file format, 4.1). */
  private int timesStartedOver() throws IOException {
    try (DataInputStream log =
        new DataInputStream(Files.newInputStream(dir.resolve("hatoba.db-wal")))) {
      log.skipNBytes(12);
      return log.readInt();
    }
  }

  /** The process dies without a word; what it said was stored is there. */
  @Test
  void aKilledProcessLosesNothingItAcknowledged() throws Exception {
    database.close();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                dir.toString())
            .redirectError(dir.resolve("stderr").toFile())
            .redirectOutput(dir.resolve("stdout").toFile())
            .start();
    try {
      await().until(() -> acknowledged().size() >= 500);
    } finally {
      process.destroyForcibly().waitFor();
    }

    List<Long> acknowledged = acknowledged();
    database = open();
    assertThat(ids())
        .containsAll(acknowledged)
        .hasSizeLessThanOrEqualTo(acknowledged.size() + Victim.THREADS);
  }

  /** The ids of the whole lines. */
  private List<Long> acknowledged() throws IOException {
    return Files.readAllLines(dir.resolve("stdout")).stream()
        .filter(line -> line.endsWith("."))
        .map(line -> Long.valueOf(line.substring(0, line.length() - 1)))
        .toList();
  }

  /** Writes rows until it is killed, and prints each id after its write returned. */
  static final class Victim {
    static final int THREADS = 16;

    private Victim() {}

    public static void main(String... arguments) {
      Database database = TestDatabases.sqlite(Path.of(arguments[0]), MIGRATIONS);
      Ids ids = Ids.random(InstantSource.system());
      for (int thread = 0; thread < THREADS; thread++) {
        Thread.ofPlatform()
            .start(
                () -> {
                  while (true) {
                    long id = ids.next();
                    database.write(
                        handle ->
                            handle.execute(
                                "INSERT INTO probe (id, name) VALUES (?, ?)", id, "n" + id));
                    synchronized (ids) {
                      System.out.println(id + ".");
                      System.out.flush();
                    }
                  }
                });
      }
    }
  }
}
