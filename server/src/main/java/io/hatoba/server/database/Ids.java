package io.hatoba.server.database;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes row ids: positive 64-bit numbers in the order of time.
 *
 * <pre>
 * bit 63        22 21     12 11      0
 *     milliseconds |  node  |  counter     milliseconds since 2025-01-01T00:00:00Z, until 2094
 * </pre>
 *
 * <p>Within one generator ids only grow, also when the clock steps back, and more than 4,096 in a
 * millisecond borrow from the next one. Generators with different node numbers never make the same
 * id. Ids of different nodes, and of one node before and after a restart, are ordered only as well
 * as the clocks agree: an order that must be exact is a {@code ${sequence}} column. Safe for any
 * thread; never blocks.
 */
public final class Ids {
  /** How many nodes can make ids side by side. */
  public static final int NODES = 1 << 10;

  private static final int COUNTER_BITS = 12;
  private static final int NODE_BITS = 10;
  private static final long COUNTER_MASK = (1L << COUNTER_BITS) - 1;
  private static final long EPOCH = Instant.parse("2025-01-01T00:00:00Z").toEpochMilli();

  private final InstantSource clock;
  private final long node;
  private final AtomicLong last = new AtomicLong();

  /**
   * A generator.
   *
   * @param node which of the {@link #NODES} this process is
   */
  public Ids(InstantSource clock, int node) {
    if (node < 0 || node >= NODES) {
      throw new IllegalArgumentException("a node number is between 0 and " + (NODES - 1));
    }
    this.clock = clock;
    this.node = (long) node << COUNTER_BITS;
  }

  /**
   * A generator with a random node number. Two processes get the same one with a chance of 1 in
   * 1,024, and collide then only in the same millisecond and counter.
   */
  public static Ids random(InstantSource clock) {
    return new Ids(clock, new SecureRandom().nextInt(NODES));
  }

  /** A new id, greater than every one before. */
  public long next() {
    long now = (clock.millis() - EPOCH) << COUNTER_BITS;
    long ticket = last.accumulateAndGet(now, (before, time) -> Math.max(before + 1, time));
    long milliseconds = ticket >>> COUNTER_BITS;
    return milliseconds << (COUNTER_BITS + NODE_BITS) | node | (ticket & COUNTER_MASK);
  }
}
