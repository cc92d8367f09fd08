package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import java.time.Instant;
import java.util.Optional;

/**
 * Something that happened to content, as the outbox keeps it.
 *
 * @param repository the whole name, registry included; of what happens to a registry its name
 * @param previous what the tag pointed to before
 */
public record Event(
    Kind kind,
    Instant at,
    long registryId,
    String repository,
    Optional<Digest> digest,
    Optional<Tag> tag,
    Optional<Digest> previous,
    Optional<String> mediaType,
    Actor actor) {
  /** What happened; the identifier is the event name of the management API. */
  public enum Kind {
    ARTIFACT_PUSHED("artifact.pushed"),
    ARTIFACT_DELETED("artifact.deleted"),

    /** Deleted before, and brought back as it was. */
    ARTIFACT_RESTORED("artifact.restored"),
    TAG_CREATED("tag.created"),
    TAG_MOVED("tag.moved"),
    TAG_DELETED("tag.deleted"),

    /** A registry holds 85 % of its quota or more, and did not before. */
    QUOTA_WARNING("quota.warning"),

    /**
     * A registry has refused a push for its quota; the first since its quota was changed or
     * something was removed from it.
     */
    QUOTA_EXCEEDED("quota.exceeded"),

    /** With everything in it; of what was in it there are no events. */
    REGISTRY_DELETED("registry.deleted");

    private final String identifier;

    Kind(String identifier) {
      this.identifier = identifier;
    }

    public String identifier() {
      return identifier;
    }

    static Kind of(String identifier) {
      for (Kind kind : values()) {
        if (kind.identifier.equals(identifier)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no event is called " + identifier);
    }
  }

  static Event artifact(
      Kind kind, Instant at, Repository repository, Digest digest, String mediaType, Actor actor) {
    return new Event(
        kind,
        at,
        repository.registryId(),
        repository.name().value(),
        Optional.of(digest),
        Optional.empty(),
        Optional.empty(),
        Optional.of(mediaType),
        actor);
  }

  static Event quota(Kind kind, Instant at, long registryId, String registry) {
    return new Event(
        kind,
        at,
        registryId,
        registry,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Actor.SYSTEM);
  }

  static Event registry(Kind kind, Instant at, long registryId, String name, Actor actor) {
    return new Event(
        kind,
        at,
        registryId,
        name,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        actor);
  }

  static Event tag(
      Kind kind,
      Instant at,
      Repository repository,
      Tag tag,
      Optional<Digest> from,
      Optional<Digest> to,
      Actor actor) {
    return new Event(
        kind,
        at,
        repository.registryId(),
        repository.name().value(),
        to,
        Optional.of(tag),
        from,
        Optional.empty(),
        actor);
  }
}
