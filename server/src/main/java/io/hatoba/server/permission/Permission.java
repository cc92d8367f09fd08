package io.hatoba.server.permission;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * An action that a role can include, as {@code subject:verb}. Each operation of the management API
 * needs one; the registry protocol needs {@code artifact:pull}, {@code artifact:push} and {@code
 * artifact:delete}. The rows of the guide's last table (FEATURES B2) are among them.
 */
public enum Permission {
  REGISTRY_READ(Extent.REGISTRY),
  REGISTRY_CREATE(Extent.SERVICE),
  REGISTRY_UPDATE(Extent.REGISTRY),
  REGISTRY_DELETE(Extent.REGISTRY),
  IMAGE_READ(Extent.IMAGE),
  IMAGE_UPDATE(Extent.IMAGE),
  IMAGE_DELETE(Extent.IMAGE),
  ARTIFACT_READ(Extent.IMAGE),
  ARTIFACT_PULL(Extent.IMAGE),
  ARTIFACT_PUSH(Extent.IMAGE),
  ARTIFACT_DELETE(Extent.IMAGE),
  TAG_READ(Extent.IMAGE),
  /** Creates a tag without a push, and moves one. */
  TAG_CREATE(Extent.IMAGE),
  TAG_DELETE(Extent.IMAGE),
  /** Reads what was deleted and can be brought back. */
  DELETED_READ(Extent.IMAGE),
  /** Brings back what was deleted. */
  DELETED_RESTORE(Extent.IMAGE),
  /** Lets go of what was deleted before its time is over. */
  DELETED_PURGE(Extent.REGISTRY),
  WEBHOOK_READ(Extent.REGISTRY),
  WEBHOOK_WRITE(Extent.REGISTRY),
  CLEANUP_READ(Extent.REGISTRY),
  CLEANUP_WRITE(Extent.REGISTRY),
  CLEANUP_RUN(Extent.REGISTRY),
  PROTECTION_READ(Extent.REGISTRY),
  PROTECTION_WRITE(Extent.REGISTRY),
  REPLICATION_READ(Extent.SERVICE),
  REPLICATION_WRITE(Extent.SERVICE),
  REPLICATION_RUN(Extent.SERVICE),
  /** Reads roles, who has them (in one registry or in the whole service), and why. */
  ROLE_READ(Extent.REGISTRY),
  /** Gives roles and takes them away, in one registry or in the whole service; makes roles. */
  ROLE_WRITE(Extent.REGISTRY),
  ACCOUNT_READ(Extent.SERVICE),
  ACCOUNT_WRITE(Extent.SERVICE),
  SERVICE_ACCOUNT_READ(Extent.SERVICE),
  SERVICE_ACCOUNT_WRITE(Extent.SERVICE),
  FEDERATION_READ(Extent.SERVICE),
  FEDERATION_WRITE(Extent.SERVICE),
  AUDIT_READ(Extent.SERVICE),
  /** Reads what the storage holds, what comes back, and what the scrub has found. */
  STORAGE_READ(Extent.SERVICE),
  /** Lets stored content be read again, and drops what was kept aside. */
  STORAGE_SCRUB(Extent.SERVICE),
  /** Reads the version, the health summary and the settings that are safe to show. */
  SYSTEM_READ(Extent.SERVICE);

  private final Extent extent;

  Permission(Extent extent) {
    this.extent = extent;
  }

  /** As it is written in roles, keys and answers: {@code service-account:write}. */
  public String identifier() {
    int verb = name().lastIndexOf('_');
    return name().substring(0, verb).toLowerCase(Locale.ROOT).replace('_', '-')
        + ":"
        + name().substring(verb + 1).toLowerCase(Locale.ROOT);
  }

  /** The permission with this identifier; empty for a word that this version does not know. */
  public static Optional<Permission> of(String identifier) {
    return Arrays.stream(values())
        .filter(permission -> permission.identifier().equals(identifier))
        .findAny();
  }

  /** The smallest thing that it can be given for. */
  public Extent extent() {
    return extent;
  }

  /** How small a thing a permission can be given for. */
  public enum Extent {
    /** Only a role in the whole service can include it. */
    SERVICE,
    /** A role in one registry is enough. */
    REGISTRY,
    /** A role for some images of one registry is enough. */
    IMAGE
  }
}
