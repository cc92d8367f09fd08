package io.hatoba.server.content;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.time.Duration;

/** Settings for a test. */
record TestConfig(
    MemorySize inlineBlobSize,
    Duration uploadExpiry,
    Duration blobLease,
    boolean sparseIndex,
    boolean sparseImage,
    MemorySize cacheSize)
    implements ContentConfig {
  static final int INLINE = 1_000;

  static final TestConfig DEFAULT =
      new TestConfig(
          bytes(INLINE), Duration.ofHours(24), Duration.ofHours(10), true, false, bytes(16 << 20));

  TestConfig withInline(int size) {
    return new TestConfig(
        bytes(size), uploadExpiry, blobLease, sparseIndex, sparseImage, cacheSize);
  }

  TestConfig withoutSparseIndexes() {
    return new TestConfig(inlineBlobSize, uploadExpiry, blobLease, false, sparseImage, cacheSize);
  }

  TestConfig withSparseImages() {
    return new TestConfig(inlineBlobSize, uploadExpiry, blobLease, sparseIndex, true, cacheSize);
  }

  private static MemorySize bytes(int size) {
    return new MemorySize(BigInteger.valueOf(size));
  }
}
