package io.hatoba.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer as a stream that fails when no byte comes for too long, which the JDK's own
 * does not. At most two batches of the JDK's buffers are held. One thread reads; closing early ends
 * the connection.
 */
final class BodyStream extends InputStream implements BodySubscriber<BodyStream> {
  private sealed interface Signal {
    record Data(List<ByteBuffer> buffers) implements Signal {}

    record Failed(Throwable cause) implements Signal {}

    record End() implements Signal {}
  }

  private final Duration stall;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private final Queue<ByteBuffer> buffers = new ArrayDeque<>();
  private final Object lock = new Object();
  private Flow.@Nullable Subscription subscription;
  private boolean closed;
  private boolean ended;

  BodyStream(Duration stall) {
    this.stall = stall;
  }

  @Override
  public CompletionStage<BodyStream> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription started) {
    boolean cancelled;
    synchronized (lock) {
      subscription = started;
      cancelled = closed;
    }
    if (cancelled) {
      started.cancel();
      return;
    }
    started.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> item) {
    signals.add(new Signal.Data(item));
  }

  @Override
  public void onError(Throwable cause) {
    signals.add(new Signal.Failed(cause));
  }

  @Override
  public void onComplete() {
    signals.add(new Signal.End());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    while (!ended) {
      ByteBuffer buffer = buffers.peek();
      if (buffer == null) {
        receive();
      } else if (!buffer.hasRemaining()) {
        buffers.remove();
      } else {
        int count = Math.min(length, buffer.remaining());
        buffer.get(target, offset, count);
        return count;
      }
    }
    return -1;
  }

  /** Reads and drops what is left if that is little, so that the connection can be used again. */
  void discard(int most) throws IOException {
    byte[] scrap = new byte[8192];
    int total = 0;
    int count;
    while (total <= most && (count = read(scrap)) >= 0) {
      total += count;
    }
    close();
  }

  @Override
  public void close() {
    Flow.Subscription running;
    synchronized (lock) {
      closed = true;
      running = subscription;
    }
    if (running != null && !ended) {
      running.cancel();
    }
    ended = true;
    buffers.clear();
  }

  private void receive() throws IOException {
    switch (nextSignal()) {
      case Signal.Data(List<ByteBuffer> received) -> {
        buffers.addAll(received);
        request();
      }
      case Signal.Failed(Throwable cause) -> {
        ended = true;
        throw new ConnectionFailedException("the answer broke off", cause);
      }
      case Signal.End() -> ended = true;
    }
  }

  private Signal nextSignal() throws IOException {
    try {
      Signal signal = signals.poll(stall.toNanos(), TimeUnit.NANOSECONDS);
      if (signal == null) {
        close();
        throw new ConnectionFailedException("no byte came for " + stall);
      }
      return signal;
    } catch (InterruptedException e) {
      close();
      throw interrupted(e);
    }
  }

  private void request() {
    Flow.Subscription running;
    synchronized (lock) {
      running = subscription;
    }
    if (running != null) {
      running.request(1);
    }
  }

  /** What an interrupt becomes here: an I/O failure, with the flag set again. */
  static InterruptedIOException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    InterruptedIOException failure = new InterruptedIOException("interrupted");
    failure.initCause(cause);
    return failure;
  }
}
