package io.hatoba.server.auth;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Grant;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one identity may do: the only place that decides. Roles are added up, those in the whole
 * service and those in the registry that the name begins with; a registry that everyone may pull
 * from adds {@code PULL}. What is not allowed by one of these is not allowed.
 *
 * @param grants the roles of the identity; none for who is not known
 * @param opened name and id of the registries that everyone may pull from
 */
record Permissions(List<Grant> grants, Map<String, Long> opened) {
  Permissions {
    grants = List.copyOf(grants);
  }

  /** Whether the roles include a permission on a target. */
  boolean allow(Permission permission, Target target) {
    return grants.stream()
        .filter(grant -> covers(grant, target))
        .anyMatch(grant -> grant.role().permissions().contains(permission));
  }

  private static boolean covers(Grant grant, Target target) {
    if (grant.registry().isEmpty()) {
      return true;
    }
    String registry = grant.registry().get().name();
    return switch (target) {
      case Target.Service() -> false;
      case Target.OfRegistry(var name) -> name.equals(registry);
      case Target.OfImage(var repository) -> repository.registry().equals(registry);
    };
  }

  /** The registries in which a permission is included. */
  ReadScope where(Permission permission) {
    Set<Long> ids = new HashSet<>();
    for (Grant grant : grants) {
      if (!grant.role().permissions().contains(permission)) {
        continue;
      }
      if (grant.registry().isEmpty()) {
        return new ReadScope.Everything();
      }
      ids.add(grant.registry().get().id());
    }
    return new ReadScope.Registries(ids);
  }

  /** All actions on a repository, whether it exists or not. */
  Set<Action> on(RepositoryName repository) {
    Set<Action> actions = EnumSet.noneOf(Action.class);
    for (Action action : Action.values()) {
      if (allow(action.permission(), new Target.OfImage(repository))) {
        actions.add(action);
      }
    }
    if (opened.containsKey(repository.registry())) {
      actions.add(Action.PULL);
    }
    return actions;
  }

  /** Whether these actions are allowed, or why not, in words that may be shown to the identity. */
  Decision decide(RepositoryName repository, Set<Action> needed) {
    if (on(repository).containsAll(needed)) {
      return new Decision.Allowed();
    }
    String roles =
        grants.stream()
            .filter(
                grant ->
                    grant
                        .registry()
                        .map(in -> in.name().equals(repository.registry()))
                        .orElse(true))
            .map(grant -> grant.role().name())
            .distinct()
            .collect(Collectors.joining(", "));
    // Whoever has no role reads the same about a registry that exists and one that does not.
    return new Decision.Refused(
        roles.isEmpty()
            ? "you have no role in the registry '%s', or it does not exist"
                .formatted(repository.registry())
            : "your role there (%s) does not include it".formatted(roles));
  }

  /** Whether the list of repositories may be asked for; it shows what {@link #readScope} holds. */
  boolean catalog() {
    return !grants.isEmpty();
  }

  /** Where this identity may pull. */
  ReadScope readScope() {
    return switch (where(Permission.ARTIFACT_PULL)) {
      case ReadScope.Everything everything -> everything;
      case ReadScope.Registries(var ids) -> {
        Set<Long> all = new HashSet<>(opened.values());
        all.addAll(ids);
        yield new ReadScope.Registries(all);
      }
    };
  }

  /** The answer to {@link #decide}. */
  sealed interface Decision {
    /** Go on. */
    record Allowed() implements Decision {}

    /**
     * This identity cannot do it.
     *
     * @param why for a person
     */
    record Refused(String why) implements Decision {}
  }
}
