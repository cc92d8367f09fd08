package io.hatoba.server.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Writes one file of {@link FileStorage}.
 *
 * <p>Each {@link #FLUSH} bytes a background thread syncs what is written so far, one sync at a
 * time: the disk works while the network does. What such a sync reports is reported by {@link
 * #finish()}, since the kernel tells a write error only once.
 */
final class FileWriter implements ObjectWriter {
  private static final long FLUSH = 8 << 20;

  private final FileStorage storage;
  private final ObjectKey key;
  private final Path path;
  private final FileChannel channel;
  private final Executor flushers;
  private long size;
  private long flushed;
  private @Nullable CompletableFuture<Void> flushing;
  private boolean finished;

  FileWriter(
      FileStorage storage,
      ObjectKey key,
      Path path,
      FileChannel channel,
      long size,
      Executor flushers) {
    this.storage = storage;
    this.key = key;
    this.path = path;
    this.channel = channel;
    this.size = size;
    this.flushed = size;
    this.flushers = flushers;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void write(ByteBuffer... buffers) throws IOException {
    if (finished) {
      throw new IllegalStateException("object " + key + " is finished");
    }
    long left = Arrays.stream(buffers).mapToLong(ByteBuffer::remaining).sum();
    try {
      while (left > 0) {
        long written = channel.write(buffers);
        left -= written;
        size += written;
      }
    } catch (IOException e) {
      throw told(e);
    }
    flushEarly();
  }

  @Override
  public WriteState checkpoint() {
    return WriteState.ofSize(size);
  }

  @Override
  public void finish() throws IOException {
    if (finished) {
      throw new IllegalStateException("object " + key + " is finished");
    }
    finished = true;
    awaitFlush();
    try {
      channel.force(false);
    } catch (IOException e) {
      throw told(e);
    }
    storage.syncNameOf(path);
  }

  @Override
  public void close() throws IOException {
    CompletableFuture<Void> running = flushing;
    if (running != null) {
      running.handle((_, _) -> true).join(); // its failure is finish's to tell
    }
    channel.close();
  }

  /** The exception for a caller: a full disk is told apart. */
  static IOException told(IOException failure) {
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    boolean full =
        message.contains("no space left on device") || message.contains("disk quota exceeded");
    return full ? new StorageFullException("no space left for objects", failure) : failure;
  }

  private void flushEarly() {
    CompletableFuture<Void> running = flushing;
    if (size - flushed < FLUSH || (running != null && !running.isDone())) {
      return;
    }
    if (running != null && running.isCompletedExceptionally()) {
      return;
    }
    flushed = size;
    flushing =
        CompletableFuture.runAsync(
            () -> {
              try {
                channel.force(false);
              } catch (IOException e) {
                throw new CompletionException(e);
              }
            },
            flushers);
  }

  private void awaitFlush() throws IOException {
    CompletableFuture<Void> running = flushing;
    if (running == null) {
      return;
    }
    try {
      running.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof IOException failure ? told(failure) : new IOException(e);
    }
  }
}
