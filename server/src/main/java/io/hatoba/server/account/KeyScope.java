package io.hatoba.server.account;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.pattern.NamePattern;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Json;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a narrowed access key may be used for, if its owner may do it. A key with scopes
 * does what one of them covers; a key without is not narrowed.
 *
 * @param registry where; empty is everywhere
 * @param images for which images; empty is all. Actions that are not on images (those beyond {@link
 *     Permission.Extent#IMAGE}) do not look at it
 * @param actions at least one
 */
public record KeyScope(
    Optional<String> registry, Optional<NamePattern> images, Set<Permission> actions) {
  /** The most scopes of one key; each may be tried on each request. */
  public static final int MAX_PER_KEY = 20;

  /**
   * What opens accounts: with it a narrowed key could get one that is not narrowed. No scope covers
   * these.
   */
  private static final Set<Permission> NEVER =
      Collections.unmodifiableSet(
          EnumSet.of(
              Permission.ACCOUNT_WRITE,
              Permission.SERVICE_ACCOUNT_WRITE,
              Permission.FEDERATION_WRITE));

  public KeyScope {
    EnumSet<Permission> own = EnumSet.noneOf(Permission.class);
    own.addAll(actions);
    own.removeAll(NEVER);
    actions = Collections.unmodifiableSet(own); // in the order of the enum
  }

  /** Whether an action on a target is covered, on all of it. */
  public boolean covers(Permission action, Target target) {
    if (!actions.contains(action)) {
      return false;
    }
    return switch (target) {
      case Target.Service() -> registry.isEmpty() && isForAllImages(action);
      case Target.OfRegistry(var name) -> isIn(name) && isForAllImages(action);
      case Target.OfImage(RepositoryName repository) ->
          isIn(repository.registry())
              && (isForAllImages(action) || images.orElseThrow().matches(repository.image()));
    };
  }

  /** Whether it counts in a registry. */
  public boolean isIn(String registryName) {
    return registry.isEmpty() || registry.get().equals(registryName);
  }

  /** Whether an action is not narrowed to some images. */
  public boolean isForAllImages(Permission action) {
    return images.isEmpty() || action.extent() != Permission.Extent.IMAGE;
  }

  /**
   * As it is stored: {@code [{"registry":"team","images":"ci/**","actions":["artifact:pull"]}]}.
   */
  public static String toJson(List<KeyScope> scopes) {
    try {
      return Json.MAPPER.writeValueAsString(scopes.stream().map(Shown::of).toList());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Stored scopes. An action that this version does not know is not covered. */
  public static List<KeyScope> fromJson(String json) {
    try {
      return Json.MAPPER.readValue(json, new TypeReference<List<Shown>>() {}).stream()
          .map(Shown::scope)
          .toList();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the stored scopes of an access key cannot be read", e);
    }
  }

  /** A scope for people: {@code artifact:pull on images ci/** in registry team}. */
  @Override
  public String toString() {
    return String.join(", ", actions.stream().map(Permission::identifier).toList())
        + images.map(pattern -> " on images " + pattern).orElse("")
        + registry.map(name -> " in registry " + name).orElse(" in all registries");
  }

  /** A scope as answers carry it, and as it is stored. */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  @Schema(name = "KeyScope")
  public record Shown(Optional<String> registry, Optional<String> images, List<String> actions) {
    public Shown {
      actions = List.copyOf(actions);
    }

    /** A scope in this form. */
    public static Shown of(KeyScope scope) {
      return new Shown(
          scope.registry(),
          scope.images().map(NamePattern::toString),
          scope.actions().stream().map(Permission::identifier).toList());
    }

    private KeyScope scope() {
      EnumSet<Permission> known = EnumSet.noneOf(Permission.class);
      actions.forEach(text -> Permission.of(text).ifPresent(known::add));
      return new KeyScope(registry, images.map(NamePattern::parse), known);
    }
  }

  /** A scope as requests carry it, unchecked. */
  @Schema(name = "WantedKeyScope")
  public record Wanted(
      @Nullable String registry, @Nullable String images, @Nullable List<String> actions) {
    /**
     * The scopes of a request; what is wrong goes to {@code checks}. The registries need not exist.
     *
     * @param field where they are: {@code /scopes}
     * @param wanted none if the key is not to be narrowed
     */
    public static Optional<List<KeyScope>> read(
        Checks checks, String field, @Nullable List<Wanted> wanted) {
      if (wanted == null) {
        return Optional.empty();
      }
      checks.require(
          !wanted.isEmpty() && wanted.size() <= MAX_PER_KEY,
          field,
          "has %d scopes; 1 to %d are possible, and none at all (leave the field out) for a key that is not narrowed"
              .formatted(wanted.size(), MAX_PER_KEY));
      return Optional.of(
          IntStream.range(0, Math.min(wanted.size(), MAX_PER_KEY))
              .mapToObj(i -> read(checks, field + "/" + i, wanted.get(i)))
              .toList());
    }

    private static KeyScope read(Checks checks, String field, @Nullable Wanted wanted) {
      if (wanted == null) {
        checks.wrong(field, "REQUIRED", "is missing");
        return new KeyScope(Optional.empty(), Optional.empty(), Set.of());
      }
      Optional<String> registry =
          wanted.registry() == null
              ? Optional.empty()
              : checks
                  .parsed(field + "/registry", wanted.registry(), RegistryName::parse)
                  .map(RegistryName::value);
      Optional<NamePattern> images =
          wanted.images() == null
              ? Optional.empty()
              : checks.parsed(field + "/images", wanted.images(), NamePattern::parse);
      Set<Permission> actions = Role.permissions(checks, field + "/actions", wanted.actions());
      checks.require(
          actions.stream().noneMatch(NEVER::contains),
          field + "/actions",
          "has one that no narrowed key can have: account:write, service-account:write,"
              + " federation:write; with them it could get a key that is not narrowed");
      return new KeyScope(registry, images, actions);
    }
  }
}
