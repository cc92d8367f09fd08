package io.hatoba.server.reclaim;

import io.hatoba.server.content.Orphans;
import io.hatoba.server.database.Database;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.Storage;
import io.hatoba.server.storage.Storage.Listed;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Goes through the storage for objects that no row names, a page at a time, on one node at a time,
 * and goes on after a restart where it was.
 *
 * <pre>
 * listed ─▶ old enough? ─▶ named by no row? ─▶ noted ┄ end of the search ┄ few enough? still named by no row? ─▶ queued
 * </pre>
 *
 * <p>Nothing is removed here: what is found is queued as everything that goes is. It is found
 * twice, and not queued at all if there is so much of it that the database or the storage is
 * probably not the right one.
 */
@Singleton
public final class OrphanSweep {
  private static final Logger LOG = Logger.getLogger(OrphanSweep.class);
  private static final Duration CLAIM = Duration.ofMinutes(5);
  private static final int PAGE = 500;

  private final Storage storage;
  private final Orphans orphans;
  private final OrphanStore store;
  private final OrphanConfig config;
  private final InstantSource clock;

  public OrphanSweep(
      Database database,
      Storage storage,
      Orphans orphans,
      OrphanConfig config,
      NodeId node,
      InstantSource clock) {
    this.storage = storage;
    this.orphans = orphans;
    this.store = new OrphanStore(database, node.value());
    this.config = config;
    this.clock = clock;
  }

  /**
   * Looks at one page, if a search is due and no other node does it.
   *
   * @return whether there may be another page at once
   * @throws IOException if the storage cannot be listed; the next call tries the same page again
   */
  public boolean runOnce() throws IOException {
    Instant now = clock.instant();
    if (!config.period().isPositive() || !store.isDue(now, config.period())) {
      return false;
    }
    Optional<OrphanSearch> search = store.claim(now, now.plus(CLAIM), config.period());
    return search.isPresent() && goOn(search.get(), now);
  }

  /** How the last search, or the one that runs, stands. */
  public OrphanSearch state() {
    return store.state();
  }

  private boolean goOn(OrphanSearch search, Instant now) throws IOException {
    List<Listed> page = storage.list(search.after(), PAGE);
    if (page.isEmpty()) {
      end(search);
      return false;
    }
    Instant youngest = now.minus(config.age());
    Set<ObjectKey> found =
        orphans.among(
            page.stream()
                .filter(listed -> listed.modifiedAt().isBefore(youngest))
                .map(Listed::key)
                .toList());
    return store.note(
        page.stream().filter(listed -> found.contains(listed.key())).toList(),
        page.getLast().key(),
        page.size(),
        clock.instant().plus(CLAIM));
  }

  private void end(OrphanSearch search) {
    long found = store.found();
    if (found > config.limit()) {
      LOG.errorf(
          "found too many objects that the database does not know, removed none: is it the right"
              + " database and the right storage? If so, raise hatoba.orphan.limit found=%d objects=%d",
          found, search.objects());
      store.end(clock.instant());
      return;
    }
    int queued = 0;
    for (List<ObjectKey> some = store.some(PAGE); !some.isEmpty(); some = store.some(PAGE)) {
      queued += orphans.queue(some);
      store.forget(some);
    }
    if (store.end(clock.instant()) && queued > 0) {
      LOG.infof(
          "queued objects that the database does not know for removal count=%d objects=%d",
          queued, search.objects());
    }
  }
}
