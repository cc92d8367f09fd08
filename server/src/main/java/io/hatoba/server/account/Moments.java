package io.hatoba.server.account;

import io.hatoba.server.rest.Checks;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Moments in requests, at which something shall end. */
final class Moments {
  private static final Instant TOO_FAR = Instant.parse("9999-01-01T00:00:00Z");

  private Moments() {}

  /** The moment, if there is one; what is wrong with it goes to {@code checks}. */
  static Optional<Instant> read(Checks checks, String field, @Nullable String text) {
    if (text == null) {
      return Optional.empty();
    }
    try {
      Instant at = Instant.parse(text);
      if (at.isBefore(Instant.EPOCH) || at.isAfter(TOO_FAR)) {
        checks.wrong(field, "INVALID", "is not between the years 1970 and 9998");
        return Optional.empty();
      }
      return Optional.of(Instant.ofEpochMilli(at.toEpochMilli()));
    } catch (DateTimeException e) {
      checks.wrong(
          field, "INVALID", "is no time; write it as in 2027-01-31T00:00:00Z, or leave it out");
      return Optional.empty();
    }
  }

  /** As {@link #read}, and it lies in the future. */
  static Optional<Instant> future(
      Checks checks, String field, @Nullable String text, InstantSource clock) {
    Optional<Instant> at = read(checks, field, text);
    checks.require(
        text == null || at.isEmpty() || at.get().isAfter(clock.instant()),
        field,
        "is not in the future");
    return at;
  }
}
