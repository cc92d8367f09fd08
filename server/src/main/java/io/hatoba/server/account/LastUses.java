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
 * When and from where each key was last used. Gathered in memory and written every ten seconds, so
 * that a login writes nothing; a crash loses the last seconds.
 */
@Singleton
public final class LastUses {
  private static final Logger LOG = Logger.getLogger(LastUses.class);
  private static final int SECONDS_BETWEEN_WRITES = 10;
  private static final int MAX_PER_TRANSACTION = 500;

  private final Database database;
  private final InstantSource clock;
  private final ConcurrentHashMap<String, AccessKey.Use> gathered = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("last-uses").factory());

  public LastUses(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  void start(@Observes StartupEvent event) {
    var _ =
        timer.scheduleWithFixedDelay(
            this::tryToWrite, SECONDS_BETWEEN_WRITES, SECONDS_BETWEEN_WRITES, TimeUnit.SECONDS);
  }

  @PreDestroy
  void stop() {
    timer.shutdown();
    tryToWrite();
  }

  /** Notes a use of an existing key. Never blocks. */
  public void used(String keyId, String address) {
    gathered.put(keyId, new AccessKey.Use(Instant.ofEpochMilli(clock.millis()), address));
  }

  /** Writes what was gathered, in the order of the ids. What cannot be written is kept. */
  public void write() {
    while (!gathered.isEmpty()) {
      Map<String, AccessKey.Use> batch = new TreeMap<>();
      gathered.entrySet().stream()
          .limit(MAX_PER_TRANSACTION)
          .forEach(use -> batch.put(use.getKey(), use.getValue()));
      write(batch);
      batch.forEach(gathered::remove);
    }
  }

  private void write(Map<String, AccessKey.Use> batch) {
    database.write(
        handle -> {
          PreparedBatch updates =
              handle.prepareBatch(
                  """
                  UPDATE access_key
                  SET last_used_at = :at, last_used_from = :address
                  WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :at)
                  """);
          batch.forEach(
              (id, use) ->
                  updates
                      .bind("at", use.at().toEpochMilli())
                      .bind("address", use.address())
                      .bind("id", id)
                      .add());
          return updates.execute().length;
        });
  }

  private void tryToWrite() {
    try {
      write();
    } catch (RuntimeException e) {
      LOG.warnf(e, "failed to write last uses of access keys, keys=%d", gathered.size());
    }
  }
}
