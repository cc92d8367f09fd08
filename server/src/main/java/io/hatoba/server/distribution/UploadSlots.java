package io.hatoba.server.distribution;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many requests send a body at once, and how much of each body may wait in memory meanwhile.
 * Together they bound the memory that bodies take, however many clients there are.
 */
@Singleton
final class UploadSlots {
  private static final int MOST = 2 * 1024 * 1024;
  private static final int LEAST = 128 * 1024;

  private final int limit;
  private final long buffer;
  private final AtomicInteger taken = new AtomicInteger();

  UploadSlots(DistributionConfig config) {
    this.limit = config.maxConcurrentUploads();
    this.buffer = config.uploadBuffer().asLongValue();
  }

  /**
   * Takes a slot; closing gives it back.
   *
   * @throws RefusedException with {@code TOOMANYREQUESTS} if all are taken
   */
  Slot take() {
    if (taken.incrementAndGet() > limit) {
      taken.decrementAndGet();
      throw new RefusedException(
          new Refusal.TooMany(
              "the registry receives " + limit + " uploads at once already; try again",
              Duration.ofSeconds(2)));
    }
    return taken::decrementAndGet;
  }

  /** How many bytes of one body may wait in memory now. */
  int share() {
    return Math.clamp(buffer / Math.max(1, taken.get()), LEAST, MOST);
  }

  /** A place among the uploads. */
  @FunctionalInterface
  interface Slot extends AutoCloseable {
    @Override
    void close();
  }
}
