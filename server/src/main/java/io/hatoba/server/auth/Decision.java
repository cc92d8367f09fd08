package io.hatoba.server.auth;

import java.util.Optional;

/** Whether something is allowed, and why. The words may be shown to whom it is about. */
public sealed interface Decision {
  /** A sentence without its first capital and full stop. */
  String reason();

  /** What decided: {@code role:NAME}, {@code key:ID}, {@code registry:NAME}. */
  Optional<String> decidedBy();

  /** Go on. */
  record Allowed(String reason, Optional<String> decidedBy) implements Decision {}

  /**
   * This identity cannot do it.
   *
   * @param decidedBy empty if it has no role there
   */
  record Refused(String reason, Optional<String> decidedBy) implements Decision {}
}
