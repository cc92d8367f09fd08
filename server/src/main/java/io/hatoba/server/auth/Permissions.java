package io.hatoba.server.auth;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Grant;
import io.hatoba.server.account.Narrowing;
import io.hatoba.server.account.Rights;
import io.hatoba.server.account.Role;
import io.hatoba.server.account.Standing;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one identity may do: the only place that decides, for the registry protocol, the token
 * service and the management API.
 *
 * <p>Roles are added up: those in the whole service and those in the registry, its own and those of
 * its groups. A narrowed access key leaves of that what its scopes cover. A registry that everyone
 * may pull from adds the pull, also for narrowed keys, since it needs no key. What is not allowed
 * by one of these is not allowed.
 *
 * @param rights the roles of the identity; none for who is not known
 * @param narrowing of the access key; empty if it is not narrowed
 * @param opened name and id of the registries that everyone may pull from
 */
record Permissions(Rights rights, Optional<Narrowing> narrowing, Map<String, Long> opened) {
  /** What these roles allow, without a key that narrows them. */
  Permissions(List<Grant> grants, Map<String, Long> opened) {
    this(Rights.of(grants), Optional.empty(), opened);
  }

  /** What a key allows; without one, what everyone may. */
  static Permissions of(Optional<Standing> standing, Map<String, Long> opened) {
    return standing
        .map(known -> new Permissions(known.rights(), known.narrowing(), opened))
        .orElseGet(() -> new Permissions(Rights.NONE, Optional.empty(), opened));
  }

  /**
   * The same if some registries did not exist. A role in the whole service counts there as it does
   * for any name that does not exist.
   */
  Permissions without(Set<String> hidden) {
    Map<String, Long> stillOpen = opened;
    if (!Collections.disjoint(opened.keySet(), hidden)) {
      stillOpen = new HashMap<>(opened);
      stillOpen.keySet().removeAll(hidden);
    }
    return new Permissions(rights.without(hidden), narrowing, stillOpen);
  }

  /** Whether something is allowed on all of the target. As {@link #decide}, without the words. */
  boolean allow(Permission permission, Target target) {
    return holds(permission, target) || isOpen(permission, target);
  }

  /** Whether a role and the key include it; what everyone may is not meant. */
  boolean holds(Permission permission, Target target) {
    return rights.include(permission, target)
        && (narrowing.isEmpty() || narrowing.get().leaves(permission, target));
  }

  /** As {@link #allow}, and also if it is allowed on some images of the target only. */
  boolean allowSome(Permission permission, Target target) {
    return isOpen(permission, target)
        || (rights.includeSome(permission, target)
            && (narrowing.isEmpty() || narrowing.get().leavesSome(permission, target)));
  }

  private boolean isOpen(Permission permission, Target target) {
    return permission == Permission.ARTIFACT_PULL
        && switch (target) {
          case Target.Service() -> false;
          case Target.OfRegistry(var name) -> opened.containsKey(name);
          case Target.OfImage(var repository) -> opened.containsKey(repository.registry());
        };
  }

  /** All actions on a repository, whether it exists or not. */
  Set<Action> on(RepositoryName repository) {
    Target target = new Target.OfImage(repository);
    Set<Action> actions = EnumSet.noneOf(Action.class);
    for (Action action : Action.values()) {
      if (allow(action.permission(), target)) {
        actions.add(action);
      }
    }
    return actions;
  }

  /** Whether these actions are allowed: the first refusal, or else the last permission. */
  Decision decide(RepositoryName repository, Set<Action> needed) {
    Decision decision = new Decision.Allowed("nothing was asked for", Optional.empty());
    for (Action action : Action.values()) {
      if (needed.contains(action)) {
        decision = decide(action.permission(), new Target.OfImage(repository));
        if (decision instanceof Decision.Refused) {
          return decision;
        }
      }
    }
    return decision;
  }

  /** Whether something is allowed, and why, in words that may be shown to the identity. */
  Decision decide(Permission permission, Target target) {
    Optional<Grant> giving =
        rights.grants().stream()
            .filter(grant -> Rights.gives(grant, permission, target))
            .findFirst();
    if (giving.isPresent() && holds(permission, target)) {
      return new Decision.Allowed(
          "%s includes %s".formatted(words(giving.get()), permission.identifier()),
          Optional.of("role:" + giving.get().role().name()));
    }
    if (isOpen(permission, target)) {
      String registry = registry(target).orElseThrow();
      return new Decision.Allowed(
          "everyone may pull from registry " + registry, Optional.of("registry:" + registry));
    }
    if (giving.isPresent() && narrowing.isPresent()) {
      return new Decision.Refused(
          "the access key %s is narrowed to %s; that does not cover %s on %s"
              .formatted(
                  narrowing.get().keyId(),
                  narrowing.get().words(),
                  permission.identifier(),
                  target),
          Optional.of("key:" + narrowing.get().keyId()));
    }
    List<Grant> counting =
        rights.grants().stream()
            .filter(grant -> registry(target).map(grant::isIn).orElse(true))
            .toList();
    return counting.isEmpty() ? noRole(target) : notIncluded(permission, target, counting);
  }

  /** Whoever has no role reads the same about a registry that exists and one that does not. */
  private static Decision noRole(Target target) {
    return new Decision.Refused(
        registry(target)
            .map("there is no role in the registry '%s', or it does not exist"::formatted)
            .orElse("there is no role in the whole service"),
        Optional.empty());
  }

  private static Decision notIncluded(Permission permission, Target target, List<Grant> counting) {
    Grant nearest =
        counting.stream()
            .filter(grant -> grant.role().permissions().contains(permission))
            .findFirst()
            .orElseGet(counting::getFirst);
    String roles =
        counting.stream().map(Permissions::words).distinct().collect(Collectors.joining(", "));
    String why;
    if (!nearest.role().permissions().contains(permission)) {
      why =
          "%s %s not include %s; roles that do: %s"
              .formatted(
                  roles,
                  counting.size() == 1 ? "does" : "do",
                  permission.identifier(),
                  others(permission));
    } else if (nearest.registry().isPresent()
        && (target instanceof Target.Service || permission.extent() == Permission.Extent.SERVICE)) {
      why =
          "%s counts in that registry only; %s on %s needs a role in the whole service"
              .formatted(words(nearest), permission.identifier(), target);
    } else {
      why =
          "%s includes %s for the images %s only"
              .formatted(
                  words(nearest),
                  permission.identifier(),
                  nearest.role().images().stream()
                      .map(Object::toString)
                      .collect(Collectors.joining(", ")));
    }
    return new Decision.Refused(why, Optional.of("role:" + nearest.role().name()));
  }

  private static String others(Permission permission) {
    return Role.BUILT_IN.stream()
        .filter(role -> role.permissions().contains(permission))
        .map(Role::name)
        .collect(Collectors.joining(", "));
  }

  private static String words(Grant grant) {
    return "the role "
        + grant.role().name()
        + grant.registry().map(in -> " in registry " + in.name()).orElse(" in the whole service")
        + grant.group().map(group -> " (through the group " + group + ")").orElse("");
  }

  private static Optional<String> registry(Target target) {
    return switch (target) {
      case Target.Service() -> Optional.empty();
      case Target.OfRegistry(var name) -> Optional.of(name);
      case Target.OfImage(var repository) -> Optional.of(repository.registry());
    };
  }

  /** Whether the identity may know that the registry of the target exists. */
  boolean knows(Target target) {
    return registry(target)
        .map(
            name ->
                rights.anyIn(name)
                    && (narrowing.isEmpty() || narrowing.get().leavesAnythingIn(name)))
        .orElse(true);
  }

  /** Whether the list of repositories may be asked for; it shows what {@link #readScope} holds. */
  boolean catalog() {
    return !rights.grants().isEmpty();
  }

  /** The registries in which a permission is included, on the whole or on some images. */
  ReadScope where(Permission permission) {
    return where(permission, true);
  }

  /** Where this identity may pull everything. */
  ReadScope readScope() {
    return switch (where(Permission.ARTIFACT_PULL, false)) {
      case ReadScope.Everything everything -> everything;
      case ReadScope.EverythingBut but -> but;
      case ReadScope.Registries(var ids) -> {
        Set<Long> all = new HashSet<>(opened.values());
        all.addAll(ids);
        yield new ReadScope.Registries(all);
      }
    };
  }

  private ReadScope where(Permission permission, boolean some) {
    Optional<Set<Long>> left =
        narrowing.flatMap(narrowed -> narrowed.registriesWith(permission, some));
    boolean everywhere =
        some
            ? rights.includeSome(permission, Target.SERVICE)
            : rights.include(permission, Target.SERVICE);
    if (everywhere) {
      return left.<ReadScope>map(ReadScope.Registries::new).orElseGet(ReadScope.Everything::new);
    }
    Set<Long> ids = new HashSet<>(rights.registriesWith(permission, some));
    left.ifPresent(ids::retainAll);
    return new ReadScope.Registries(ids);
  }
}
