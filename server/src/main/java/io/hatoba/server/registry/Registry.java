package io.hatoba.server.registry;

import java.time.Instant;

/**
 * A registry that exists.
 *
 * @param id positive, never used again for another registry
 * @param name the first part of the names of its repositories; it does not change
 * @param updatedAt when its settings were changed last, or it was made
 */
public record Registry(
    long id,
    RegistryName name,
    Purpose purpose,
    Registries.Settings settings,
    Instant createdAt,
    Instant updatedAt) {
  /** Whether everyone may pull, also without credentials. */
  public boolean anonymousPull() {
    return settings.anonymousPull();
  }

  /** What it is, for people. */
  public String description() {
    return settings.description();
  }
}
