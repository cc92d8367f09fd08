package io.hatoba.server.scrub;

import io.hatoba.server.startup.Range;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How stored content is read again to find what a disk has changed or lost. */
@ConfigMapping(prefix = "hatoba.scrub")
public interface ScrubConfig {
  /**
   * In what time all stored content is read once, evenly spread over that time. Default 30d, range
   * 0s (never by itself; a pass can still be started over the API) to 3650d.
   */
  @WithDefault("30d")
  @Range(min = "0s", max = "3650d")
  Duration period();

  /**
   * How many bytes one server reads in a second for this at most. Default 16M, range 64K to 100G.
   * If that is too little for the period, a pass takes longer.
   */
  @WithDefault("16M")
  @Range(min = "64K", max = "100G")
  MemorySize bytesPerSecond();
}
