package io.hatoba.server.distribution;

import io.hatoba.server.content.ByteSource;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request, handed over from the event loop to the thread that reads it.
 *
 * <p>Made on the event loop before the route's handler returns, paused: a body that nobody reads
 * stays with the client. The first {@link #next} says {@code 100 Continue} if the client waits for
 * it and lets the bytes come. More than a high-water mark is never held; above it the connection is
 * not read, below half of it it is again. The buffers handed out are those that arrived, not
 * copies.
 */
final class BodyReader implements ByteSource {
  private static final int BATCH = 1024 * 1024;

  /** What a buffer costs besides its bytes: a body may come in chunks of one byte. */
  private static final int OVERHEAD = 256;

  private final HttpServerRequest request;
  private final Context eventLoop;
  private final boolean awaitsContinue;
  private final IntSupplier highWater;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Buffer> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private boolean opened;
  private boolean paused;
  private boolean ended;
  private boolean aborted;
  private long discardLimit = -1;
  private @Nullable Runnable discarded;

  /**
   * Must be made on the event loop, inside the route's handler.
   *
   * @param awaitsContinue whether the client waits for {@code 100 Continue}
   * @param highWater how many bytes may wait here now
   */
  BodyReader(
      HttpServerRequest request, Context eventLoop, boolean awaitsContinue, IntSupplier highWater) {
    this.request = request;
    this.eventLoop = eventLoop;
    this.awaitsContinue = awaitsContinue;
    this.highWater = highWater;
    request.pause();
    request.handler(this::arrived);
    request.endHandler(_ -> ended());
    request.exceptionHandler(_ -> failed());
  }

  @Override
  public List<ByteBuffer> next() {
    boolean mayGoOn;
    List<ByteBuffer> batch = new ArrayList<>();
    lock.lock();
    try {
      if (!opened) {
        opened = true;
        eventLoop.runOnContext(_ -> open());
      }
      while (waiting.isEmpty() && !ended && !aborted) {
        changed.awaitUninterruptibly();
      }
      if (aborted && waiting.isEmpty()) {
        throw new BodyAbortedException("the body of the request did not come to its end");
      }
      takeBatch(batch);
      mayGoOn = paused && waitingBytes <= highWater.getAsInt() / 2;
    } finally {
      lock.unlock();
    }
    if (mayGoOn) {
      // Pausing and resuming both happen on the event loop, so that one cannot overtake the other.
      eventLoop.runOnContext(_ -> goOn());
    }
    return batch;
  }

  /** Whether the whole body was received, or its client is gone. Nothing remains to be drained. */
  boolean isOver() {
    lock.lock();
    try {
      return ended || aborted;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the client still waits to be told to send. It will not send after another answer. */
  boolean isHeldBack() {
    lock.lock();
    try {
      return awaitsContinue && !opened;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Throws away what is still to come, so that a client in the middle of sending gets to read its
   * answer (swift-container-plugin PR#30).
   *
   * @param limit how many bytes to put up with
   * @param then runs once on the event loop: at the end of the body, when the client is gone, or
   *     beyond the limit
   */
  void discard(long limit, Runnable then) {
    eventLoop.runOnContext(
        _ -> {
          boolean over;
          lock.lock();
          try {
            waiting.clear();
            waitingBytes = 0;
            over = ended || aborted;
            discardLimit = limit;
            discarded = then;
          } finally {
            lock.unlock();
          }
          if (over) {
            finishDiscarding();
          } else {
            request.resume();
          }
        });
  }

  private void open() {
    if (awaitsContinue) {
      request.response().writeContinue();
    }
    request.resume();
  }

  private void goOn() {
    lock.lock();
    try {
      if (!paused) {
        return;
      }
      paused = false;
    } finally {
      lock.unlock();
    }
    request.resume();
  }

  private void arrived(Buffer buffer) {
    boolean tooMuch = false;
    boolean enoughDiscarded = false;
    lock.lock();
    try {
      if (discardLimit >= 0) {
        discardLimit -= buffer.length();
        enoughDiscarded = discardLimit < 0;
      } else {
        waiting.add(buffer);
        waitingBytes += cost(buffer);
        tooMuch = !paused && waitingBytes > highWater.getAsInt();
        paused |= tooMuch;
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
    if (tooMuch) {
      request.pause();
    }
    if (enoughDiscarded) {
      finishDiscarding();
    }
  }

  private void ended() {
    lock.lock();
    try {
      ended = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    finishDiscarding();
  }

  private void failed() {
    lock.lock();
    try {
      aborted = !ended;
      changed.signal();
    } finally {
      lock.unlock();
    }
    finishDiscarding();
  }

  private void finishDiscarding() {
    Runnable then;
    lock.lock();
    try {
      then = discarded;
      discarded = null;
      discardLimit = Long.MAX_VALUE;
    } finally {
      lock.unlock();
    }
    if (then != null) {
      then.run();
    }
  }

  private void takeBatch(List<ByteBuffer> batch) {
    long taken = 0;
    for (Buffer next = waiting.peek();
        next != null && (batch.isEmpty() || taken + cost(next) <= BATCH);
        next = waiting.peek()) {
      waiting.remove();
      taken += cost(next);
      batch.add(Buffers.shared(next));
    }
    waitingBytes -= taken;
  }

  private static long cost(Buffer buffer) {
    return buffer.length() + (long) OVERHEAD;
  }
}
