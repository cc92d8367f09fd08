package io.hatoba.server.auth;

import io.hatoba.server.permission.Permission;
import java.util.Locale;

/** What a token's scope can allow on a repository. */
public enum Action {
  PULL(Permission.ARTIFACT_PULL),
  PUSH(Permission.ARTIFACT_PUSH),
  DELETE(Permission.ARTIFACT_DELETE);

  private final Permission permission;

  Action(Permission permission) {
    this.permission = permission;
  }

  /** As a scope writes it: {@code pull}, {@code push}, {@code delete}. */
  public String identifier() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What a role must include for it. */
  Permission permission() {
    return permission;
  }
}
