package io.hatoba.server.content;

import io.hatoba.server.startup.Range;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the content core. */
@ConfigMapping(prefix = "hatoba.content")
public interface ContentConfig {
  /**
   * Blobs up to this size rest in the database instead of a file or object of their own. Default
   * 16K, range 0 (none) to 1M. A change applies to blobs that are pushed from then on.
   */
  @WithDefault("16K")
  @Range(min = "0", max = "1M")
  MemorySize inlineBlobSize();

  /**
   * How long an upload is kept after its last request. Default 24h, range 1m to 365d. An expired
   * upload is forgotten with what it has received.
   */
  @WithDefault("24h")
  @Range(min = "1m", max = "365d")
  Duration uploadExpiry();

  /**
   * Whether an index may name manifests that the repository does not have (a sparse index, as
   * mirrors of single platforms make them). Default true.
   */
  @WithDefault("true")
  boolean sparseIndex();

  /**
   * Whether an image manifest may name a config or layers that the repository does not have.
   * Default false: whoever pulls such an image fails. For mirrors that bring layers later, and for
   * the conformance program's optional test of it.
   */
  @WithDefault("false")
  boolean sparseImage();

  /**
   * Memory for manifests, small blobs and names that were read before. Default 64M, range 1M to 4G.
   * Used only where this process is the only one that writes to the database.
   */
  @WithDefault("64M")
  @Range(min = "1M", max = "4G")
  MemorySize cacheSize();
}
