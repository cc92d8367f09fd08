package io.hatoba.server.content;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Weigher;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A cache of rows that this process's own writes change; exact when nobody else writes, and off
 * otherwise.
 *
 * <p>A write holds its keys from before its commit until after it. What is held is not in the cache
 * and does not get into it: readers ask the database, where they see the row before the commit or
 * after it, in that order, and never the older one again from here. A reader that read before a
 * write must not store its value after it either: each key belongs to a stripe with an epoch, which
 * every hold raises, and a value is stored only if the epoch is what it was before it was read.
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

  /** How many holds each stripe has; each under its lock. */
  private final int[] holds = new int[STRIPES];

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
        if (holds[stripe] == 0 && epochs.get(stripe) == epoch) {
          cache.put(key, loaded.get());
        }
      }
    }
    return loaded;
  }

  /** Holds what a write is about to change; to be closed after its commit, before its answer. */
  Held hold(Collection<K> keys) {
    Held held = new Held();
    keys.forEach(held::add);
    return held;
  }

  /**
   * Holds everything, and drops what is in memory of {@code keys}; to be closed as {@link #hold}.
   */
  Everything holdAll(Predicate<K> keys) {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      synchronized (locks[stripe]) {
        holds[stripe]++;
        epochs.incrementAndGet(stripe);
      }
    }
    cache.asMap().keySet().removeIf(keys);
    return new Everything();
  }

  private void releaseAll() {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      synchronized (locks[stripe]) {
        holds[stripe]--;
        epochs.incrementAndGet(stripe);
      }
    }
  }

  private void hold(K key) {
    int stripe = stripe(key);
    synchronized (locks[stripe]) {
      holds[stripe]++;
      epochs.incrementAndGet(stripe);
      cache.invalidate(key);
    }
  }

  private void release(K key) {
    int stripe = stripe(key);
    synchronized (locks[stripe]) {
      holds[stripe]--;
      epochs.incrementAndGet(stripe);
    }
  }

  private static int stripe(Object key) {
    int hash = key.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }

  /** The keys of one write. Used by one thread at a time. */
  final class Held implements AutoCloseable {
    private final Set<K> keys = new HashSet<>();

    /** Holds one more key; inside the transaction is early enough. */
    void add(K key) {
      if (keys.add(key)) {
        hold(key);
      }
    }

    @Override
    public void close() {
      keys.forEach(GuardedCache.this::release);
      keys.clear();
    }
  }

  /** All keys, for one write. */
  final class Everything implements AutoCloseable {
    @Override
    public void close() {
      releaseAll();
    }
  }
}
