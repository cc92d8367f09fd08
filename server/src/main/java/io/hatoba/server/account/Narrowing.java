package io.hatoba.server.account;

import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What an access key with scopes takes away from what its owner may do.
 *
 * @param registries the ids of those registries in the scopes that exist
 */
public record Narrowing(String keyId, List<KeyScope> scopes, Map<String, Long> registries) {
  public Narrowing {
    scopes = List.copyOf(scopes);
    registries = Map.copyOf(registries);
  }

  /** Whether an action on a target is left, on all of it. */
  public boolean leaves(Permission action, Target target) {
    for (KeyScope scope : scopes) {
      if (scope.covers(action, target)) {
        return true;
      }
    }
    return false;
  }

  /** As {@link #leaves}, and also if it is left on some images of the target only. */
  public boolean leavesSome(Permission action, Target target) {
    return switch (target) {
      case Target.Service() ->
          scopes.stream()
              .anyMatch(scope -> scope.actions().contains(action) && scope.registry().isEmpty());
      case Target.OfRegistry(var name) ->
          scopes.stream().anyMatch(scope -> scope.actions().contains(action) && scope.isIn(name));
      case Target.OfImage _ -> leaves(action, target);
    };
  }

  /** Whether anything is left in a registry. */
  public boolean leavesAnythingIn(String registry) {
    return scopes.stream().anyMatch(scope -> scope.isIn(registry));
  }

  /**
   * The ids of the registries in which an action is left; empty if in all of them.
   *
   * @param some also if on some images only
   */
  public Optional<Set<Long>> registriesWith(Permission action, boolean some) {
    Set<Long> ids = new HashSet<>();
    for (KeyScope scope : scopes) {
      if (!scope.actions().contains(action) || !(some || scope.isForAllImages(action))) {
        continue;
      }
      if (scope.registry().isEmpty()) {
        return Optional.empty();
      }
      Optional.ofNullable(registries.get(scope.registry().get())).ifPresent(ids::add);
    }
    return Optional.of(ids);
  }

  /** The scopes for people. */
  public String words() {
    return scopes.stream().map(KeyScope::toString).collect(Collectors.joining("; "));
  }
}
