package io.hatoba.server.content;

import java.util.Set;

/** The repositories a caller may read, in a form that a query can filter by. */
public sealed interface ReadScope {
  /** Everything there is. */
  record Everything() implements ReadScope {}

  /** The repositories of these registries. An empty set is nothing. */
  record Registries(Set<Long> ids) implements ReadScope {
    public Registries {
      ids = Set.copyOf(ids);
    }
  }
}
