package io.hatoba.server.account;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The roles of the guide's last table (FEATURES B2). What each may do in the registry protocol
 * stands in {@code io.hatoba.server.auth.Permissions}.
 */
public enum Role {
  PROJECT_ADMIN,
  PROJECT_MEMBER,
  SERVICE_ADMIN,
  /** Reads and pulls. */
  SERVICE_VIEWER,
  /** Reads lists and pushes, but does not pull. */
  IMAGE_UPLOADER;

  /** As it is stored and shown: {@code service-admin}. */
  public String identifier() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The role with this identifier; empty for a word that this version does not know. */
  public static Optional<Role> of(String identifier) {
    return Arrays.stream(values()).filter(role -> role.identifier().equals(identifier)).findAny();
  }
}
