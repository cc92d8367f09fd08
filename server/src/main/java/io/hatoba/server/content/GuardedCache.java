package io.hatoba.server.content;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Weigher;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;

/**
 * A cache of rows that this process's own writes invalidate; exact when nobody else writes, and off
 * otherwise.
 *
 * <p>A reader that read before a commit must not store what it read after the writer has
 * invalidated it. So each key belongs to a stripe with an epoch: invalidating raises it, and a
 * reader stores its value only if the epoch is what it was before it read. The writer invalidates
 * after its commit and before it answers.
 *
 * @param <K> immutable
 * @param <V> immutable
 */
final class GuardedCache<K, V> {
  private static final int STRIPES = 256;

  private final boolean enabled;
  private final Cache<K, V> cache;
  private final AtomicLongArray epochs = new AtomicLongArray(STRIPES);
  private final Object[] locks = new Object[STRIPES];

  /**
   * @param enabled false keeps nothing
   * @param maximumBytes the sum of the weights at which old entries go
   */
  GuardedCache(boolean enabled, long maximumBytes, Weigher<K, V> weigher) {
    this.enabled = enabled;
    this.cache = Caffeine.newBuilder().maximumWeight(maximumBytes).weigher(weigher).build();
    for (int i = 0; i < STRIPES; i++) {
      locks[i] = new Object();
    }
  }

  /** What is in memory. Never blocks for long. */
  Optional<V> remembered(K key) {
    return Optional.ofNullable(cache.getIfPresent(key));
  }

  /**
   * What is in memory, else what {@code load} reads from the database. Absence is not remembered.
   */
  Optional<V> get(K key, Supplier<Optional<V>> load) {
    V known = cache.getIfPresent(key);
    if (known != null) {
      return Optional.of(known);
    }
    int stripe = stripe(key);
    long epoch = epochs.get(stripe);
    Optional<V> loaded = load.get();
    if (enabled && loaded.isPresent()) {
      synchronized (locks[stripe]) {
        if (epochs.get(stripe) == epoch) {
          cache.put(key, loaded.get());
        }
      }
    }
    return loaded;
  }

  /** Called after the commit that changed the row, whether or not it succeeded. */
  void invalidate(K key) {
    int stripe = stripe(key);
    synchronized (locks[stripe]) {
      epochs.incrementAndGet(stripe);
      cache.invalidate(key);
    }
  }

  private static int stripe(Object key) {
    int hash = key.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }
}
