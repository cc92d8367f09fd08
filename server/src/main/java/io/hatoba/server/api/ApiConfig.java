package io.hatoba.server.api;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Limits of the management API. */
@ConfigMapping(prefix = "hatoba.api")
public interface ApiConfig {
  /**
   * How many requests to the management API one principal, or one address without credentials, may
   * make in a second, steadily. Default 50, range 0 to 1000000; 0 is no limit. More are answered
   * with 429 and Retry-After. Each server counts for itself.
   */
  @WithDefault("50")
  @Range(min = "0", max = "1000000")
  int rateLimit();

  /**
   * How many requests may come at once after a quiet time. Default 200, range 1 to 1000000. See
   * hatoba.api.rate-limit.
   */
  @WithDefault("200")
  @Range(min = "1", max = "1000000")
  int rateBurst();
}
