package io.hatoba.server.audit;

import io.hatoba.server.audit.AuditRow.Result;
import java.time.Instant;
import java.util.Optional;

/**
 * Which rows are wanted. Filters are added up.
 *
 * @param from the earliest time, included
 * @param to the latest time, not included
 * @param q a part of actor, key, address or target, whatever the case
 */
record AuditFilter(
    Optional<String> actor,
    Optional<String> action,
    Optional<String> registry,
    Optional<Result> result,
    Optional<Instant> from,
    Optional<Instant> to,
    Optional<String> q) {
  static final AuditFilter EVERYTHING =
      new AuditFilter(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
}
