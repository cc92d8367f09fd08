package io.hatoba.server.account;

import java.util.Optional;

/**
 * A role that someone has.
 *
 * @param registry where; empty is the whole service
 */
public record Grant(Role role, Optional<In> registry) {
  /** A role in the whole service. */
  public static Grant everywhere(Role role) {
    return new Grant(role, Optional.empty());
  }

  /** A registry, by both of its names. */
  public record In(long id, String name) {}
}
