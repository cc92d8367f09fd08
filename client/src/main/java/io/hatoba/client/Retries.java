package io.hatoba.client;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How often and when a failed request is tried again.
 *
 * @param attempts how often a request is sent at most, the first time included; of a transfer, how
 *     often in a row without progress
 * @param firstWait the wait after the first failure, doubled after each further one, when the
 *     registry names none; half of it is random
 * @param longestWait no single wait is longer, whatever {@code Retry-After} says
 * @param clock reads the date of a {@code Retry-After} and the age of tokens
 * @param pause waits
 */
public record Retries(
    int attempts, Duration firstWait, Duration longestWait, InstantSource clock, Pause pause) {
  /** Four attempts, from 200 milliseconds to a minute apart. */
  public static final Retries DEFAULT =
      new Retries(
          4, Duration.ofMillis(200), Duration.ofMinutes(1), InstantSource.system(), Pause.SLEEP);

  /** Every failure is final. */
  public static final Retries NONE =
      new Retries(1, Duration.ZERO, Duration.ZERO, InstantSource.system(), Pause.SLEEP);

  private static final int MOST_DOUBLINGS = 16;

  public Retries {
    if (attempts < 1) {
      throw new IllegalArgumentException("at least one attempt is needed");
    }
  }

  /** Whether an answer with this status may be different next time. */
  static boolean isTransient(int status) {
    return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
  }

  /**
   * The wait after this many failures.
   *
   * @param retryAfter the time that the registry named, if it did
   */
  Duration waitAfter(int failures, Optional<Duration> retryAfter) {
    Duration wait = retryAfter.orElseGet(() -> backoff(failures));
    return wait.compareTo(longestWait) > 0 ? longestWait : wait;
  }

  /** Reads {@code Retry-After}: seconds or a date; empty when it is neither. */
  Optional<Duration> parseRetryAfter(String value) {
    String text = value.strip();
    if (!text.isEmpty()
        && text.length() <= 10
        && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
    }
    try {
      Instant then = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration left = Duration.between(clock.instant(), then);
      return Optional.of(left.isNegative() ? Duration.ZERO : left);
    } catch (DateTimeException e) {
      // Neither form: the header says nothing.
      return Optional.empty();
    }
  }

  private Duration backoff(int failures) {
    int doublings = Math.min(failures - 1, MOST_DOUBLINGS);
    long millis = firstWait.toMillis() << doublings;
    return Duration.ofMillis(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
  }
}
