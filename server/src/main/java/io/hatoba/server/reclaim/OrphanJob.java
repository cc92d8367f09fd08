package io.hatoba.server.reclaim;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Lets the search for objects that no row names run in the background, a page a second. */
@Singleton
class OrphanJob {
  private static final Logger LOG = Logger.getLogger(OrphanJob.class);
  private static final Duration BETWEEN_PAGES = Duration.ofSeconds(1);
  private static final Duration BETWEEN_SEARCHES = Duration.ofMinutes(1);

  private final OrphanSweep sweep;
  private final CountDownLatch stopped = new CountDownLatch(1);

  OrphanJob(OrphanSweep sweep) {
    this.sweep = sweep;
  }

  void start(@Observes StartupEvent event) {
    Thread.ofPlatform().name("orphan-sweep").daemon(true).start(this::run);
  }

  @PreDestroy
  void stop() {
    stopped.countDown();
  }

  private void run() {
    try {
      Duration pause = BETWEEN_SEARCHES;
      while (!stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        pause = more() ? BETWEEN_PAGES : BETWEEN_SEARCHES;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean more() {
    try {
      return sweep.runOnce();
    } catch (IOException | RuntimeException e) {
      LOG.warn("failed to look for objects that no row names, will try again in a minute", e);
      return false;
    }
  }
}
