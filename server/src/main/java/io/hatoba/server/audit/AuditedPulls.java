package io.hatoba.server.audit;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.PullListener;
import io.hatoba.server.content.Repository;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Pulls, if {@link AuditConfig#pulls} is on: gathered in memory and written every ten seconds,
 * equal ones as one row that counts them. A crash loses those of the last seconds.
 */
@Singleton
class AuditedPulls implements PullListener {
  /** What fits into memory between two writes. */
  static final int MOST_GATHERED = 20_000;

  private static final Logger LOG = Logger.getLogger(AuditedPulls.class);
  private static final int BATCH = 500;

  private final AuditConfig config;
  private final Database database;
  private final AuditStore store;
  private final Ids ids;
  private final InstantSource clock;
  private final ConcurrentHashMap<Pull, Seen> gathered = new ConcurrentHashMap<>();
  private final AtomicLong lost = new AtomicLong();

  AuditedPulls(
      AuditConfig config, Database database, AuditStore store, Ids ids, InstantSource clock) {
    this.config = config;
    this.database = database;
    this.store = store;
    this.ids = ids;
    this.clock = clock;
  }

  @Override
  public void pulled(Repository repository, Digest digest, Optional<Tag> tag, Actor puller) {
    if (!config.pulls()) {
      return;
    }
    Pull pull = new Pull(repository.name().value(), digest, tag, puller);
    if (gathered.size() >= MOST_GATHERED && !gathered.containsKey(pull)) {
      lost.incrementAndGet();
      return;
    }
    gathered.merge(pull, new Seen(clock.instant(), 1), Seen::plus);
  }

  /** Writes what was gathered. What cannot be written stays. */
  void write() {
    long tooMany = lost.getAndSet(0);
    if (tooMany > 0) {
      LOG.warnf("more pulls than the audit log can take in ten seconds, notWritten=%d", tooMany);
    }
    List<Map.Entry<Pull, Seen>> all =
        gathered.entrySet().stream()
            .map(entry -> Map.entry(entry.getKey(), entry.getValue()))
            .toList();
    for (int i = 0; i < all.size(); i += BATCH) {
      List<Map.Entry<Pull, Seen>> batch = all.subList(i, Math.min(all.size(), i + BATCH));
      List<AuditRow> rows = new ArrayList<>(BATCH);
      batch.forEach(entry -> rows.add(row(entry.getKey(), entry.getValue())));
      database.write(
          handle -> {
            store.insert(handle, rows);
            return rows;
          });
      // Equal pulls that came meanwhile stay for the next time.
      batch.forEach(
          entry ->
              gathered.computeIfPresent(
                  entry.getKey(), (_, seen) -> seen.minus(entry.getValue().count())));
    }
  }

  private AuditRow row(Pull pull, Seen seen) {
    Map<String, String> detail = new TreeMap<>();
    detail.put("count", Long.toString(seen.count()));
    if (pull.tag().isPresent()) {
      detail.put("digest", pull.digest().toString());
    }
    String repository = pull.repository();
    return new AuditRow(
        ids.next(),
        seen.first(),
        pull.puller(),
        "artifact:pull",
        repository.substring(0, repository.indexOf('/')),
        pull.tag()
            .map(tag -> "tag:" + repository + ":" + tag.name())
            .orElseGet(() -> "artifact:" + repository + "@" + pull.digest()),
        Result.SUCCESS,
        "",
        detail);
  }

  private record Pull(String repository, Digest digest, Optional<Tag> tag, Actor puller) {}

  private record Seen(Instant first, long count) {
    Seen plus(Seen other) {
      return new Seen(first, count + other.count);
    }

    /** Null removes the entry of the map. */
    @Nullable Seen minus(long written) {
      return count == written ? null : new Seen(first, count - written);
    }
  }
}
