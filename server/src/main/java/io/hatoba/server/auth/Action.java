package io.hatoba.server.auth;

import java.util.Locale;

/** What a token's scope can allow on a repository. */
public enum Action {
  PULL,
  PUSH,
  DELETE;

  /** As a scope writes it: {@code pull}, {@code push}, {@code delete}. */
  public String identifier() {
    return name().toLowerCase(Locale.ROOT);
  }
}
