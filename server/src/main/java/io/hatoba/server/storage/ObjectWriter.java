package io.hatoba.server.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes one object from its start to its end. Used by one thread at a time.
 *
 * <p>Closing without {@link #finish()} keeps what {@link #checkpoint()} spoke of, so that the
 * object can be resumed; after an {@link IOException} only {@link #close()} makes sense, and the
 * object can be resumed from the last checkpoint.
 */
public interface ObjectWriter extends AutoCloseable {
  /** The bytes written so far. */
  long size();

  /** Appends all remaining bytes of all buffers, in order. */
  void write(ByteBuffer... buffers) throws IOException;

  /**
   * What a later {@link Storage#resume} needs. The bytes it speaks of survive a crash of the
   * process, not of the machine.
   */
  WriteState checkpoint() throws IOException;

  /**
   * Makes the object readable, and durable against a crash of the machine, before it returns.
   * Nothing can be written after.
   */
  void finish() throws IOException;

  @Override
  void close() throws IOException;
}
