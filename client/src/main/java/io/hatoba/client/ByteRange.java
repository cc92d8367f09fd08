package io.hatoba.client;

/**
 * A part of a blob.
 *
 * @param offset of the first byte
 * @param length at least one; the part ends earlier if the blob does
 */
public record ByteRange(long offset, long length) {
  public ByteRange {
    if (offset < 0 || length < 1) {
      throw new IllegalArgumentException("a range starts at 0 or later and has at least one byte");
    }
  }
}
