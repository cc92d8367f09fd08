package io.hatoba.server.auth;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Tokens, and the address under which clients reach the server. */
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

  /**
   * The address that clients use, for example https://registry.example.com. No default: realm and
   * redirects then follow the address that each request came to.
   */
  Optional<String> externalUrl();

  /**
   * Networks of reverse proxies whose forwarded headers are believed, as addresses or in CIDR form,
   * separated by commas. No default: no such header is believed.
   */
  Optional<List<String>> trustedProxies();

  /**
   * Which headers a trusted proxy sets. Default x-forwarded (X-Forwarded-For, -Proto, -Host and
   * -Port); forwarded is the header of RFC 7239. The other kind is not read, since a proxy that
   * does not set it passes on what a client has made up.
   */
  @WithDefault("x-forwarded")
  ForwardedHeader forwardedHeader();

  /** See {@link #forwardedHeader}. */
  enum ForwardedHeader {
    X_FORWARDED,
    FORWARDED
  }
}
