package io.hatoba.server.audit;

import io.hatoba.server.content.EventCursors;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * What happens to the audit log in the background, on every node: the outbox is copied every
 * second, what was gathered in memory is written every ten seconds, and what is too old is dropped
 * every hour, as are events that all their readers have seen.
 */
@Singleton
class AuditJobs {
  private static final Logger LOG = Logger.getLogger(AuditJobs.class);
  private static final int BATCH = 500;

  private final AuditedContent content;
  private final AuditedSignIns signIns;
  private final AuditedPulls pulls;
  private final AuditLog log;
  private final AuditStore store;
  private final EventCursors cursors;
  private final AuditConfig config;
  private final InstantSource clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("audit").factory());

  AuditJobs(
      AuditedContent content,
      AuditedSignIns signIns,
      AuditedPulls pulls,
      AuditLog log,
      AuditStore store,
      EventCursors cursors,
      AuditConfig config,
      InstantSource clock) {
    this.content = content;
    this.signIns = signIns;
    this.pulls = pulls;
    this.log = log;
    this.store = store;
    this.cursors = cursors;
    this.config = config;
    this.clock = clock;
  }

  void start(@Observes StartupEvent event) {
    content.register();
    every(1, TimeUnit.SECONDS, "copy events", content::copyAll);
    every(10, TimeUnit.SECONDS, "write gathered rows", this::writeGathered);
    every(10, TimeUnit.SECONDS, "write gathered pulls", pulls::write);
    every(60, TimeUnit.MINUTES, "drop old rows", this::dropOld);
  }

  @PreDestroy
  void stop() {
    timer.shutdown();
    attempt("write gathered rows", this::writeGathered);
    attempt("write gathered pulls", pulls::write);
  }

  /** Writes what waits in memory. */
  void writeGathered() {
    signIns.writeCounted();
    log.writeKept();
  }

  /** Drops what is too old, a few rows at a time so that others get their turn between. */
  void dropOld() {
    Instant oldest = Instant.ofEpochMilli(clock.millis()).minus(config.retention());
    long rows = 0;
    long events = 0;
    for (int n = BATCH; n == BATCH; rows += n) {
      n = store.dropOlderThan(oldest, BATCH);
    }
    for (int n = BATCH; n == BATCH; events += n) {
      n = cursors.drop(BATCH);
    }
    LOG.debugf("dropped what is too old, auditRows=%d events=%d", rows, events);
  }

  private void every(long period, TimeUnit unit, String what, Runnable job) {
    var _ = timer.scheduleWithFixedDelay(() -> attempt(what, job), period, period, unit);
  }

  private static void attempt(String what, Runnable job) {
    try {
      job.run();
    } catch (RuntimeException e) {
      LOG.warnf(e, "failed to %s, will try again", what);
    }
  }
}
