package io.hatoba.server.content;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Keeps the totals of {@link Usage} up to date, every second, on every node. */
@Singleton
final class UsageFolder {
  private static final Logger LOG = Logger.getLogger(UsageFolder.class);
  private static final int SECONDS_BETWEEN_FOLDS = 1;

  private final Usage usage;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("usage-folder").factory());

  UsageFolder(Usage usage) {
    this.usage = usage;
  }

  void start(@Observes StartupEvent event) {
    var _ =
        timer.scheduleWithFixedDelay(
            this::fold, SECONDS_BETWEEN_FOLDS, SECONDS_BETWEEN_FOLDS, TimeUnit.SECONDS);
    var _ = timer.scheduleWithFixedDelay(this::forgetDays, 1, 24 * 60, TimeUnit.MINUTES);
  }

  @PreDestroy
  void stop() {
    timer.shutdown();
  }

  private void fold() {
    try {
      usage.foldOnce();
    } catch (RuntimeException e) {
      LOG.warn("failed to fold usage into its totals, will try again", e);
    }
  }

  private void forgetDays() {
    try {
      usage.forgetDays();
    } catch (RuntimeException e) {
      LOG.warn("failed to forget old days of usage, will try again tomorrow", e);
    }
  }
}
