package io.hatoba.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void mediansRangesErrorsAndRatiosArePrinted() {
    Table table = new Table(List.of("hatoba", "peer", "other"));
    for (double value : List.of(900.0, 100.0, 500.0)) {
      table.add("push", Table.Unit.PER_SECOND, "hatoba", new Sample(value, 0, 0));
    }
    table.add("push", Table.Unit.PER_SECOND, "peer", new Sample(100, 2, 45.4));

    assertThat(table.values())
        .isEqualTo(
            """
            |  | hatoba | peer | other |
            | --- | --- | --- | --- |
            | push | 500.0/s (100.0/s–900.0/s) | 100.0/s, p99 ≤ 45 ms, **2 errors** | – |
            """);
    assertThat(table.ratios())
        .isEqualTo(
            """
            | hatoba ÷ | peer | other |
            | --- | --- | --- |
            | push | 5.00 | – |
            """);
  }

  @Test
  void theMedianOfAnEvenNumberIsTheMeanOfTheMiddle() {
    assertThat(Table.median(List.of(new Sample(4, 0, 0), new Sample(1, 0, 0)))).isEqualTo(2.5);
  }
}
