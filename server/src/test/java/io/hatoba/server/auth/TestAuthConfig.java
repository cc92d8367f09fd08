package io.hatoba.server.auth;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The defaults, and what a test changes of them. */
public record TestAuthConfig(
    Duration tokenLifetime,
    String service,
    String issuer,
    Optional<String> externalUrl,
    Optional<List<String>> trustedProxies,
    ForwardedHeader forwardedHeader)
    implements AuthConfig {
  /** The documented defaults. */
  public static final TestAuthConfig DEFAULTS =
      new TestAuthConfig(
          Duration.ofMinutes(15),
          "hatoba",
          "hatoba",
          Optional.empty(),
          Optional.empty(),
          ForwardedHeader.X_FORWARDED);

  TestAuthConfig service(String name) {
    return new TestAuthConfig(
        tokenLifetime, name, issuer, externalUrl, trustedProxies, forwardedHeader);
  }

  TestAuthConfig tokenLifetime(Duration lifetime) {
    return new TestAuthConfig(
        lifetime, service, issuer, externalUrl, trustedProxies, forwardedHeader);
  }

  TestAuthConfig externalUrl(String url) {
    return new TestAuthConfig(
        tokenLifetime, service, issuer, Optional.of(url), trustedProxies, forwardedHeader);
  }

  TestAuthConfig trusting(ForwardedHeader header, String... proxies) {
    return new TestAuthConfig(
        tokenLifetime, service, issuer, externalUrl, Optional.of(List.of(proxies)), header);
  }
}
