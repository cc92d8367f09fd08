package io.hatoba.server.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScanTest {
  @Test
  void anEndlessListIsLookedAtOnlySoFar() {
    AtomicInteger looked = new AtomicInteger();
    Scan<Integer> scan =
        Scan.filtered(
            10,
            (last, limit) -> {
              looked.addAndGet(limit);
              return numbers(last, limit, Integer.MAX_VALUE);
            },
            _ -> false);
    assertThat(scan.rows()).isEmpty();
    assertThat(scan.end()).contains(looked.get() - 1);
    assertThat(looked.get()).isEqualTo(10_000);
  }

  @Test
  void goingOnFromEachEndFindsAllThatPassesOnce() {
    List<Integer> found = new ArrayList<>();
    Optional<Integer> from = Optional.empty();
    do {
      Optional<Integer> start = from;
      Scan<Integer> scan =
          Scan.filtered(
              3,
              (last, limit) -> numbers(last.or(() -> start), limit, 100_000),
              number -> number % 7_000 == 0);
      found.addAll(scan.rows());
      from = scan.rows().size() == 3 ? Optional.of(scan.rows().getLast()) : scan.end();
    } while (from.isPresent());
    assertThat(found)
        .isEqualTo(IntStream.range(0, 100_000).filter(n -> n % 7_000 == 0).boxed().toList());
  }

  @Test
  void withoutAFilterOneReadIsEnough() {
    AtomicInteger reads = new AtomicInteger();
    Scan<Integer> scan =
        Scan.all(
            5,
            (last, limit) -> {
              reads.incrementAndGet();
              return numbers(last, limit, 100);
            });
    assertThat(scan.rows()).containsExactly(0, 1, 2, 3, 4);
    assertThat(scan.end()).isEmpty();
    assertThat(reads).hasValue(1);
  }

  private static List<Integer> numbers(Optional<Integer> last, int limit, int end) {
    int from = last.map(number -> number + 1).orElse(0);
    return IntStream.range(from, (int) Math.min((long) from + limit, end)).boxed().toList();
  }
}
