package io.hatoba.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Actor;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
  private static final Actor KIM = new Actor("account:kim", "HK1", "192.0.2.1");

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // it may overflow
  private final RateLimits limits = new RateLimits(10, 3, nanos::get);

  @Test
  void afterTheBurstOneHasToWait() {
    takeAll(KIM);

    assertThatThrownBy(() -> limits.take(KIM))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused ->
                assertThat(refused.refusal())
                    .isInstanceOfSatisfying(
                        Refusal.TooMany.class,
                        tooMany ->
                            assertThat(tooMany.retryAfter()).isEqualTo(Duration.ofMillis(100))));
    nanos.addAndGet(Duration.ofMillis(99).toNanos());
    assertThatThrownBy(() -> limits.take(KIM)).isInstanceOf(RefusedException.class);
    nanos.addAndGet(Duration.ofMillis(1).toNanos());
    assertThatCode(() -> limits.take(KIM)).doesNotThrowAnyException();
    assertThatThrownBy(() -> limits.take(KIM)).isInstanceOf(RefusedException.class);
  }

  @Test
  void aBucketHoldsNoMoreThanTheBurst() {
    takeAll(KIM);
    nanos.addAndGet(Duration.ofHours(1).toNanos());

    takeAll(KIM);
    assertThatThrownBy(() -> limits.take(KIM)).isInstanceOf(RefusedException.class);
  }

  @Test
  void eachPrincipalHasABucketFromWhereverItComes() {
    takeAll(KIM);

    takeAll(new Actor("account:lee", "HK2", "192.0.2.1"));
    assertThatThrownBy(() -> limits.take(new Actor("account:kim", "HK3", "192.0.2.9")))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void whoIsNotKnownSharesTheBucketOfTheNetwork() {
    takeAll(new Actor("anonymous", "", "2001:db8::1"));

    assertThatThrownBy(() -> limits.take(new Actor("anonymous", "", "2001:db8::2")))
        .isInstanceOf(RefusedException.class);
    takeAll(new Actor("anonymous", "", "2001:db8:0:1::1"));
    takeAll(new Actor("anonymous", "", "192.0.2.1"));
  }

  @Test
  void zeroIsNoLimit() {
    RateLimits none = new RateLimits(0, 1, nanos::get);
    for (int i = 0; i < 1_000; i++) {
      none.take(KIM);
    }
    assertThat(nanos).hasValue(Long.MAX_VALUE - 5);
  }

  private void takeAll(Actor actor) {
    for (int i = 0; i < 3; i++) {
      limits.take(actor);
    }
  }
}
