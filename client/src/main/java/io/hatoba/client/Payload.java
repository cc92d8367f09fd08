package io.hatoba.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request: a part of a source, read again each time it is sent.
 *
 * @param offset where in the source the part begins
 * @param length its length in bytes
 */
record Payload(BlobSource source, long offset, long length) {
  static Payload whole(BlobSource source) {
    return new Payload(source, 0, source.size());
  }

  /** One sending of it. */
  Sending start() {
    return new Sending(this);
  }

  /** Counts what is sent and keeps why the source failed, if it did. */
  static final class Sending implements AutoCloseable {
    private final Payload payload;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private final Queue<InputStream> opened = new ConcurrentLinkedQueue<>();

    private Sending(Payload payload) {
      this.payload = payload;
    }

    BodyPublisher publisher() {
      if (payload.length == 0) {
        return BodyPublishers.noBody();
      }
      return BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(this::open), payload.length);
    }

    /** Grows with every byte that leaves the source. */
    long progress() {
      return sent.get();
    }

    /** Throws if it was the source that failed, and not the connection. */
    void checkSource() throws IOException {
      IOException cause = failure.get();
      if (cause != null) {
        throw new IOException("the content to push could not be read", cause);
      }
    }

    @Override
    public void close() throws IOException {
      for (InputStream stream : opened) {
        stream.close();
      }
    }

    private InputStream open() {
      try {
        InputStream stream = payload.source.open(payload.offset);
        opened.add(stream);
        return new Part(stream);
      } catch (IOException e) {
        failure.set(e);
        return InputStream.nullInputStream();
      }
    }

    private final class Part extends InputStream {
      private final InputStream stream;
      private long left = payload.length;

      Part(InputStream stream) {
        this.stream = stream;
      }

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        if (left == 0) {
          return -1;
        }
        try {
          int count = stream.read(buffer, offset, (int) Math.min(length, left));
          if (count < 0) {
            throw new IOException(
                "the source ended %d bytes before the end that it promised".formatted(left));
          }
          left -= count;
          sent.addAndGet(count);
          return count;
        } catch (IOException e) {
          failure.set(e);
          throw e;
        }
      }
    }
  }
}
