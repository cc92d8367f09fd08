package io.hatoba.server.account;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The roles of one identity, sorted by where they count, so that a request with a thousand of them
 * is decided by two look-ups. Immutable.
 */
public final class Rights {
  /** No role anywhere. */
  public static final Rights NONE = of(List.of());

  private static final Held NOTHING = new Held(OptionalLong.empty());

  private final List<Grant> grants;
  private final Held everywhere = new Held(OptionalLong.empty());
  private final Map<String, Held> registries = new HashMap<>();

  private Rights(List<Grant> grants) {
    this.grants = List.copyOf(new LinkedHashSet<>(grants));
    for (Grant grant : this.grants) {
      grant
          .registry()
          .map(in -> registries.computeIfAbsent(in.name(), _ -> new Held(OptionalLong.of(in.id()))))
          .orElse(everywhere)
          .add(grant.role());
    }
  }

  /** These roles together. */
  public static Rights of(List<Grant> grants) {
    return new Rights(grants);
  }

  /** The roles without those in some registries. */
  public Rights without(Set<String> hidden) {
    return Collections.disjoint(registries.keySet(), hidden)
        ? this
        : new Rights(
            grants.stream()
                .filter(
                    grant -> grant.registry().map(in -> !hidden.contains(in.name())).orElse(true))
                .toList());
  }

  /** The roles one by one. */
  public List<Grant> grants() {
    return grants;
  }

  /** Whether there is any role that counts in a registry. */
  public boolean anyIn(String registry) {
    return !everywhere.isEmpty() || registries.containsKey(registry);
  }

  /** Whether a permission is included on all of the target. */
  public boolean include(Permission permission, Target target) {
    return switch (target) {
      case Target.Service() -> everywhere.whole.contains(permission);
      case Target.OfRegistry(var name) ->
          everywhere.whole.contains(permission) || in(name).whole.contains(permission);
      case Target.OfImage(var repository) ->
          everywhere.include(permission, repository)
              || in(repository.registry()).include(permission, repository);
    };
  }

  /** As {@link #include}, and also if it is included on some images of the target only. */
  public boolean includeSome(Permission permission, Target target) {
    return switch (target) {
      case Target.Service() -> everywhere.includeSome(permission);
      case Target.OfRegistry(var name) ->
          everywhere.includeSome(permission) || in(name).includeSome(permission);
      case Target.OfImage _ -> include(permission, target);
    };
  }

  /**
   * The ids of the registries in which a permission is included by a role of that registry.
   *
   * @param some also if on some images only
   */
  public Set<Long> registriesWith(Permission permission, boolean some) {
    Set<Long> ids = new LinkedHashSet<>();
    registries
        .values()
        .forEach(
            held -> {
              if (some ? held.includeSome(permission) : held.whole.contains(permission)) {
                held.registryId.ifPresent(ids::add);
              }
            });
    return ids;
  }

  private Held in(String registry) {
    return registries.getOrDefault(registry, NOTHING);
  }

  /** Whether this role, given there, includes a permission on all of the target. */
  public static boolean gives(Grant grant, Permission permission, Target target) {
    return of(List.of(grant)).include(permission, target);
  }

  /** By their roles, in the same order. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Rights rights && grants.equals(rights.grants);
  }

  @Override
  public int hashCode() {
    return grants.hashCode();
  }

  @Override
  public String toString() {
    return grants.toString();
  }

  /** What is held in one registry, or in the whole service. */
  private static final class Held {
    private final OptionalLong registryId;
    private final EnumSet<Permission> whole = EnumSet.noneOf(Permission.class);
    private final List<Role> forSomeImages = new ArrayList<>();
    private boolean empty = true;

    Held(OptionalLong registryId) {
      this.registryId = registryId;
    }

    void add(Role role) {
      empty = false;
      for (Permission permission : role.permissions()) {
        boolean counts = registryId.isEmpty() || permission.extent() != Permission.Extent.SERVICE;
        if (counts && !(role.isForSomeImages() && permission.extent() == Permission.Extent.IMAGE)) {
          whole.add(permission);
        }
      }
      if (role.isForSomeImages()) {
        forSomeImages.add(role);
      }
    }

    boolean isEmpty() {
      return empty;
    }

    boolean include(Permission permission, RepositoryName repository) {
      if (whole.contains(permission)) {
        return true;
      }
      if (permission.extent() == Permission.Extent.IMAGE) {
        for (Role role : forSomeImages) {
          if (role.permissions().contains(permission) && role.isFor(repository.image())) {
            return true;
          }
        }
      }
      return false;
    }

    boolean includeSome(Permission permission) {
      if (whole.contains(permission)) {
        return true;
      }
      if (permission.extent() == Permission.Extent.IMAGE) {
        for (Role role : forSomeImages) {
          if (role.permissions().contains(permission)) {
            return true;
          }
        }
      }
      return false;
    }
  }
}
