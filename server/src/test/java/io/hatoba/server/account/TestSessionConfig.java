package io.hatoba.server.account;

import java.time.Duration;

/** The defaults, and what a test changes of them. */
public record TestSessionConfig(Duration idle, Duration lifetime) implements SessionConfig {
  /** The documented defaults. */
  public static final TestSessionConfig DEFAULTS =
      new TestSessionConfig(Duration.ofHours(12), Duration.ofDays(7));
}
