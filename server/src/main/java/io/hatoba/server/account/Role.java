package io.hatoba.server.account;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.pattern.NamePattern;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Json;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A named set of permissions: one of the guide's last table (FEATURES B2), which are constants
 * here, or one that people have made (B3).
 *
 * @param name as it is stored and shown: {@code service-admin}
 * @param permissions what it includes
 * @param images if there are any, the actions on images (those of {@link Permission.Extent#IMAGE})
 *     are included for images that one of them matches; the name is that without the registry
 */
public record Role(
    String name, String description, Set<Permission> permissions, List<NamePattern> images) {
  /** The most patterns of one role; each may be tried on each request. */
  public static final int MAX_IMAGES = 20;

  /** What the guide calls Read, without what only administrators look at. */
  private static final Set<Permission> READS =
      EnumSet.of(
          Permission.REGISTRY_READ,
          Permission.IMAGE_READ,
          Permission.ARTIFACT_READ,
          Permission.TAG_READ,
          Permission.WEBHOOK_READ,
          Permission.CLEANUP_READ,
          Permission.PROTECTION_READ,
          Permission.REPLICATION_READ,
          Permission.SYSTEM_READ);

  public static final Role PROJECT_ADMIN =
      builtIn("project-admin", "Everything.", EnumSet.allOf(Permission.class));
  public static final Role PROJECT_MEMBER =
      builtIn("project-member", "Everything.", EnumSet.allOf(Permission.class));
  public static final Role SERVICE_ADMIN =
      builtIn("service-admin", "Everything.", EnumSet.allOf(Permission.class));

  public static final Role SERVICE_VIEWER =
      builtIn("service-viewer", "Reads and pulls.", and(READS, Permission.ARTIFACT_PULL));

  public static final Role IMAGE_UPLOADER =
      builtIn(
          "image-uploader",
          "Reads lists and pushes, but does not pull.",
          and(READS, Permission.ARTIFACT_PUSH));

  /** Those of the guide, in the order of its table. */
  public static final List<Role> BUILT_IN =
      List.of(PROJECT_ADMIN, PROJECT_MEMBER, SERVICE_ADMIN, SERVICE_VIEWER, IMAGE_UPLOADER);

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");

  public Role {
    EnumSet<Permission> own = EnumSet.noneOf(Permission.class);
    own.addAll(permissions);
    permissions = Collections.unmodifiableSet(own); // in the order of the enum
    images = List.copyOf(images);
  }

  private static Role builtIn(String name, String description, Set<Permission> permissions) {
    return new Role(name, description, permissions, List.of());
  }

  private static Set<Permission> and(Set<Permission> some, Permission another) {
    EnumSet<Permission> all = EnumSet.copyOf(some);
    all.add(another);
    return all;
  }

  /** The role of the guide with this name; empty for any other. */
  public static Optional<Role> builtIn(String name) {
    return BUILT_IN.stream().filter(role -> role.name().equals(name)).findAny();
  }

  /**
   * Checks a name that a person has typed for a role of his own.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_INVALID}
   */
  public static String parseName(String text) {
    if (!NAME.matcher(text).matches()) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.NAME_INVALID,
              "a role name has 1 to 64 characters of a-z, 0-9 and '-', and starts with a letter",
              text.substring(0, Math.min(text.length(), 64))));
    }
    return text;
  }

  /**
   * The permissions of a request by their identifiers; what is wrong goes to {@code checks}.
   *
   * @param field where they are: {@code /permissions}
   */
  public static Set<Permission> permissions(
      Checks checks, String field, @Nullable List<String> identifiers) {
    EnumSet<Permission> permissions = EnumSet.noneOf(Permission.class);
    if (identifiers == null || identifiers.isEmpty()) {
      checks.wrong(field, "REQUIRED", "is missing or empty; name at least one action");
      return permissions;
    }
    int count = Math.min(identifiers.size(), Permission.values().length);
    checks.require(count == identifiers.size(), field, "has more entries than there are actions");
    for (int i = 0; i < count; i++) {
      Optional<Permission> known = Optional.ofNullable(identifiers.get(i)).flatMap(Permission::of);
      checks.require(
          known.isPresent(),
          field + "/" + i,
          "is no action; GET /api/v1/roles/service-admin shows all of them");
      known.ifPresent(permissions::add);
    }
    return permissions;
  }

  /** Whether it is one of the guide's, which cannot be changed. */
  public boolean isBuiltIn() {
    return builtIn(name).isPresent();
  }

  /** Whether the patterns leave out some images. */
  public boolean isForSomeImages() {
    return !images.isEmpty();
  }

  /** Whether the patterns let this image in; its name is that without the registry. */
  public boolean isFor(String image) {
    return images.isEmpty() || images.stream().anyMatch(pattern -> pattern.matches(image));
  }

  /** Permissions as they are stored. */
  static String json(Collection<Permission> permissions) {
    return write(permissions.stream().map(Permission::identifier).toList());
  }

  /** Patterns as they are stored. */
  static Optional<String> json(List<NamePattern> images) {
    return images.isEmpty() ? Optional.empty() : Optional.of(write(images));
  }

  /** A stored role. A permission that this version does not know allows nothing. */
  static Role stored(String name, String description, String permissions, Optional<String> images) {
    EnumSet<Permission> known = EnumSet.noneOf(Permission.class);
    read(permissions).forEach(text -> Permission.of(text).ifPresent(known::add));
    return new Role(
        name,
        description,
        known,
        images.map(Role::read).orElse(List.of()).stream().map(NamePattern::parse).toList());
  }

  private static String write(List<?> values) {
    try {
      return Json.MAPPER.writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> read(String json) {
    try {
      return Json.MAPPER.readValue(json, new TypeReference<List<String>>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored role cannot be read", e);
    }
  }
}
