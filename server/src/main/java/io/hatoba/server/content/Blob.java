package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.server.storage.ObjectKey;
import java.util.Arrays;

/**
 * A blob that a repository may read.
 *
 * @param size in bytes
 */
public record Blob(Digest digest, long size, Body body) {
  /** Where the bytes are. */
  public sealed interface Body {}

  /** In the database, since they are few; held in memory. */
  @SuppressWarnings(
      "ArrayRecordComponent") // shared, never handed out for writing; a copy each would double the
  // memory
  public record Inline(byte[] bytes) implements Body {
    @Override
    public boolean equals(Object other) {
      return other instanceof Inline(byte[] theirs) && Arrays.equals(bytes, theirs);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
      return "Inline[" + bytes.length + " bytes]";
    }
  }

  /** An object of the storage. */
  public record Stored(ObjectKey key) implements Body {}
}
