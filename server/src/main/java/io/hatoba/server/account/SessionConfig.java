package io.hatoba.server.account;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Sessions of people who have signed in to the console. */
@ConfigMapping(prefix = "hatoba.session")
public interface SessionConfig {
  /** How long a session lasts without a request. Default 12h, range 5m to 30d. */
  @WithDefault("12h")
  @Range(min = "5m", max = "30d")
  Duration idle();

  /** How long a session lasts at most, however much it is used. Default 7d, range 1h to 90d. */
  @WithDefault("7d")
  @Range(min = "1h", max = "90d")
  Duration lifetime();
}
