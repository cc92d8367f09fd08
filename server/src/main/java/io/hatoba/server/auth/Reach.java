package io.hatoba.server.auth;

import io.hatoba.oci.RepositoryName;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** How far the credentials of a request reach, whatever their owner may do beyond that. */
sealed interface Reach {
  /** The actions on a repository. */
  Set<Action> on(RepositoryName repository);

  /** Whether the list of repositories is included. */
  boolean catalog();

  /** An access key itself: all that its owner may do. */
  record Unlimited() implements Reach {
    @Override
    public Set<Action> on(RepositoryName repository) {
      return EnumSet.allOf(Action.class);
    }

    @Override
    public boolean catalog() {
      return true;
    }
  }

  /** A token: what it lists. */
  record Listed(Map<String, Set<Action>> repositories, boolean catalog) implements Reach {
    public Listed {
      repositories = Map.copyOf(repositories);
    }

    static Listed of(Collection<Scope> access) {
      Map<String, Set<Action>> repositories = new HashMap<>();
      for (Scope scope : access) {
        if (!scope.type().equals(Scope.REPOSITORY)) {
          continue;
        }
        Set<Action> actions =
            repositories.computeIfAbsent(scope.name(), name -> EnumSet.noneOf(Action.class));
        for (Action action : Action.values()) {
          if (scope.actions().contains(action.identifier())) {
            actions.add(action);
          }
        }
      }
      return new Listed(repositories, access.contains(Scope.CATALOG));
    }

    @Override
    public Set<Action> on(RepositoryName repository) {
      return repositories.getOrDefault(repository.value(), Set.of());
    }
  }
}
