package io.hatoba.server.api;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Drops kept answers after their day, every ten minutes, a few at a time. */
@Singleton
class IdempotencyUpkeep {
  private static final Logger LOG = Logger.getLogger(IdempotencyUpkeep.class);
  private static final int MINUTES = 10;
  private static final int BATCH = 500;

  private final StoredAnswers answers;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("idempotency").factory());

  IdempotencyUpkeep(StoredAnswers answers) {
    this.answers = answers;
  }

  void start(@Observes StartupEvent event) {
    var _ = timer.scheduleWithFixedDelay(this::tryOnce, MINUTES, MINUTES, TimeUnit.MINUTES);
  }

  @PreDestroy
  void stop() {
    timer.shutdown();
  }

  void runOnce() {
    int dropped;
    do {
      dropped = answers.dropExpired(BATCH);
    } while (dropped == BATCH);
  }

  private void tryOnce() {
    try {
      runOnce();
    } catch (RuntimeException e) {
      LOG.warn("failed to drop kept answers, will try again", e);
    }
  }
}
