package io.hatoba.server.auth;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Grant;
import io.hatoba.server.account.Role;
import io.hatoba.server.content.ReadScope;
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

  /** The registry protocol's part of the table at the end of the guide (FEATURES B2). */
  static Set<Action> of(Role role) {
    return switch (role) {
      case PROJECT_ADMIN, PROJECT_MEMBER, SERVICE_ADMIN -> EnumSet.allOf(Action.class);
      case SERVICE_VIEWER -> EnumSet.of(Action.PULL);
      case IMAGE_UPLOADER -> EnumSet.of(Action.PUSH);
    };
  }

  /** The management API's part of the table, as far as there are operations. */
  private static Set<String> managementOf(Role role) {
    return switch (role) {
      case PROJECT_ADMIN, PROJECT_MEMBER, SERVICE_ADMIN ->
          Set.of("registry:create", "registry:read");
      case SERVICE_VIEWER, IMAGE_UPLOADER -> Set.of("registry:read");
    };
  }

  /** Whether a role in the whole service includes an action of the management API. */
  boolean manages(String action) {
    return grants.stream()
        .filter(grant -> grant.registry().isEmpty())
        .anyMatch(grant -> managementOf(grant.role()).contains(action));
  }

  /** All actions on a repository, whether it exists or not. */
  Set<Action> on(RepositoryName repository) {
    String registry = repository.registry();
    Set<Action> actions = EnumSet.noneOf(Action.class);
    for (Grant grant : grants) {
      if (grant.registry().isEmpty() || grant.registry().get().name().equals(registry)) {
        actions.addAll(of(grant.role()));
      }
    }
    if (opened.containsKey(registry)) {
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
            .map(grant -> grant.role().identifier())
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
    Set<Long> ids = new HashSet<>(opened.values());
    for (Grant grant : grants) {
      if (!of(grant.role()).contains(Action.PULL)) {
        continue;
      }
      if (grant.registry().isEmpty()) {
        return new ReadScope.Everything();
      }
      ids.add(grant.registry().get().id());
    }
    return new ReadScope.Registries(ids);
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
