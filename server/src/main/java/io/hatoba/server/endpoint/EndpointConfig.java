package io.hatoba.server.endpoint;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** The addresses under which clients reach the server. */
@ConfigMapping(prefix = "hatoba.endpoint")
public interface EndpointConfig {
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
