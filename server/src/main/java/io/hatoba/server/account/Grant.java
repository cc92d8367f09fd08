package io.hatoba.server.account;

import java.util.Optional;

/**
 * A role that someone has.
 *
 * @param registry where; empty is the whole service
 * @param group the group through which an account has it; empty if it was given itself
 */
public record Grant(Role role, Optional<In> registry, Optional<String> group) {
  /** A role that was given to its holder itself. */
  public Grant(Role role, Optional<In> registry) {
    this(role, registry, Optional.empty());
  }

  /** A role in the whole service. */
  public static Grant everywhere(Role role) {
    return new Grant(role, Optional.empty());
  }

  /** Whether it counts in a registry. */
  public boolean isIn(String registryName) {
    return registry.isEmpty() || registry.get().name().equals(registryName);
  }

  /** A registry, by both of its names. */
  public record In(long id, String name) {}
}
