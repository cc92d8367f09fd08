package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hatoba.server.content.ContentFixture.Engine;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;

/** And what happens between two transactions, which SQLite does not have at once. */
final class PostgresUsageTest extends UsageContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }

  @Test
  void whoRemovesALinkWaitsForOneThatIsAdded() {
    content.registry("usage-add-first");
    Repository first = content.repository("usage-add-first");
    Repository second = content.repository("usage-add-first");
    Blob blob = push(first, bytes(400));
    inBetween(
        handle -> blobs().add(handle, second, blob), () -> blobs().delete(first, blob.digest()));
    assertThat(node().usage.of(first.registryId()).physicalBytes()).isEqualTo(400);
  }

  @Test
  void whoAddsALinkWaitsForTheLastOneThatIsRemoved() {
    content.registry("usage-remove-first");
    Repository first = content.repository("usage-remove-first");
    Repository second = content.repository("usage-remove-first");
    Blob blob = push(first, bytes(400));
    inBetween(handle -> unlink(handle, first, blob), () -> push(second, content.bytes(blob)));
    assertThat(node().usage.of(first.registryId()).physicalBytes()).isEqualTo(400);
  }

  @Test
  void ofTwoThatRemoveTheLastTwoLinksOneTakesTheBytesAway() {
    content.registry("usage-remove-both");
    Repository first = content.repository("usage-remove-both");
    Repository second = content.repository("usage-remove-both");
    Blob blob = push(first, bytes(400));
    push(second, content.bytes(blob));
    inBetween(handle -> unlink(handle, first, blob), () -> blobs().delete(second, blob.digest()));
    assertThat(node().usage.of(first.registryId()).physicalBytes()).isZero();
  }

  private void unlink(Handle handle, Repository repository, Blob blob) {
    handle.execute(
        "DELETE FROM repository_blob WHERE repository_id = ? AND digest = ?",
        repository.id(),
        blob.digest());
    node().ledger.blobsUnlinked(handle, repository, Map.of(blob.digest(), blob.size()));
  }

  /** Does the second after the first, but before its commit, as far as the locks let it. */
  private void inBetween(Consumer<Handle> first, Callable<?> second) {
    CompletableFuture<Void> running =
        content
            .database()
            .write(
                handle -> {
                  first.accept(handle);
                  CompletableFuture<Void> other =
                      CompletableFuture.runAsync(
                          () -> {
                            try {
                              second.call();
                            } catch (Exception e) {
                              throw new IllegalStateException(e);
                            }
                          });
                  await().until(() -> other.isDone() || isSomebodyWaiting());
                  return other;
                });
    running.join();
  }

  private boolean isSomebodyWaiting() {
    return content.count(
            "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
        > 0;
  }
}
