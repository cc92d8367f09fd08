package io.hatoba.server.rest;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds how often one network does something that everybody may do and that costs something: so
 * many times at once, then one each so often. A network is an IPv4 address or the first 64 bits of
 * an IPv6 address. In memory and bounded; each node counts for itself.
 */
public final class Throttle {
  private static final int MAX_COUNTED = 50_000;

  private final Duration each;
  private final Duration longest;
  private final InstantSource clock;

  /** When a network will have its whole burst again. */
  private final Cache<String, Long> full;

  /**
   * @param burst how many at once
   * @param each how long until one more is free
   */
  public Throttle(int burst, Duration each, InstantSource clock) {
    this.each = each;
    this.longest = each.multipliedBy(burst);
    this.clock = clock;
    this.full =
        Caffeine.newBuilder()
            .maximumSize(MAX_COUNTED)
            .expireAfterWrite(longest)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .build();
  }

  /**
   * Counts one.
   *
   * @throws RefusedException with {@code TOOMANYREQUESTS} if it is one too many
   */
  public void count(String address) {
    long now = clock.millis();
    AtomicLong wait = new AtomicLong();
    full.asMap()
        .compute(
            network(address),
            (network, before) -> {
              long start = before == null ? now : Math.max(before, now);
              long after = start + each.toMillis();
              wait.set(after - now - longest.toMillis());
              return wait.get() > 0 ? start : after; // who is refused does not wait longer for it
            });
    if (wait.get() > 0) {
      throw new RefusedException(
          new Refusal.TooMany(
              "too many requests of this kind from this address; wait before the next",
              Duration.ofMillis(wait.get())));
    }
  }

  private static String network(String address) {
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
