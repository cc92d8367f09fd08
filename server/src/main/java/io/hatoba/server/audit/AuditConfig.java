package io.hatoba.server.audit;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What the audit log keeps. */
@ConfigMapping(prefix = "hatoba.audit")
public interface AuditConfig {
  /**
   * How long a row of the audit log is kept. Default 365d, range 1d to 36500d. What is older is
   * dropped within the hour, a few hundred rows at a time.
   */
  @WithDefault("365d")
  @Range(min = "1d", max = "36500d")
  Duration retention();

  /**
   * Whether pulls are in the audit log too, equal ones within ten seconds as one row that counts
   * them. Default false: there are far more of them than of anything else.
   */
  @WithDefault("false")
  boolean pulls();
}
