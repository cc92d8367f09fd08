package io.hatoba.server.reclaim;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How objects are found that crashes have left in the storage. */
@ConfigMapping(prefix = "hatoba.orphan")
public interface OrphanConfig {
  /**
   * How often the storage is gone through for objects that the database does not know. Default 24h,
   * range 0s (never) to 365d. Turn it off while the database or the storage is from a backup that
   * may not be the right one.
   */
  @WithDefault("24h")
  @Range(min = "0s", max = "365d")
  Duration period();

  /**
   * How long such an object must have been left alone before it is removed. Default 24h, range 1m
   * to 365d: longer than clocks of servers and storage differ.
   */
  @WithDefault("24h")
  @Range(min = "1m", max = "365d")
  Duration age();

  /**
   * How many such objects one search may find. Default 1000, range 1 to 1000000000. If there are
   * more, none is removed, since then it is rather the wrong database or the wrong storage: the log
   * says so. Raise it to go on.
   */
  @WithDefault("1000")
  @Range(min = "1", max = "1000000000")
  long limit();
}
