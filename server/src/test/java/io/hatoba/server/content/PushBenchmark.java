package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.ContentFixture.Engine;
import io.hatoba.server.content.ContentFixture.Node;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How many small artifacts a second go into one repository, without HTTP: {@code benchmark/run
 * push}. Not a test by its name, and asserts nothing on time; that usage is exact at the end it
 * does assert.
 *
 * <p>Clients ({@code -Dpush.clients}, default 50) push for a while ({@code -Dpush.seconds}, default
 * 5) and again ({@code -Dpush.rounds}, default 3; the last one counts): a config and a layer of 512
 * random bytes, and a manifest under a tag of its own. Usage is folded each second, as the server
 * does. The database and the load share the processors; in brackets is what a push took of them, in
 * this process and in PostgreSQL, which says more than the rate where others use them as well.
 */
class PushBenchmark {
  private static final int CLIENTS = Integer.getInteger("push.clients", 50);
  private static final int SECONDS = Integer.getInteger("push.seconds", 5);
  private static final int ROUNDS = Integer.getInteger("push.rounds", 3);
  private static final int BLOB_BYTES = 512;
  private static final AtomicLong NUMBERS = new AtomicLong();

  @Test
  void sqlite(@TempDir Path dir) throws InterruptedException {
    measure("SQLite", dir, Engine.SQLITE, Optional.empty());
  }

  @Test
  void sqliteWithQuota(@TempDir Path dir) throws InterruptedException {
    measure("SQLite, with a quota", dir, Engine.SQLITE, Optional.of(1L << 40));
  }

  @Test
  void postgres(@TempDir Path dir) throws InterruptedException {
    measure("PostgreSQL", dir, Engine.POSTGRESQL, Optional.empty());
  }

  @Test
  void postgresWithQuota(@TempDir Path dir) throws InterruptedException {
    measure("PostgreSQL, with a quota", dir, Engine.POSTGRESQL, Optional.of(1L << 40));
  }

  private static void measure(String name, Path dir, Engine engine, Optional<Long> quota)
      throws InterruptedException {
    try (ContentFixture content = ContentFixture.open(dir, engine);
        ScheduledExecutorService folder = Executors.newSingleThreadScheduledExecutor()) {
      content
          .database()
          .write(
              handle ->
                  handle
                      .createUpdate("UPDATE registry SET quota_bytes = :quota WHERE id = 1")
                      .bind("quota", quota.orElse(null))
                      .execute());
      Repository repository = content.repository();
      var _ = folder.scheduleWithFixedDelay(content.node().usage::foldOnce, 1, 1, TimeUnit.SECONDS);
      List<String> rounds = new ArrayList<>();
      int pushed = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long begun = System.nanoTime();
        Duration here = processorTime(ProcessHandle.current());
        Duration database = databaseTime(content.database());
        int count = round(content.node(), repository);
        rounds.add(
            "%.0f/s (%.2f + %.2f ms)"
                .formatted(
                    count * 1e9 / (System.nanoTime() - begun),
                    processorTime(ProcessHandle.current()).minus(here).toNanos() / 1e6 / count,
                    databaseTime(content.database()).minus(database).toNanos() / 1e6 / count));
        pushed += count;
      }
      System.out.printf("%s: %s%n", name, String.join(", ", rounds));
      assertThat(content.count("FROM tag WHERE repository_id = ?", repository.id()))
          .isEqualTo(pushed);
      assertThat(content.node().usage.check(1)).isEmpty();
    }
  }

  /** What PostgreSQL's processes for this database have taken; nothing on SQLite. */
  private static Duration databaseTime(Database database) {
    if (database.dialect() == Dialect.SQLITE) {
      return Duration.ZERO;
    }
    List<Long> processes =
        database.read(
            handle ->
                handle
                    .createQuery(
                        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
                    .mapTo(Long.class)
                    .list());
    return processes.stream()
        .flatMap(process -> ProcessHandle.of(process).stream())
        .map(PushBenchmark::processorTime)
        .reduce(Duration.ZERO, Duration::plus);
  }

  private static Duration processorTime(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private static int round(Node node, Repository repository) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    AtomicInteger pushed = new AtomicInteger();
    List<Callable<Integer>> clients = new ArrayList<>();
    for (int client = 0; client < CLIENTS; client++) {
      clients.add(
          () -> {
            while (System.nanoTime() < end) {
              push(node, repository);
              pushed.incrementAndGet();
            }
            return 0;
          });
    }
    TestContent.atOnce(clients);
    return pushed.get();
  }

  private static void push(Node node, Repository repository) {
    TestContent.Json manifest = TestContent.image(blob(node, repository), blob(node, repository));
    node.manifests.put(
        repository,
        TestContent.CI,
        manifest.type(),
        manifest.bytes(),
        Optional.empty(),
        List.of(new Tag("t" + NUMBERS.incrementAndGet())),
        new Manifests.TagCondition.Always());
  }

  private static Blob blob(Node node, Repository repository) {
    byte[] bytes = new byte[BLOB_BYTES];
    ThreadLocalRandom.current().nextBytes(bytes);
    ByteBuffer.wrap(bytes).putLong(NUMBERS.incrementAndGet());
    return node.uploads.put(
        repository, TestContent.CI, Digest.sha256(bytes), TestContent.body(bytes));
  }
}
