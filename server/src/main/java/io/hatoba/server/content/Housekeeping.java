package io.hatoba.server.content;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Forgets expired uploads and removes objects that no row names, every minute, on every node. */
@Singleton
public final class Housekeeping implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Housekeeping.class);
  private static final long INTERVAL_SECONDS = 60;

  private final Uploads uploads;
  private final ObjectRemovals removals;
  private final CountDownLatch stopped = new CountDownLatch(1);

  public Housekeeping(Uploads uploads, ObjectRemovals removals) {
    this.uploads = uploads;
    this.removals = removals;
  }

  /** Starts to do so, until closed. */
  public void start() {
    Thread.ofPlatform().name("housekeeping").daemon(true).start(this::run);
  }

  /** Does all that is due now. */
  public void runOnce() {
    int forgotten = 0;
    int removed = 0;
    for (int n = uploads.expireOnce(); n > 0; n = uploads.expireOnce()) {
      forgotten += n;
    }
    for (int n = removals.runOnce(); n > 0; n = removals.runOnce()) {
      removed += n;
    }
    LOG.debugf("cleaned up uploads forgotten=%d objects removed=%d", forgotten, removed);
  }

  @Override
  @PreDestroy
  public void close() {
    stopped.countDown();
  }

  private void run() {
    try {
      while (!stopped.await(INTERVAL_SECONDS, TimeUnit.SECONDS)) {
        try {
          runOnce();
        } catch (RuntimeException e) {
          LOG.warn("failed to clean up after uploads, will try again in a minute", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
