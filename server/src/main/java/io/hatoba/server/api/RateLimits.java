package io.hatoba.server.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Actor;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How many requests one principal may make; of those that nobody knows, one network (an IPv4
 * address, or the first 64 bits of an IPv6 address). A bucket of {@code rate-burst} tokens that
 * fills by {@code rate-limit} a second; a stream or an export takes one. In memory and bounded.
 */
@Singleton
final class RateLimits {
  private static final int MOST_COUNTED = 50_000;
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final LongSupplier nanoTime;
  private final long interval;
  private final long capacity;

  /** When the bucket of each would be full again, as a time of {@link #nanoTime}. */
  private final Cache<String, AtomicLong> fullAt;

  @Inject
  RateLimits(ApiConfig config) {
    this(config.rateLimit(), config.rateBurst(), System::nanoTime);
  }

  RateLimits(int perSecond, int burst, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.interval = perSecond == 0 ? 0 : SECOND / perSecond;
    this.capacity = interval * burst;
    this.fullAt =
        Caffeine.newBuilder()
            .maximumSize(MOST_COUNTED)
            // A bucket that is full again is as good as none.
            .expireAfterAccess(Duration.ofNanos(capacity).plusSeconds(1))
            .build();
  }

  /**
   * Takes a token.
   *
   * @throws RefusedException with {@link ErrorCode#TOOMANYREQUESTS} if there is none
   */
  void take(Actor actor) {
    if (interval == 0) {
      return;
    }
    String who =
        actor.principal().equals(Caller.ANONYMOUS)
            ? "network " + network(actor.address())
            : actor.principal();
    long now = nanoTime.getAsLong();
    AtomicLong bucket = fullAt.get(who, _ -> new AtomicLong(now));
    long before;
    long after;
    do {
      before = bucket.get();
      after = (before - now > 0 ? before : now) + interval;
      long missing = after - now - capacity;
      if (missing > 0) {
        throw new RefusedException(
            new Refusal.TooMany(
                "more requests than hatoba.api.rate-limit allows; wait and go on more slowly",
                Duration.ofNanos(missing)));
      }
    } while (!bucket.compareAndSet(before, after));
  }

  private static String network(String address) {
    if (address.indexOf(':') < 0) {
      return address;
    }
    try {
      InetAddress parsed = InetAddress.ofLiteral(address);
      return parsed instanceof Inet6Address
          ? HexFormat.of().formatHex(parsed.getAddress(), 0, 8)
          : parsed.getHostAddress();
    } catch (IllegalArgumentException e) {
      return address;
    }
  }
}
