package io.hatoba.server.backup;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A few threads that read and hash files. */
final class Workers implements AutoCloseable {
  private static final int MOST = 4;

  private final ExecutorService threads;

  Workers(String name) {
    threads =
        Executors.newFixedThreadPool(
            Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST),
            Thread.ofPlatform().name(name, 0).daemon().factory());
  }

  /** Something to do with an item. */
  @FunctionalInterface
  interface Work<T> {
    void run(T item) throws IOException;
  }

  /** Does it with each, and returns when all is done; the first failure is thrown. */
  <T> void forEach(List<T> items, Work<T> work) throws IOException {
    List<Callable<Boolean>> calls =
        items.stream()
            .<Callable<Boolean>>map(
                item ->
                    () -> {
                      work.run(item);
                      return true;
                    })
            .toList();
    try {
      for (Future<Boolean> done : threads.invokeAll(calls)) {
        done.get();
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case Throwable failure -> throw new IllegalStateException(failure);
        case null -> throw new IllegalStateException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
