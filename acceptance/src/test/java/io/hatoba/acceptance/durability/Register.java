package io.hatoba.acceptance.durability;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is known of one value on the server: a tag's digest, or whether a blob or manifest is there.
 * An empty value means absent.
 *
 * <p>Each write is an attempt with a beginning and, when it was answered, an end. The server may
 * hold the value of any attempt that is not certainly overwritten: one is overwritten when an
 * acknowledged one began after it had ended. An attempt whose connection was lost has no end: it
 * may have taken effect at any time until the server was dead.
 */
final class Register {

  private static final AtomicLong CLOCK = new AtomicLong();
  private static final long NEVER = Long.MAX_VALUE;

  private final String name;
  private final List<Attempt> attempts = new ArrayList<>();

  /** Whether nothing needs it, so that the server may remove it when its time is over. */
  private boolean unneeded;

  Register(String name) {
    this.name = name;
    settle(Optional.empty());
  }

  /** Which value this is, for messages. */
  String name() {
    return name;
  }

  /** A write is about to be sent. */
  synchronized Attempt begin(Optional<String> value) {
    Attempt attempt = new Attempt(value, CLOCK.incrementAndGet());
    attempts.add(attempt);
    return attempt;
  }

  /** From now on the server may remove the value by itself. */
  synchronized void unneeded() {
    unneeded = true;
  }

  /** From now on the server must keep the value: something that it acknowledged needs it. */
  synchronized void needed() {
    unneeded = false;
  }

  /** The server has said that the write is done. */
  synchronized void acknowledge(Attempt attempt) {
    attempt.ended = CLOCK.incrementAndGet();
    attempt.acknowledged = true;
  }

  /** The server has said that it did nothing. */
  synchronized void withdraw(Attempt attempt) {
    attempts.remove(attempt);
  }

  /** Every value that the server may hold without having broken its word. */
  synchronized Set<Optional<String>> possible() {
    return possibleSince(mark());
  }

  /** How far the server's word has come by now, for {@link #possibleSince}. */
  synchronized long mark() {
    return attempts.stream().filter(a -> a.acknowledged).mapToLong(a -> a.begun).max().orElse(0);
  }

  /**
   * Every value that the server may have held at some time since {@link #mark} was asked: a copy
   * that was begun after that has one of them.
   */
  synchronized Set<Optional<String>> possibleSince(long mark) {
    Set<Optional<String>> possible = new LinkedHashSet<>();
    for (Attempt attempt : attempts) {
      if (attempt.ended >= mark) {
        possible.add(attempt.value);
      }
    }
    if (unneeded) {
      possible.add(Optional.empty());
    }
    return possible;
  }

  /** The value that was read while nothing was in flight: from here on it is the only one. */
  synchronized void settle(Optional<String> observed) {
    attempts.clear();
    acknowledge(begin(observed));
  }

  static final class Attempt {
    private final Optional<String> value;
    private final long begun;
    private long ended = NEVER;
    private boolean acknowledged;

    private Attempt(Optional<String> value, long begun) {
      this.value = value;
      this.begun = begun;
    }
  }
}
