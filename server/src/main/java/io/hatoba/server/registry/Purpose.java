package io.hatoba.server.registry;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a registry is for; decided when it is made. */
public enum Purpose {
  /** Holds what is pushed to it. */
  NORMAL,
  /** Holds what it fetched from another registry. This version does not make any. */
  IMAGE_CACHE;

  /** As the management API writes it. */
  public String identifier() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The purpose with this identifier. */
  public static Optional<Purpose> of(String identifier) {
    return Arrays.stream(values())
        .filter(purpose -> purpose.identifier().equals(identifier))
        .findAny();
  }
}
