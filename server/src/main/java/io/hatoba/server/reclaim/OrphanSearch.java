package io.hatoba.server.reclaim;

import io.hatoba.server.storage.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A search for objects that no row names.
 *
 * @param after the last key that was looked at
 * @param endedAt when the last one ended
 * @param objects how many were looked at
 */
public record OrphanSearch(
    Optional<ObjectKey> after, Instant startedAt, Instant endedAt, long objects) {
  /** Whether it was begun and has not ended. */
  public boolean isRunning() {
    return startedAt.isAfter(endedAt);
  }

  boolean isDue(Instant now, Duration period) {
    return isRunning() || !startedAt.plus(period).isAfter(now);
  }
}
