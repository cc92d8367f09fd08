package io.hatoba.server.content;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.oci.DigestAlgorithm;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;

/**
 * Digests of uploads between two requests. The JDK's digest is the fast one and cannot be stored,
 * so it waits in memory for the next request; if that comes to another node, after a restart or too
 * late, the bytes are read again once.
 */
final class RunningDigests {
  private final Cache<String, Running> waiting =
      Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofHours(1)).build();

  /**
   * The digest of the first {@code hashed} bytes, if it waits here; it no longer does afterwards.
   */
  Optional<Running> take(String uploadId, DigestAlgorithm algorithm, long hashed) {
    Running running = waiting.asMap().remove(uploadId);
    return Optional.ofNullable(running)
        .filter(r -> r.algorithm() == algorithm && r.hashed() == hashed);
  }

  void keep(String uploadId, Running running) {
    waiting.put(uploadId, running);
  }

  void forget(String uploadId) {
    waiting.invalidate(uploadId);
  }

  /** A digest of the first {@code hashed} bytes. */
  record Running(DigestAlgorithm algorithm, MessageDigest digest, long hashed) {}
}
