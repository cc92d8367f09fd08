package io.hatoba.server.content;

/**
 * What came back.
 *
 * @param blobs how many
 * @param bytes of them; those in objects are free a moment later, when the object is gone
 */
public record Freed(long blobs, long bytes) {
  static final Freed NOTHING = new Freed(0, 0);

  /** Both together. */
  public Freed plus(Freed other) {
    return new Freed(blobs + other.blobs, bytes + other.bytes);
  }
}
