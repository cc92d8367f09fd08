package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hatoba.server.content.ContentFixture.Engine;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** On PostgreSQL, what was written first may be committed last. */
final class PostgresEventsTest extends EventsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }

  @Test
  void aTransactionThatIsStillOpenIsWaitedForAndNotSkipped() throws Exception {
    Repository repository = content.repository();
    append(repository, "before");
    awaitEvents(repository, 1);
    Events.Cursor cursor = node().events.after(Events.Cursor.START, 1_000_000).getLast().cursor();
    CountDownLatch written = new CountDownLatch(1);
    CountDownLatch commit = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> open =
          threads.submit(
              () ->
                  content
                      .database()
                      .<Boolean>write(
                          handle -> {
                            node().events.append(handle, event(repository, "first"));
                            written.countDown();
                            return awaited(commit);
                          }));
      written.await();
      append(repository, "second");

      assertThat(node().events.after(cursor, 100)).isEmpty();
      commit.countDown();
      assertThat(open.get()).isTrue();
    }

    await()
        .untilAsserted(
            () -> {
              List<Events.Recorded> read = node().events.after(cursor, 100);
              assertThat(names(repository, read)).containsExactly("first", "second");
            });
  }

  private static boolean awaited(CountDownLatch latch) {
    try {
      latch.await();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
