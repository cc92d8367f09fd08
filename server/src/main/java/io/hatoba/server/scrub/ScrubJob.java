package io.hatoba.server.scrub;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Lets the scrub run in the background, on every node. */
@Singleton
class ScrubJob {
  private static final Logger LOG = Logger.getLogger(ScrubJob.class);
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Duration END = Duration.ofSeconds(10);

  private final Scrub scrub;
  private final Thread thread;

  ScrubJob(Scrub scrub) {
    this.scrub = scrub;
    this.thread = Thread.ofPlatform().name("scrub").daemon(true).unstarted(this::run);
  }

  void start(@Observes StartupEvent event) {
    thread.start();
  }

  @PreDestroy
  void stop() throws InterruptedException {
    scrub.close();
    if (!thread.join(END)) {
      LOG.warn("failed to end the scrub in time, it goes on at the next start");
    }
  }

  private void run() {
    try {
      scrub.await(INTERVAL);
      while (!scrub.isStopped()) {
        try {
          scrub.runOnce();
        } catch (RuntimeException e) {
          LOG.warn("failed to read stored content, will try again in seconds", e);
        }
        scrub.await(INTERVAL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
