package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Hot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/**
 * Keeps a registry within its quota: the transaction that would make it larger than that is
 * refused, whatever runs at the same time.
 *
 * <p>On PostgreSQL a transaction does not see what others are about to commit. So each one that
 * adds to a registry with a quota shares a lock on its row of {@code registry_usage}; near the
 * quota, and when it adds much, it has that lock for itself, and then everything is committed that
 * it must count. Those that share it may together add no more than half the margin, and at least
 * that is left for them: each adds at most a thousandth of it, and a database has fewer connections
 * than that. Who may share is guessed from memory, so that hardly ever one that shares finds that
 * it must not.
 */
final class Quotas {
  private static final long SMALLEST_MARGIN = 64 << 20;
  private static final int MOST_AT_ONCE = 1_000;
  private static final Duration ESTIMATE_AGE = Duration.ofSeconds(5);

  private final Database database;
  private final InstantSource clock;
  private final Map<Long, Estimate> estimates = new ConcurrentHashMap<>();

  /** Registries that have refused a push since this was last asked for. */
  private final Set<Long> refused = ConcurrentHashMap.newKeySet();

  Quotas(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Runs what writes down what this transaction has added, and returns if what the registry has is
   * within the quota then.
   *
   * @param delta returns the quota, or no number
   * @param added by it
   * @throws RefusedException with {@code DENIED} if it is not
   */
  void book(Handle handle, Repository repository, Hot delta, long added) {
    long registryId = repository.registryId();
    Estimate known = estimates.get(registryId);
    if (known == null || known.quota().isEmpty() || !isFresh(known)) {
      Hot.together(List.of(delta))
          .getFirst()
          .number()
          .ifPresent(quota -> require(handle, repository, quota, added));
      return;
    }
    // There was a quota a moment ago, so all is asked at once.
    boolean alone = !mayShare(registryId, known.quota().get(), added);
    List<Hot.Ran> ran =
        Hot.together(List.of(delta, lockOf(handle, registryId, alone), usedBy(handle, registryId)));
    Optional<Long> quota = ran.getFirst().number();
    boolean locked = ran.get(1).didSomething();
    if (quota.isPresent()) {
      if (locked && quota.equals(known.quota())) {
        require(handle, repository, quota.get(), added, alone, ran.getLast().number().orElse(0L));
      } else {
        require(handle, repository, quota.get(), added);
      }
    }
  }

  private void require(Handle handle, Repository repository, long quota, long added) {
    long registryId = repository.registryId();
    boolean alone = !mayShare(registryId, quota, added);
    lock(handle, registryId, alone);
    require(handle, repository, quota, added, alone, used(handle, registryId));
  }

  /**
   * Refuses what is beyond the quota.
   *
   * @param alone how the row is locked
   * @param seen what was used since it was locked
   */
  private void require(
      Handle handle, Repository repository, long quota, long added, boolean alone, long seen) {
    long registryId = repository.registryId();
    long used = seen;
    remember(registryId, quota, used);
    if (!alone && quota - used < margin(quota) / 2) {
      // Others may have come to the same, and each wait for the other to end: one of them is run
      // again then, alone from its start.
      lock(handle, registryId, true);
      used = used(handle, registryId);
      remember(registryId, quota, used);
    }
    if (used > quota) {
      throw exceeded(repository, quota, used - added, added);
    }
  }

  /**
   * How long a blob may become before this is to be asked again.
   *
   * @param digest of the blob, if it is known: what the registry has already costs nothing
   * @param size how long it is at least
   * @throws RefusedException with {@code DENIED} if a blob so long cannot be stored, whatever it is
   */
  long room(Repository repository, Optional<Digest> digest, long size) {
    Estimate estimate = estimate(repository.registryId());
    if (estimate.quota().isEmpty()) {
      return Long.MAX_VALUE;
    }
    long room = estimate.quota().get() - estimate.used();
    return size <= room ? room : database.read(handle -> room(handle, repository, digest, size));
  }

  /**
   * The quota is being changed. An estimate from before the commit may come back for its few
   * seconds: then an upload learns at its end only that it does not fit.
   */
  void forget(long registryId) {
    estimates.remove(registryId);
  }

  /** Which registries have refused something since the last call. */
  List<Long> takeRefused() {
    List<Long> taken = List.copyOf(refused);
    taken.forEach(refused::remove);
    return taken;
  }

  private long room(Handle handle, Repository repository, Optional<Digest> digest, long size) {
    Estimate now = read(handle, repository.registryId());
    if (now.quota().isEmpty()) {
      return Long.MAX_VALUE;
    }
    long quota = now.quota().get();
    long room = quota - now.used();
    if (size <= room) {
      return room;
    }
    long largest = largestThere(handle, repository.registryId(), digest);
    if (size <= largest) {
      return largest;
    }
    throw exceeded(repository, quota, now.used(), size);
  }

  /** The largest blob of the registry; if the digest is known, that blob or none. */
  private static long largestThere(Handle handle, long registryId, Optional<Digest> digest) {
    return digest
        .map(
            known ->
                handle
                    .createQuery(
                        """
                        SELECT size
                        FROM registry_content
                        WHERE registry_id = :registryId AND digest = :digest AND kind = 'blob'
                        """)
                    .bind("digest", known))
        .orElseGet(
            () ->
                handle.createQuery(
                    """
                    SELECT coalesce(max(size), 0)
                    FROM registry_content
                    WHERE registry_id = :registryId AND kind = 'blob'
                    """))
        .bind("registryId", registryId)
        .mapTo(Long.class)
        .findOne()
        .orElse(0L);
  }

  private Estimate estimate(long registryId) {
    Estimate known = estimates.get(registryId);
    if (known != null && isFresh(known)) {
      return known;
    }
    Estimate fresh = database.read(handle -> read(handle, registryId));
    estimates.put(registryId, fresh);
    return fresh;
  }

  private Estimate read(Handle handle, long registryId) {
    Optional<Long> quota =
        handle
            .createQuery(
                """
                SELECT quota_bytes
                FROM registry
                WHERE id = :registryId AND quota_bytes IS NOT NULL
                """)
            .bind("registryId", registryId)
            .mapTo(Long.class)
            .findOne();
    return new Estimate(quota, quota.isPresent() ? used(handle, registryId) : 0, clock.instant());
  }

  private static long used(Handle handle, long registryId) {
    return usedBy(handle, registryId).number().orElse(0L);
  }

  private static Hot usedBy(Handle handle, long registryId) {
    return Hot.sql(
            handle,
            """
            SELECT coalesce((SELECT physical_bytes FROM registry_usage WHERE registry_id = :registryId), 0)
              + coalesce((SELECT sum(physical_bytes) FROM usage_delta WHERE registry_id = :registryId), 0)
            """)
        .bind("registryId", registryId);
  }

  private void lock(Handle handle, long registryId, boolean alone) {
    if (lockOf(handle, registryId, alone).number().isEmpty()) {
      UsageTotals.insert(handle, registryId);
      var _ = lockOf(handle, registryId, alone).number();
    }
  }

  private Hot lockOf(Handle handle, long registryId, boolean alone) {
    return Hot.sql(
            handle,
            """
            SELECT registry_id
            FROM registry_usage
            WHERE registry_id = :registryId
            """
                + (alone ? database.dialect().forUpdate() : database.dialect().forKeyShare()))
        .bind("registryId", registryId);
  }

  /** Whether an addition is small, and the margin not yet touched as far as this process knows. */
  private boolean mayShare(long registryId, long quota, long added) {
    Estimate known = estimates.get(registryId);
    return known != null
        && isFresh(known)
        && added <= margin(quota) / 2 / MOST_AT_ONCE
        && quota - known.used() - added >= margin(quota);
  }

  private boolean isFresh(Estimate estimate) {
    return estimate.at().plus(ESTIMATE_AGE).isAfter(clock.instant());
  }

  private void remember(long registryId, long quota, long used) {
    estimates.put(registryId, new Estimate(Optional.of(quota), used, clock.instant()));
  }

  private static long margin(long quota) {
    return Math.max(SMALLEST_MARGIN, quota / 20);
  }

  private RefusedException exceeded(Repository repository, long quota, long used, long added) {
    refused.add(repository.registryId());
    return new RefusedException(
        new Refusal.Denied(
            "registry %s is full: %d of the %d bytes of its quota are used and this would add %d; remove images from it or have its quota raised"
                .formatted(repository.name().registry(), used, quota, added),
            "registry=%s quotaBytes=%d usedBytes=%d addedBytes=%d"
                .formatted(repository.name().registry(), quota, used, added)));
  }

  /** What a registry may hold and holds, a few seconds old. */
  private record Estimate(Optional<Long> quota, long used, Instant at) {}
}
