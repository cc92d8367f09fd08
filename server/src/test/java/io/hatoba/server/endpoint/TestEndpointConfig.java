package io.hatoba.server.endpoint;

import java.util.List;
import java.util.Optional;

/** The defaults, and what a test changes of them. */
public record TestEndpointConfig(
    Optional<String> externalUrl,
    Optional<List<String>> trustedProxies,
    ForwardedHeader forwardedHeader)
    implements EndpointConfig {
  /** The documented defaults. */
  public static final TestEndpointConfig DEFAULTS =
      new TestEndpointConfig(Optional.empty(), Optional.empty(), ForwardedHeader.X_FORWARDED);

  TestEndpointConfig externalUrl(String url) {
    return new TestEndpointConfig(Optional.of(url), trustedProxies, forwardedHeader);
  }

  TestEndpointConfig trusting(ForwardedHeader header, String... proxies) {
    return new TestEndpointConfig(externalUrl, Optional.of(List.of(proxies)), header);
  }
}
