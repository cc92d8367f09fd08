package io.hatoba.server.storage;

/**
 * What must be remembered, in the row of an upload, to go on with an object later or elsewhere.
 *
 * @param size how many bytes the object has
 * @param detail what the implementation needs besides (an object store: its upload id and the
 *     parts); empty for files
 */
public record WriteState(long size, String detail) {
  public WriteState {
    if (size < 0) {
      throw new IllegalArgumentException("size is negative");
    }
  }

  /** A state of nothing but a size. */
  public static WriteState ofSize(long size) {
    return new WriteState(size, "");
  }
}
