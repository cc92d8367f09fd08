package io.hatoba.server.auth;

import java.time.Duration;

/** The defaults, and what a test changes of them. */
public record TestAuthConfig(Duration tokenLifetime, String service, String issuer)
    implements AuthConfig {
  /** The documented defaults. */
  public static final TestAuthConfig DEFAULTS =
      new TestAuthConfig(Duration.ofMinutes(15), "hatoba", "hatoba");

  TestAuthConfig service(String name) {
    return new TestAuthConfig(tokenLifetime, name, issuer);
  }

  TestAuthConfig tokenLifetime(Duration lifetime) {
    return new TestAuthConfig(lifetime, service, issuer);
  }
}
