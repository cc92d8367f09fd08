package io.hatoba.client;

import java.time.Duration;

/**
 * How long the client waits for the far side.
 *
 * @param connect for a connection
 * @param stall for the next byte in either direction; also for an answer after the last byte was
 *     sent, where it is noticed after twice the time at the latest. A transfer as a whole has no
 *     limit
 */
public record Timeouts(Duration connect, Duration stall) {
  /** Ten seconds to connect, a minute without a byte. */
  public static final Timeouts DEFAULT =
      new Timeouts(Duration.ofSeconds(10), Duration.ofMinutes(1));
}
