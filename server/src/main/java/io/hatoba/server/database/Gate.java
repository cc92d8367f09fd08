package io.hatoba.server.database;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Counts what runs, so that closing can wait for it, and keeps work from calling its database
 * again, which would wait for itself.
 */
final class Gate {
  private static final int ALL = Integer.MAX_VALUE;

  private final Semaphore running = new Semaphore(ALL);
  private final ThreadLocal<Boolean> inside = ThreadLocal.withInitial(() -> false);
  private volatile boolean closed;

  /** Lets the caller in; it must {@link #leave()}. */
  void enter() {
    if (inside.get()) {
      throw new IllegalStateException("work inside a transaction must not open another one");
    }
    if (closed || !running.tryAcquire()) {
      throw new RefusedException(
          new Refusal.Unavailable("the server is stopping; try again", Duration.ofSeconds(5)));
    }
  }

  void leave() {
    running.release();
  }

  /** Runs the work, on whatever thread it is run on. */
  <T extends @Nullable Object> T run(Database.Work<T> work, Handle handle) {
    inside.set(true);
    try {
      return work.run(handle);
    } finally {
      inside.remove();
    }
  }

  /**
   * Refuses whatever comes from now on and waits for what is inside. True the first time only: that
   * caller releases what the database holds.
   */
  synchronized boolean close() {
    if (closed) {
      return false;
    }
    closed = true;
    running.acquireUninterruptibly(ALL);
    return true;
  }
}
