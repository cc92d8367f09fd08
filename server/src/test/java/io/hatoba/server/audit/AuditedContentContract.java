package io.hatoba.server.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hatoba.server.content.EventCursors;
import io.hatoba.server.content.Events;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link AuditedContent} promises, and what {@link EventCursors} drops. */
abstract class AuditedContentContract {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final String DIGEST = "sha256:" + "a".repeat(64);

  Database database;
  private EventCursors cursors;
  private Events events;
  private AuditStore store;
  private AuditedContent content;

  abstract Database open(Path dir);

  @BeforeEach
  void start(@TempDir Path dir) {
    database = open(dir);
    cursors = new EventCursors(database, () -> NOW);
    events = new Events(database);
    store = new AuditStore(database);
    content = node();
    content.register();
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void eachEventBecomesOneRow() {
    happens("artifact.pushed", "main/team/app", null, null, NOW);
    happens("tag.moved", "main/team/app", "1.0", "sha256:" + "b".repeat(64), NOW.plusMillis(1));
    happens("quota.warning", "main", null, null, NOW.plusMillis(2));

    copyUntil(2);
    node().copyAll();

    List<AuditRow> rows = rows();
    assertThat(rows).hasSize(2);
    assertThat(rows.get(1).action()).isEqualTo("artifact:push");
    assertThat(rows.get(1).target()).isEqualTo("artifact:main/team/app@" + DIGEST);
    assertThat(rows.get(1).registry()).isEqualTo("main");
    assertThat(rows.get(1).at()).isEqualTo(NOW);
    assertThat(rows.get(1).actor().principal()).isEqualTo("account:kim");
    assertThat(rows.get(1).actor().via()).isEqualTo("HK1");
    assertThat(rows.get(0).action()).isEqualTo("tag:move");
    assertThat(rows.get(0).target()).isEqualTo("tag:main/team/app:1.0");
    assertThat(rows.get(0).detail())
        .isEqualTo(Map.of("digest", DIGEST, "previousDigest", "sha256:" + "b".repeat(64)));
  }

  @Test
  void moreThanABatchIsCopiedAtOnce() {
    for (int i = 0; i < 600; i++) {
      happens("tag.created", "main/app", "t" + i, null, NOW);
    }

    copyUntil(600);
    assertThat(rows()).hasSize(600);
    assertThat(count("audit")).isEqualTo(600);
  }

  @Test
  void twoNodesAtOnceCopyEachEventOnce() throws InterruptedException {
    for (int i = 0; i < 600; i++) {
      happens("tag.created", "main/app", "t" + i, null, NOW);
    }
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads =
        List.of(node(), node(), node()).stream()
            .map(
                node ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              try {
                                start.await();
                              } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                              }
                              node.copyAll();
                            }))
            .toList();
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    copyUntil(600);

    assertThat(count("audit")).isEqualTo(600);
  }

  @Test
  void aCopyThatFailsIsMadeAgain() {
    happens("tag.created", "main/app", "t", null, NOW);
    database.write(handle -> handle.execute("ALTER TABLE audit RENAME TO away"));
    try {
      content.copyAll();
    } catch (RuntimeException e) {
      assertThat(e).isNotNull();
    }
    database.write(handle -> handle.execute("ALTER TABLE away RENAME TO audit"));

    copyUntil(1);
    assertThat(rows()).hasSize(1);
  }

  @Test
  void whatAllReadersHavePassedIsDroppedAfterAWeek() {
    Instant old = NOW.minus(EventCursors.KEPT).minusMillis(1);
    for (int i = 0; i < 5; i++) {
      happens("tag.created", "main/app", "old" + i, null, old);
    }
    happens("tag.created", "main/app", "young", null, NOW);
    cursors.register("webhooks");
    copyUntil(6);

    assertThat(cursors.drop(100)).as("webhooks have seen nothing").isZero();
    Events.Cursor fourth = events.after(Events.Cursor.START, 4).getLast().cursor();
    move("webhooks", fourth);
    assertThat(cursors.drop(3)).isEqualTo(3);
    assertThat(cursors.drop(3)).isEqualTo(1);
    assertThat(cursors.drop(3)).isZero();
    assertThat(cursors.dropped()).isEqualTo(fourth);
    move("webhooks", events.latest());
    assertThat(cursors.drop(100)).isEqualTo(1);
    assertThat(cursors.drop(100)).as("the young one stays").isZero();
    assertThat(events.after(Events.Cursor.START, 10)).hasSize(1);
  }

  private AuditedContent node() {
    return new AuditedContent(database, events, cursors, store, Ids.random(() -> NOW));
  }

  private void move(String reader, Events.Cursor cursor) {
    database.write(
        handle -> {
          assertThat(cursors.take(handle, reader)).isPresent();
          cursors.moveOn(handle, reader, cursor);
          return cursor;
        });
  }

  /** On PostgreSQL other tests' transactions hold the horizon back for a moment. */
  private void copyUntil(long rows) {
    await()
        .until(
            () -> {
              content.copyAll();
              return count("audit") >= rows;
            });
  }

  private long count(String table) {
    return database.read(
        handle -> handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one());
  }

  private List<AuditRow> rows() {
    return store.page(AuditFilter.EVERYTHING, Optional.empty(), 1_000).rows();
  }

  private void happens(
      String kind, String repository, @Nullable String tag, @Nullable String previous, Instant at) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO event (tx, at, kind, registry_id, repository, digest, tag, previous_digest, actor, via, address)
                    VALUES (
                    """
                        + database.dialect().transactionId()
                        + ", :at, :kind, 1, :repository, :digest, :tag, :previous, 'account:kim', 'HK1', '192.0.2.1')")
                .bind("at", at.toEpochMilli())
                .bind("kind", kind)
                .bind("repository", repository)
                .bind("digest", DIGEST)
                .bind("tag", tag)
                .bind("previous", previous)
                .execute());
  }
}
