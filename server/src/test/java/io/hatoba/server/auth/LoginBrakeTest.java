package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoginBrakeTest {
  private final SettableClock clock = new SettableClock();
  private final LoginBrake brake = new LoginBrake(clock);

  @Test
  void theWaitDoublesUpToAMinute() {
    for (int i = 0; i < 5; i++) {
      wrong("key", "192.0.2.1");
    }
    for (long seconds : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      assertThat(wait("key", "192.0.2.1")).isEqualTo(Duration.ofSeconds(seconds));
      clock.advance(Duration.ofSeconds(seconds));
      wrong("key", "192.0.2.1");
    }
  }

  @Test
  void aRightSecretIsNotTriedBeforeItsTime() {
    for (int i = 0; i < 5; i++) {
      wrong("key", "192.0.2.1");
    }
    AtomicInteger checks = new AtomicInteger();

    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class,
            () -> brake.attempt("key", "192.0.2.1", () -> checks.incrementAndGet() > 0));

    assertThat(refused.refusal()).isInstanceOf(Refusal.TooMany.class);
    assertThat(checks).hasValue(0);
  }

  @Test
  void aRightSecretForgetsTheWrongOnesOfItsKey() {
    for (int i = 0; i < 4; i++) {
      wrong("key", "192.0.2.1");
    }
    right("key", "192.0.2.1");
    for (int i = 0; i < 5; i++) {
      wrong("key", "192.0.2.1");
    }
    assertThat(wait("key", "192.0.2.1")).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void manyKeysFromOneNetworkAreSlowedTooButNotWhoWasRightThereBefore() {
    right("good", "192.0.2.1");
    for (int i = 0; i < 20; i++) {
      wrong("key" + i, "192.0.2.1");
    }

    assertThat(wait("another", "192.0.2.1")).isEqualTo(Duration.ofSeconds(1));
    right("good", "192.0.2.1");
    right("another", "192.0.2.2");
  }

  @Test
  void aKeyOfOnesOwnDoesNotBuyMoreTries() {
    for (int i = 0; i < 20; i++) {
      wrong("key" + i, "192.0.2.1");
      if (i < 19) {
        right("own", "192.0.2.1");
      }
    }
    assertThat(wait("key99", "192.0.2.1")).isPositive();
  }

  @Test
  void anAttackFromManyNetworksDoesNotLockTheOwnerOut() {
    for (int i = 0; i < 200; i++) {
      wrong("key", "198.51.100." + i);
    }
    right("key", "192.0.2.1");
    wrong("key", "192.0.2.2");
    assertThat(wait("key", "192.0.2.2")).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void anIpv6NetworkCountsAsOne() {
    for (int i = 0; i < 5; i++) {
      wrong("key", "2001:db8::" + i);
    }
    assertThat(wait("key", "2001:db8::ffff")).isEqualTo(Duration.ofSeconds(1));
    right("key", "2001:db8:0:1::1");
  }

  @Test
  void quietMinutesForget() {
    for (int i = 0; i < 5; i++) {
      wrong("key", "192.0.2.1");
    }
    clock.advance(Duration.ofMinutes(16));
    for (int i = 0; i < 4; i++) {
      wrong("key", "192.0.2.1");
    }
    right("key", "192.0.2.1");
  }

  @Test
  void manyAtOnceGainNothing() {
    AtomicInteger checks = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        threads.execute(
            () -> {
              try {
                brake.attempt("key", "192.0.2.1", () -> checks.incrementAndGet() < 0);
              } catch (RefusedException e) {
                assertThat(e.refusal()).isInstanceOf(Refusal.TooMany.class);
              }
            });
      }
    }
    assertThat(checks).hasValue(5);
  }

  private void wrong(String key, String address) {
    assertThat(brake.attempt(key, address, () -> false)).isFalse();
  }

  private void right(String key, String address) {
    assertThat(brake.attempt(key, address, () -> true)).isTrue();
  }

  private Duration wait(String key, String address) {
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> brake.refuseIfTooEarly(key, address));
    return ((Refusal.TooMany) refused.refusal()).retryAfter();
  }
}
