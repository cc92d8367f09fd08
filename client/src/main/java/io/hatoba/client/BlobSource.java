package io.hatoba.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes to push that can be read again from any point: what makes a broken push resumable. They
 * must not change while they are pushed.
 */
public interface BlobSource {
  /** The number of bytes. */
  long size();

  /**
   * The bytes from this offset to the end, as a stream of its own; whoever opens it closes it. It
   * is read on a thread of the client.
   *
   * @param offset from 0 to {@link #size()}
   */
  InputStream open(long offset) throws IOException;

  /** These bytes, which are not copied. */
  static BlobSource of(byte[] bytes) {
    return new BlobSource() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public InputStream open(long offset) {
        int from = Math.toIntExact(offset);
        return new ByteArrayInputStream(bytes, from, bytes.length - from);
      }
    };
  }

  /** A file, whose size is read now. */
  static BlobSource of(Path file) throws IOException {
    long size = Files.size(file);
    return new BlobSource() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public InputStream open(long offset) throws IOException {
        SeekableByteChannel channel = Files.newByteChannel(file);
        channel.position(offset);
        return Channels.newInputStream(channel);
      }
    };
  }
}
