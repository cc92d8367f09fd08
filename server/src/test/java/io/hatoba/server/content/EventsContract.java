package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.atOnce;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What {@link Events} promises. */
abstract class EventsContract extends ContentContract {
  @Test
  void pagesFollowEachOtherWithoutGapOrRepetition() {
    Repository repository = content.repository();
    for (int i = 0; i < 10; i++) {
      append(repository, "t" + i);
    }
    awaitEvents(repository, 10);
    List<Events.Recorded> all = node().events.after(Events.Cursor.START, 1_000_000);

    List<Events.Recorded> paged = new ArrayList<>();
    Events.Cursor cursor = Events.Cursor.START;
    List<Events.Recorded> page = node().events.after(cursor, 3);
    while (!page.isEmpty()) {
      assertThat(page).hasSizeLessThanOrEqualTo(3);
      paged.addAll(page);
      cursor = page.getLast().cursor();
      page = node().events.after(cursor, 3);
    }

    assertThat(paged).isEqualTo(all);
    assertThat(names(repository, paged))
        .containsExactly("t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9");
  }

  @Test
  void anEventIsThereOnlyIfItsTransactionIs() {
    Repository repository = content.repository();
    IllegalStateException defect = new IllegalStateException("a defect");

    assertThatThrownBy(
            () ->
                content
                    .database()
                    .write(
                        handle -> {
                          node().events.append(handle, event(repository, "never"));
                          throw defect;
                        }))
        .isSameAs(defect);
    append(repository, "after");

    assertThat(awaitEvents(repository, 1))
        .singleElement()
        .extracting(Event::tag)
        .isEqualTo(Optional.of(new Tag("after")));
  }

  @Test
  void whatWasWrittenIsRead() {
    Repository repository = content.repository();
    Event event = event(repository, "t");
    content
        .database()
        .write(
            handle -> {
              node().events.append(handle, event);
              return event;
            });

    assertThat(awaitEvents(repository, 1)).containsExactly(event);
    content.restart();
    assertThat(awaitEvents(repository, 1)).containsExactly(event);
  }

  /** Readers that go on from their cursor while many write get everything once and in order. */
  @Test
  void aReaderBesideManyWritersSkipsNothing() {
    Repository repository = content.repository();
    Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    AtomicBoolean done = new AtomicBoolean();
    List<Callable<List<String>>> actions = new ArrayList<>();
    for (int writer = 0; writer < 8; writer++) {
      int n = writer;
      actions.add(
          () -> {
            for (int i = 0; i < 25; i++) {
              append(repository, "w" + n + "-" + i);
              acknowledged.add("w" + n + "-" + i);
            }
            done.compareAndSet(false, acknowledged.size() == 200);
            return List.of();
          });
    }
    actions.add(() -> readAll(repository, done));
    actions.add(() -> readAll(repository, done));

    List<List<String>> results = atOnce(actions);

    for (List<String> read : results.subList(8, 10)) {
      assertThat(read).doesNotHaveDuplicates();
      assertThat(new HashSet<>(read)).isEqualTo(acknowledged);
      for (int writer = 0; writer < 8; writer++) {
        String prefix = "w" + writer + "-";
        List<Integer> order =
            read.stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> Integer.valueOf(name.substring(prefix.length())))
                .toList();
        assertThat(order).isSorted();
      }
    }
  }

  private List<String> readAll(Repository repository, AtomicBoolean done) {
    List<String> read = new ArrayList<>();
    Events.Cursor[] cursor = {Events.Cursor.START};
    await()
        .pollInterval(java.time.Duration.ofMillis(2))
        .until(
            () -> {
              boolean last = done.get();
              List<Events.Recorded> page = node().events.after(cursor[0], 7);
              if (!page.isEmpty()) {
                cursor[0] = page.getLast().cursor();
                read.addAll(names(repository, page));
              }
              return last && page.isEmpty() && read.size() >= 200;
            });
    return read;
  }

  static List<String> names(Repository repository, List<Events.Recorded> events) {
    return events.stream()
        .map(Events.Recorded::event)
        .filter(event -> event.repository().equals(repository.name().value()))
        .flatMap(event -> event.tag().stream())
        .map(Tag::name)
        .toList();
  }

  void append(Repository repository, String tag) {
    content
        .database()
        .write(
            handle -> {
              node().events.append(handle, event(repository, tag));
              return tag;
            });
  }

  Event event(Repository repository, String tag) {
    return Event.tag(
        Event.Kind.TAG_MOVED,
        content.clock.instant(),
        repository,
        new Tag(tag),
        Optional.of(Digest.sha256("a".getBytes(StandardCharsets.UTF_8))),
        Optional.of(Digest.sha256("b".getBytes(StandardCharsets.UTF_8))),
        KIM);
  }
}
