package io.hatoba.server.auth;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/** A clock that stands until a test moves it. */
public final class SettableClock implements InstantSource {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-24T07:00:00Z"));

  @Override
  public Instant instant() {
    return now.get();
  }

  /** Moves it. */
  public void advance(Duration duration) {
    now.updateAndGet(before -> before.plus(duration));
  }
}
