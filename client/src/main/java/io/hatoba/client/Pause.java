package io.hatoba.client;

import java.time.Duration;

/** How the client waits before it tries again; tests put something faster here. */
@FunctionalInterface
public interface Pause {
  /** Sleeps. */
  Pause SLEEP = Thread::sleep;

  /** Returns when the time has passed. */
  void await(Duration time) throws InterruptedException;
}
