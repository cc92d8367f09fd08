package io.hatoba.server.content;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The body of a request as it arrives. Read by one thread, a virtual one, until it is empty or
 * fails.
 */
public interface ByteSource {
  /** A body without bytes. */
  ByteSource EMPTY = List::of;

  /**
   * Waits for bytes and returns what has arrived, at most about 1 MiB; the buffers are the caller's
   * until the next call. An empty list is the end.
   *
   * @throws BodyAbortedException if the client went away, stalled or broke the framing: there is
   *     nobody to answer
   */
  List<ByteBuffer> next();

  /** How many bytes it says it will bring; 0 if it does not say. */
  default long announced() {
    return 0;
  }

  /** This body, which says that it will bring so many bytes. */
  default ByteSource announcing(long bytes) {
    ByteSource body = this;
    return new ByteSource() {
      @Override
      public List<ByteBuffer> next() {
        return body.next();
      }

      @Override
      public long announced() {
        return bytes;
      }
    };
  }

  /** The body did not come to its end. */
  final class BodyAbortedException extends RuntimeException {
    public BodyAbortedException(String message) {
      super(message, null, false, false);
    }
  }
}
