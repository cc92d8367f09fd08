package io.hatoba.server.auth;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Tokens. */
@ConfigMapping(prefix = "hatoba.auth")
public interface AuthConfig {
  /**
   * How long a token is good. Default 15m, range 5m to 30m. A token never outlives its access key,
   * and ends at once when the key is disabled.
   */
  @WithDefault("15m")
  @Range(min = "5m", max = "30m")
  Duration tokenLifetime();

  /**
   * The name of this service in challenges and tokens. Default hatoba; 1 to 64 characters of A-Z,
   * a-z, 0-9, '.', '_', ':' and '-'. Nodes of one installation have the same.
   */
  @WithDefault("hatoba")
  String service();

  /**
   * Who signs the tokens. Default hatoba; 1 to 64 characters as for the service. Nodes of one
   * installation have the same.
   */
  @WithDefault("hatoba")
  String issuer();
}
