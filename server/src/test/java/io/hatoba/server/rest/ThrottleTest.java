package io.hatoba.server.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.SettableClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThrottleTest {
  private final SettableClock clock = new SettableClock();
  private final Throttle throttle = new Throttle(3, Duration.ofSeconds(2), clock);

  @Test
  void aBurstIsFreeAndThenOneEachSoOften() {
    count("192.0.2.1", 3);
    assertThatThrownBy(() -> throttle.count("192.0.2.1"))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused ->
                assertThat(refused.refusal())
                    .isInstanceOfSatisfying(
                        Refusal.TooMany.class,
                        tooMany ->
                            assertThat(tooMany.retryAfter()).isEqualTo(Duration.ofSeconds(2))));
    clock.advance(Duration.ofSeconds(2));
    count("192.0.2.1", 1);
    assertRefused("192.0.2.1");
  }

  @Test
  void whoGoesOnTryingDoesNotWaitLonger() {
    count("192.0.2.1", 3);
    for (int i = 0; i < 100; i++) {
      assertRefused("192.0.2.1");
    }
    clock.advance(Duration.ofSeconds(4));
    count("192.0.2.1", 1);
  }

  @Test
  void networksDoNotShare() {
    count("192.0.2.1", 3);
    count("192.0.2.2", 3);
    count("2001:db8:0:1::1", 2);
    count("2001:db8:0:1::2", 1);
    assertRefused("2001:db8:0:1::3");
    count("2001:db8:0:2::1", 1);
  }

  private void count(String address, int times) {
    for (int i = 0; i < times; i++) {
      assertThatNoException().isThrownBy(() -> throttle.count(address));
    }
  }

  private void assertRefused(String address) {
    assertThatThrownBy(() -> throttle.count(address)).isInstanceOf(RefusedException.class);
  }
}
