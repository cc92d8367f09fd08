package io.hatoba.server.event;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How many may listen to events at once. */
@ConfigMapping(prefix = "hatoba.event")
public interface EventConfig {
  /**
   * How many event streams one server has open at once. Default 500, range 1 to 100000. More are
   * answered with 429.
   */
  @WithDefault("500")
  @Range(min = "1", max = "100000")
  int maxStreams();

  /**
   * How many event streams one principal has open at once on one server. Default 20, range 1 to
   * 100000. More are answered with 429.
   */
  @WithDefault("20")
  @Range(min = "1", max = "100000")
  int maxStreamsPerPrincipal();
}
