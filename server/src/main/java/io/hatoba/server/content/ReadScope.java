package io.hatoba.server.content;

import java.util.Set;

/** The repositories a caller may read, in a form that a query can filter by. */
public sealed interface ReadScope {
  /** Everything there is. */
  record Everything() implements ReadScope {}

  /**
   * Everything but the repositories of these registries, at least one, which do not exist for the
   * caller.
   */
  record EverythingBut(Set<Long> ids) implements ReadScope {
    public EverythingBut {
      ids = Set.copyOf(ids);
    }
  }

  /** The repositories of these registries. An empty set is nothing. */
  record Registries(Set<Long> ids) implements ReadScope {
    public Registries {
      ids = Set.copyOf(ids);
    }
  }
}
