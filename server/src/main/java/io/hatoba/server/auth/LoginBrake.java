package io.hatoba.server.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import jakarta.inject.Singleton;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Slows the guessing of secrets. After a few wrong ones the next try has to wait, each time twice
 * as long, up to a minute. In memory and bounded; each node counts for itself.
 *
 * <pre>
 * counted per                  free tries   why
 * one key from one network     5            a script with an old secret
 * one network, any key         20           somebody tries many ids
 * </pre>
 *
 * <p>A key that is attacked from many networks (50 wrong secrets) leaves each network one free try
 * instead of five. It is never closed altogether: the owner comes in from a new place with the
 * first try, and from a place that had the right secret before although others there guess. A
 * network is an IPv4 address or the first 64 bits of an IPv6 address. What is counted is forgotten
 * after 15 quiet minutes.
 */
@Singleton
public final class LoginBrake {
  private static final int FREE_PER_PAIR = 5;
  private static final int FREE_PER_PAIR_UNDER_ATTACK = 1;
  private static final int FREE_PER_NETWORK = 20;
  private static final int ATTACK = 50;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);
  private static final Duration MEMORY = Duration.ofMinutes(15);
  private static final Duration MEMORY_OF_SUCCESS = Duration.ofHours(24);
  private static final int MAX_COUNTED = 50_000;

  private final InstantSource clock;
  private final Cache<Pair, Failures> pairs;
  private final Cache<String, Failures> networks;
  private final Cache<String, Failures> keys;
  private final Cache<Pair, Boolean> succeeded;
  private final ReentrantLock[] locks = new ReentrantLock[64];

  public LoginBrake(InstantSource clock) {
    this.clock = clock;
    this.pairs = cache(MEMORY);
    this.networks = cache(MEMORY);
    this.keys = cache(MEMORY);
    this.succeeded = cache(MEMORY_OF_SUCCESS);
    Arrays.setAll(locks, i -> new ReentrantLock());
  }

  private <K, V> Cache<K, V> cache(Duration memory) {
    return Caffeine.newBuilder()
        .maximumSize(MAX_COUNTED)
        .expireAfterWrite(memory)
        .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
        .build();
  }

  /**
   * Runs a check of a secret and counts its outcome. The checks of one network run one after the
   * other, so that many at once gain nothing; the check must not block.
   *
   * @param address as text; what is no address is taken as it is
   * @return what the check says
   * @throws RefusedException with {@code TOOMANYREQUESTS} if it is not the time for a try
   */
  boolean attempt(String keyId, String address, BooleanSupplier check) {
    Pair pair = new Pair(keyId, network(address));
    ReentrantLock lock = locks[Math.floorMod(pair.network().hashCode(), locks.length)];
    lock.lock();
    try {
      refuseIfTooEarly(pair);
      boolean right = check.getAsBoolean();
      if (right) {
        pairs.invalidate(pair);
        succeeded.put(pair, true);
        return true;
      }
      int free =
          wrong(keys, keyId, Integer.MAX_VALUE) > ATTACK
              ? FREE_PER_PAIR_UNDER_ATTACK
              : FREE_PER_PAIR;
      wrong(pairs, pair, free);
      wrong(networks, pair.network(), FREE_PER_NETWORK);
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #attempt} would refuse, without a try; spares the work before one. */
  void refuseIfTooEarly(String keyId, String address) {
    refuseIfTooEarly(new Pair(keyId, network(address)));
  }

  private void refuseIfTooEarly(Pair pair) {
    long until = until(pairs.getIfPresent(pair));
    if (succeeded.getIfPresent(pair) == null) {
      until = Math.max(until, until(networks.getIfPresent(pair.network())));
    }
    long wait = until - clock.millis();
    if (wait > 0) {
      throw new RefusedException(
          new Refusal.TooMany(
              "too many wrong secrets; wait before the next try", Duration.ofMillis(wait)));
    }
  }

  private static long until(@Nullable Failures failures) {
    return failures == null ? 0 : failures.until();
  }

  /** Counts, and says how many it are now. */
  private <K> int wrong(Cache<K, Failures> counted, K key, int free) {
    Failures now =
        counted
            .asMap()
            .merge(
                key,
                new Failures(1, waitUntil(1 - free)),
                (before, one) -> {
                  int count = Math.min(before.count() + 1, 1_000_000);
                  return new Failures(count, waitUntil(count - free));
                });
    return now.count();
  }

  private long waitUntil(int paid) {
    if (paid < 0) {
      return 0;
    }
    long wait = Math.min(LONGEST_WAIT.toMillis(), 1000L << Math.min(paid, 10));
    return clock.millis() + wait;
  }

  /** IPv6 users have a whole /64 each. */
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

  private record Pair(String keyId, String network) {}

  private record Failures(int count, long until) {}
}
