package io.hatoba.server.backup;

import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.StorageHolds;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * A hold on the storage that is put off again and again while something is copied. If that fails
 * for too long, the copy may lack objects, and {@link #check} says so.
 */
final class KeptHold implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(KeptHold.class);

  /** How long objects stay after the copying process was killed. */
  private static final Duration LENGTH = Duration.ofMinutes(15);

  private static final Duration PAUSE = Duration.ofMinutes(1);

  private final StorageHolds holds;
  private final StorageHolds.Hold hold;
  private final AtomicBoolean lost = new AtomicBoolean();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("storage-hold").daemon().factory());

  private KeptHold(StorageHolds holds, StorageHolds.Hold hold) {
    this.holds = holds;
    this.hold = hold;
  }

  static KeptHold place(StorageHolds holds, String reason) {
    KeptHold kept = new KeptHold(holds, holds.place(reason, LENGTH));
    var _ =
        kept.thread.scheduleWithFixedDelay(
            kept::extend, PAUSE.toMillis(), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    return kept;
  }

  /**
   * Makes sure that the hold was in force without a gap until now.
   *
   * @throws BackupException if it was not
   */
  void check() {
    if (lost.get() || !holds.extend(hold.id(), LENGTH)) {
      throw new BackupException(
          "The hold on the storage ended before the copy was done, so objects may be missing. Was this process or the machine suspended? Start the backup again.");
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
    try {
      holds.release(hold.id());
    } catch (RefusedException e) {
      LOG.warn("failed to release the hold on the storage, it ends by itself", e);
    }
  }

  private void extend() {
    try {
      if (!holds.extend(hold.id(), LENGTH)) {
        lost.set(true);
      }
    } catch (RefusedException e) {
      LOG.warn("failed to put the end of the hold off, trying again", e);
    }
  }
}
