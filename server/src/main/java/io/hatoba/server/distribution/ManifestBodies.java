package io.hatoba.server.distribution;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.ByteSource;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Reads manifests, the only bodies that are held in memory as a whole. Ordinary ones are a few KiB;
 * of those that turn out longer than 256 KiB, or may, only a few are read at once, so that the
 * memory they take is bounded.
 */
@Singleton
final class ManifestBodies {
  private static final int ORDINARY = 256 * 1024;
  private static final int LONG_ONES_AT_ONCE = 16;
  private static final long PATIENCE_SECONDS = 20;

  private final UploadSlots slots;
  private final long limit;
  private final Semaphore longOnes = new Semaphore(LONG_ONES_AT_ONCE);

  ManifestBodies(UploadSlots slots, DistributionConfig config) {
    this.slots = slots;
    this.limit = config.maxManifestSize().asLongValue();
  }

  /**
   * Reads the body of a request.
   *
   * @throws RefusedException with {@code MANIFEST_TOO_LARGE}, as soon as that shows, or {@code
   *     TOOMANYREQUESTS}
   */
  byte[] read(Exchange exchange) {
    RefusedException tooLarge =
        LimitedSource.tooLarge(ErrorCode.MANIFEST_TOO_LARGE, "manifest", limit);
    if (exchange.contentLength().orElse(0L) > limit) {
      throw tooLarge;
    }
    try (UploadSlots.Slot _ = slots.take()) {
      return collect(
          new LimitedSource(exchange.body(), limit, tooLarge), exchange.contentLength().orElse(0L));
    }
  }

  private byte[] collect(ByteSource body, long stated) {
    boolean isLong = stated > ORDINARY;
    if (isLong) {
      waitForTurn();
    }
    try {
      ByteArrayOutputStream content = new ByteArrayOutputStream((int) Math.max(4096, stated));
      for (List<ByteBuffer> batch = body.next(); !batch.isEmpty(); batch = body.next()) {
        for (ByteBuffer buffer : batch) {
          byte[] bytes = new byte[buffer.remaining()];
          buffer.get(bytes);
          content.writeBytes(bytes);
        }
        if (!isLong && content.size() > ORDINARY) {
          waitForTurn();
          isLong = true;
        }
      }
      return content.toByteArray();
    } finally {
      if (isLong) {
        longOnes.release();
      }
    }
  }

  private void waitForTurn() {
    boolean got = false;
    try {
      got = longOnes.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!got) {
      throw new RefusedException(
          new Refusal.TooMany(
              "the registry receives too many long manifests at once; try again",
              Duration.ofSeconds(5)));
    }
  }
}
