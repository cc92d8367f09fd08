package io.hatoba.server.database;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Runs transactions. Both methods block and may be called from any thread except an event loop; a
 * virtual thread that waits here does not hold its carrier. No connection is held while bytes flow:
 * work touches nothing but the database.
 *
 * <p>Failures: a {@link io.hatoba.oci.RefusedException} thrown by the work rolls its transaction
 * back and reaches the caller as it is; so does any other exception of the work. When the database
 * cannot be reached, is full or read-only, or no connection comes free in time, the caller gets
 * {@code RefusedException} with {@code UNAVAILABLE}. After an exception nothing of the work is
 * stored.
 */
public interface Database extends AutoCloseable {
  /** The words that differ. */
  Dialect dialect();

  /** Runs read-only work on one consistent snapshot. Work that writes fails. */
  <T extends @Nullable Object> T read(Work<T> work);

  /**
   * Runs work in one transaction and returns after it is committed and synced. The work may be run
   * more than once (after a serialisation failure, a deadlock, or a broken batch), so it has no
   * effect outside the handle.
   */
  <T extends @Nullable Object> T write(Work<T> work);

  /**
   * Queues work that the caller need not wait for. If {@link #exclusive()}, it runs before every
   * write that this process asks for later, and the stage completes when it is committed; otherwise
   * it is committed when this returns. It fails as {@link #write} does: the stage, or the call.
   */
  default CompletionStage<Void> writeBehind(Work<?> work) {
    write(work);
    return CompletableFuture.completedStage(null);
  }

  /**
   * Whether this process is the only one that can change the database. Then a cache that its own
   * writes invalidate is exact; otherwise nothing that can change may be cached.
   */
  boolean exclusive();

  /**
   * Waits for running work and closes every connection; later work is refused with {@code
   * UNAVAILABLE}.
   */
  @Override
  void close();

  /** Something to do in a transaction. Never opens, commits or rolls back one itself. */
  @FunctionalInterface
  interface Work<T extends @Nullable Object> {
    T run(Handle handle);
  }
}
