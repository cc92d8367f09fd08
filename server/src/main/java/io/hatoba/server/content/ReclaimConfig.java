package io.hatoba.server.content;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** When space comes back that nothing needs any more (E7). */
@ConfigMapping(prefix = "hatoba.reclaim")
public interface ReclaimConfig {
  /**
   * How long a blob that was just pushed, mounted or asked for by a push is kept although no
   * manifest names it yet. Default 24h, range 1s to 365d: longer than the slowest push. Of a blob
   * that no push has asked for since its artifact was pushed, 10 minutes are kept when that
   * artifact is deleted.
   */
  @WithDefault("24h")
  @Range(min = "1s", max = "365d")
  Duration grace();
}
