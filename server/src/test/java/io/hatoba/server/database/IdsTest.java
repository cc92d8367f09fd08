package io.hatoba.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class IdsTest {
  private final AtomicLong now =
      new AtomicLong(Instant.parse("2026-01-01T00:00:00Z").toEpochMilli());
  private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());

  @Test
  void idsOnlyGrowAlsoWhenTheClockStepsBackAndWhenAMillisecondIsFull() {
    Ids ids = new Ids(clock, 3);
    List<Long> made =
        LongStream.range(0, 20_000)
            .map(
                i -> {
                  if (i == 10_000) {
                    now.addAndGet(-3_600_000);
                  }
                  return ids.next();
                })
            .boxed()
            .toList();

    assertThat(made).isSorted().doesNotHaveDuplicates().allMatch(id -> id > 0);
  }

  @Test
  void aLaterMillisecondGivesAGreaterIdOnAnyNode() {
    long before = new Ids(clock, Ids.NODES - 1).next();
    now.incrementAndGet();

    assertThat(new Ids(clock, 0).next()).isGreaterThan(before);
  }

  @Test
  void nodesNeverMakeTheSameId() {
    Set<Long> seen = new HashSet<>();
    for (int node = 0; node < Ids.NODES; node++) {
      Ids ids = new Ids(clock, node);
      for (int i = 0; i < 10; i++) {
        assertThat(seen.add(ids.next())).isTrue();
      }
    }
  }

  @Test
  void threadsNeverGetTheSameId() {
    Ids ids = Ids.random(InstantSource.system());
    Set<Long> seen = ConcurrentHashMap.newKeySet();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int thread = 0; thread < 8; thread++) {
        threads.execute(() -> LongStream.range(0, 10_000).forEach(_ -> seen.add(ids.next())));
      }
    }

    assertThat(seen).hasSize(80_000);
  }

  @Test
  void aNodeNumberHasTenBits() {
    assertThatThrownBy(() -> new Ids(clock, Ids.NODES))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Ids(clock, -1)).isInstanceOf(IllegalArgumentException.class);
  }
}
