package io.hatoba.server.content;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The platform threads that hash and touch files. A write to a file holds a virtual thread's
 * carrier while the kernel throttles it, so two slow disks would stop every request; here they stop
 * these threads only, and their number bounds the concurrent writers. Slow clients hold none: work
 * is handed over when bytes are there.
 */
@Singleton
public final class ContentIo implements AutoCloseable {
  private static final int THREADS = 32;

  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().name("content-io-", 0).daemon(true).factory());

  /**
   * Runs work on one of the threads and waits for it, to its end even when interrupted: bytes may
   * be half written.
   */
  <T> T call(Work<T> work) throws IOException {
    Future<T> future = threads.submit(work::run);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw failure(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  @PreDestroy
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private static IOException failure(ExecutionException e) {
    return switch (e.getCause()) {
      case IOException cause -> cause;
      case UncheckedIOException cause -> new IOException(cause);
      case RuntimeException cause -> throw cause;
      case Error cause -> throw cause;
      case null, default -> throw new IllegalStateException(e);
    };
  }

  /** Work that touches files. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }
}
