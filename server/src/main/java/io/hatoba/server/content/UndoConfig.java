package io.hatoba.server.content;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long deletions can be undone (C6). */
@ConfigMapping(prefix = "hatoba.undo")
public interface UndoConfig {
  /**
   * How long what was deleted can be brought back, in registries that do not say it themselves.
   * Default 14d, range 0s (not at all) to 3650d. A change applies to what is deleted from then on.
   */
  @WithDefault("14d")
  @Range(min = "0s", max = "3650d")
  Duration window();
}
