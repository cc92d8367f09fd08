package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Database;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * How often and when manifests were last pulled. Gathered in memory and written every ten seconds,
 * so that a pull writes nothing; a crash loses the last seconds. What is deleted before its pulls
 * are written is not counted.
 */
@Singleton
public final class Pulls {
  /**
   * What fits into memory between two writes; pulls of more manifests than that are not counted.
   */
  static final int MOST_GATHERED = 100_000;

  private static final Logger LOG = Logger.getLogger(Pulls.class);
  private static final int SECONDS_BETWEEN_WRITES = 10;
  private static final int MAX_PER_TRANSACTION = 500;
  private static final Comparator<Key> ORDER =
      Comparator.comparingLong((Key key) -> key.repository().registryId())
          .thenComparingLong(key -> key.repository().id())
          .thenComparing(key -> key.digest().toString())
          .thenComparing(Key::tag);

  private final Database database;
  private final InstantSource clock;
  private final ConcurrentHashMap<Key, Count> gathered = new ConcurrentHashMap<>();
  private final ReentrantLock writing = new ReentrantLock();
  private final AtomicLong notCounted = new AtomicLong();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("pulls").factory());

  public Pulls(Database database, InstantSource clock) {
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

  /**
   * Notes that a manifest was delivered. Never blocks.
   *
   * @param tag that it was asked for by; empty: by its digest
   */
  public void pulled(Repository repository, Digest digest, Optional<Tag> tag) {
    Key key = new Key(repository, digest, tag.map(Tag::name).orElse(""));
    long now = clock.millis();
    if (gathered.size() >= MOST_GATHERED && !gathered.containsKey(key)) {
      notCounted.incrementAndGet();
      return;
    }
    gathered.merge(key, new Count(1, now), Count::plus);
  }

  /** Writes what was gathered. What cannot be written is kept. */
  public void write() {
    writing.lock();
    try {
      List<Map.Entry<Key, Count>> all = new ArrayList<>(gathered.entrySet());
      for (int i = 0; i < all.size(); i += MAX_PER_TRANSACTION) {
        write(all.subList(i, Math.min(all.size(), i + MAX_PER_TRANSACTION)));
      }
    } finally {
      writing.unlock();
    }
  }

  private void write(List<Map.Entry<Key, Count>> some) {
    Map<Key, Count> batch = new TreeMap<>(ORDER);
    some.forEach(entry -> batch.put(entry.getKey(), entry.getValue()));
    database.write(handle -> write(handle, batch));
    // Pulls that came meanwhile stay for the next time.
    batch.forEach(
        (key, written) -> gathered.computeIfPresent(key, (_, count) -> count.minus(written)));
  }

  private static int write(Handle handle, Map<Key, Count> batch) {
    PreparedBatch stats =
        handle.prepareBatch(
            """
            INSERT INTO pull_stat (repository_id, digest, tag, count, last)
            SELECT repository_id, digest, :tag, :count, :last
            FROM repository_manifest
            WHERE repository_id = :repositoryId AND digest = :digest
            ON CONFLICT (repository_id, digest, tag)
              DO UPDATE SET count = pull_stat.count + excluded.count,
                last = CASE WHEN pull_stat.last < excluded.last THEN excluded.last ELSE pull_stat.last END
            """);
    batch.forEach(
        (key, count) ->
            stats
                .bind("tag", key.tag())
                .bind("count", count.pulls())
                .bind("last", count.last())
                .bind("repositoryId", key.repository().id())
                .bind("digest", key.digest())
                .add());
    int[] counted = stats.execute();

    Map<Repository, Count> images =
        new TreeMap<>(
            Comparator.comparingLong(Repository::registryId).thenComparingLong(Repository::id));
    List<Map.Entry<Key, Count>> entries = new ArrayList<>(batch.entrySet());
    for (int i = 0; i < counted.length; i++) {
      if (counted[i] != 0) {
        images.merge(entries.get(i).getKey().repository(), entries.get(i).getValue(), Count::plus);
      }
    }
    if (images.isEmpty()) {
      return 0;
    }
    PreparedBatch totals =
        handle.prepareBatch(
            """
            UPDATE repository_usage
            SET pull_count = pull_count + :count,
              pulled_at = CASE WHEN pulled_at < :last THEN :last ELSE pulled_at END
            WHERE registry_id = :registryId AND repository_id = :repositoryId
            """);
    images.forEach(
        (repository, count) ->
            totals
                .bind("count", count.pulls())
                .bind("last", count.last())
                .bind("registryId", repository.registryId())
                .bind("repositoryId", repository.id())
                .add());
    return totals.execute().length;
  }

  private void tryToWrite() {
    try {
      write();
    } catch (RuntimeException e) {
      LOG.warnf(e, "failed to write pulls, will try again manifests=%d", gathered.size());
    }
    long lost = notCounted.getAndSet(0);
    if (lost > 0) {
      LOG.warnf("too many manifests were pulled at once to count them all, not counted=%d", lost);
    }
  }

  private record Key(Repository repository, Digest digest, String tag) {}

  /**
   * @param last epoch milliseconds
   */
  private record Count(long pulls, long last) {
    Count plus(Count other) {
      return new Count(pulls + other.pulls, Math.max(last, other.last));
    }

    /** What is left; nothing is null, as the map wants it. */
    @Nullable Count minus(Count written) {
      return pulls == written.pulls ? null : new Count(pulls - written.pulls, last);
    }
  }
}
