package io.hatoba.client;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A clock that only moves when somebody waits, and settings on it: no test waits for real. */
final class Fast implements InstantSource {
  static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

  final List<Duration> waits = Collections.synchronizedList(new ArrayList<>());
  private Instant now = START;

  @Override
  public synchronized Instant instant() {
    return now;
  }

  synchronized void pass(Duration time) {
    now = now.plus(time);
  }

  ClientSettings settings() {
    return ClientSettings.DEFAULT.with(
        new Retries(
            3,
            Duration.ofMillis(100),
            Duration.ofSeconds(30),
            this,
            time -> {
              waits.add(time);
              pass(time);
            }));
  }

  RegistryClient client(FarSide far) {
    return RegistryClient.of(far.origin(), Credentials.accessKey("key", "secret"), settings());
  }
}
