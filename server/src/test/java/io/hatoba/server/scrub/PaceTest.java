package io.hatoba.server.scrub;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  @Test
  void readingWaitsUntilTheLimitAllowsIt() {
    Pace pace = new Pace(1_000);

    assertThat(pace.spent(500, 7)).isEqualTo(SECOND / 2);
    assertThat(pace.spent(500, 7)).isEqualTo(SECOND);
    assertThat(pace.spent(1_000, 7 + SECOND)).isEqualTo(SECOND);
  }

  @Test
  void whatWasNotUsedIsNotMadeUpFor() {
    Pace pace = new Pace(1_000);
    pace.spent(500, 0);

    assertThat(pace.spent(1_000, 100 * SECOND)).isEqualTo(SECOND);
  }
}
