package io.hatoba.server.scrub;

/** Keeps what is read in a second below a limit. Used by one thread. */
final class Pace {
  private final double nanosPerByte;
  private long freeAt;
  private boolean begun;

  Pace(long bytesPerSecond) {
    this.nanosPerByte = 1e9 / bytesPerSecond;
  }

  /**
   * How long to wait, in nanoseconds, after so many bytes were read. What was not used before is
   * not made up for.
   *
   * @param now as {@link System#nanoTime()} says it
   */
  long spent(long bytes, long now) {
    if (!begun || freeAt - now < 0) {
      freeAt = now;
      begun = true;
    }
    freeAt += (long) (bytes * nanosPerByte);
    return freeAt - now;
  }
}
