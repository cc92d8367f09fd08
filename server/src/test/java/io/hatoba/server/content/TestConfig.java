package io.hatoba.server.content;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.time.Duration;

/** Settings for a test. */
record TestConfig(
    MemorySize inlineBlobSize,
    Duration uploadExpiry,
    Duration grace,
    Duration window,
    boolean sparseIndex,
    boolean sparseImage,
    MemorySize cacheSize)
    implements ContentConfig, ReclaimConfig, UndoConfig {
  static final int INLINE = 1_000;

  static final TestConfig DEFAULT =
      new TestConfig(
          bytes(INLINE),
          Duration.ofHours(24),
          Duration.ofHours(10),
          Duration.ofDays(14),
          true,
          false,
          bytes(16 << 20));

  TestConfig withInline(int size) {
    return new TestConfig(
        bytes(size), uploadExpiry, grace, window, sparseIndex, sparseImage, cacheSize);
  }

  TestConfig withoutSparseIndexes() {
    return new TestConfig(
        inlineBlobSize, uploadExpiry, grace, window, false, sparseImage, cacheSize);
  }

  TestConfig withSparseImages() {
    return new TestConfig(
        inlineBlobSize, uploadExpiry, grace, window, sparseIndex, true, cacheSize);
  }

  TestConfig keeping(Duration grace, Duration window) {
    return new TestConfig(
        inlineBlobSize, uploadExpiry, grace, window, sparseIndex, sparseImage, cacheSize);
  }

  private static MemorySize bytes(int size) {
    return new MemorySize(BigInteger.valueOf(size));
  }
}
