package io.hatoba.server.distribution;

import io.hatoba.server.startup.Range;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** Limits of the registry protocol. */
@ConfigMapping(prefix = "hatoba.distribution")
public interface DistributionConfig {
  /**
   * The longest manifest that can be pushed. Longer ones are refused with 413. Default 4 MiB and 64
   * KiB, since clients mean either 4,000,000 or 4,194,304 bytes by their own limit; from 64K to
   * 64M.
   */
  @WithDefault("4260K")
  @Range(min = "64K", max = "64M")
  MemorySize maxManifestSize();

  /**
   * The longest blob that can be pushed. Longer ones are refused with 413 as soon as it shows.
   * Default: no limit; from 1M on.
   */
  Optional<MemorySize> maxBlobSize();

  /**
   * How many requests may send a body at once; further ones get 429 with {@code Retry-After}.
   * Default 512; from 1 to 100,000.
   */
  @WithDefault("512")
  @Range(min = "1", max = "100000")
  int maxConcurrentUploads();

  /**
   * Memory for bytes that have arrived and are not yet stored, shared by all uploads: each gets its
   * share of it, at most 2 MiB and at least 128 KiB. Default 64 MiB; from 1M to 16G.
   */
  @WithDefault("64M")
  @Range(min = "1M", max = "16G")
  MemorySize uploadBuffer();

  /**
   * How many tags may be given to one push by {@code tag=}. More are refused with 400. Default 100;
   * from 10 to 1,000.
   */
  @WithDefault("100")
  @Range(min = "10", max = "1000")
  int maxTagsPerPush();

  /**
   * The longest page of {@code tags/list}, and the page of a request that does not say {@code n}.
   * Default 10,000; from 1 to 100,000.
   */
  @WithDefault("10000")
  @Range(min = "1", max = "100000")
  int tagsPageSize();

  /**
   * The longest page of {@code _catalog}, and the page of a request that does not say {@code n}.
   * Default 1,000; from 1 to 100,000.
   */
  @WithDefault("1000")
  @Range(min = "1", max = "100000")
  int catalogPageSize();

  /**
   * The longest page of referrers. Default 4,000,000 bytes: clients stop reading at 4 MiB, and some
   * read the first page only. From 64K to 4M.
   */
  @WithDefault("4000000")
  @Range(min = "64K", max = "4M")
  MemorySize referrersPageSize();
}
