package io.hatoba.server.account;

import io.hatoba.server.database.Database;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Keeps sessions alive that are used and forgets those that have run out. Uses are gathered in
 * memory and written every ten seconds, so that a request writes nothing; a crash loses the last
 * seconds.
 */
@Singleton
public final class SessionUpkeep {
  private static final Logger LOG = Logger.getLogger(SessionUpkeep.class);
  private static final int SECONDS_BETWEEN_RUNS = 10;
  private static final int MAX_PER_TRANSACTION = 500;

  private final Database database;
  private final Sessions sessions;
  private final InstantSource clock;
  private final ConcurrentHashMap<Long, Use> gathered = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sessions").factory());

  public SessionUpkeep(Database database, Sessions sessions, InstantSource clock) {
    this.database = database;
    this.sessions = sessions;
    this.clock = clock;
  }

  void start(@Observes StartupEvent event) {
    var _ =
        timer.scheduleWithFixedDelay(
            this::tryToRun, SECONDS_BETWEEN_RUNS, SECONDS_BETWEEN_RUNS, TimeUnit.SECONDS);
  }

  @PreDestroy
  void stop() {
    timer.shutdown();
    tryToRun();
  }

  /** Notes a use of a living session. Never blocks. */
  public void used(Session session, Session.From from) {
    Instant now = Instant.ofEpochMilli(clock.millis());
    gathered.put(session.id(), new Use(now, sessions.endOf(now, session.expiresAt()), from));
  }

  /** Writes what was gathered, then forgets what has run out. */
  public void runOnce() {
    while (!gathered.isEmpty()) {
      Map<Long, Use> batch = new TreeMap<>();
      gathered.entrySet().stream()
          .limit(MAX_PER_TRANSACTION)
          .forEach(use -> batch.put(use.getKey(), use.getValue()));
      write(batch);
      batch.forEach(gathered::remove);
    }
    int forgotten = 0;
    for (int n = sessions.expireOnce(); n > 0; n = sessions.expireOnce()) {
      forgotten += n;
    }
    LOG.debugf("looked after sessions, forgotten=%d", forgotten);
  }

  private void write(Map<Long, Use> batch) {
    database.write(
        handle -> {
          PreparedBatch updates =
              handle.prepareBatch(
                  """
                  UPDATE session
                  SET last_seen_at = :at, ends_at = :endsAt, address = :address,
                    user_agent = :userAgent
                  WHERE id = :id AND last_seen_at < :at
                  """);
          batch.forEach(
              (id, use) ->
                  updates
                      .bind("at", use.at().toEpochMilli())
                      .bind("endsAt", use.endsAt().toEpochMilli())
                      .bind("address", use.from().address())
                      .bind("userAgent", use.from().userAgent())
                      .bind("id", id)
                      .add());
          return updates.execute().length;
        });
  }

  private void tryToRun() {
    try {
      runOnce();
    } catch (RuntimeException e) {
      LOG.warnf(e, "failed to look after sessions, uses=%d", gathered.size());
    }
  }

  private record Use(Instant at, Instant endsAt, Session.From from) {}
}
