package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.time.Instant;
import java.util.Optional;

/**
 * What one operation deleted and what can be brought back together (C6).
 *
 * @param repository the whole name; the image may be gone
 * @param digest the artifact, or what the tag pointed to; empty for an image
 * @param tag that was deleted, if that was all
 * @param artifacts how many manifests it would bring back, children and referrers included
 * @param until when it can be brought back
 */
public record Deletion(
    long id,
    RepositoryName repository,
    Kind kind,
    Optional<Digest> digest,
    Optional<Tag> tag,
    long artifacts,
    Instant deletedAt,
    String deletedBy,
    Instant until) {
  /** What was deleted; the identifier is that of the management API. */
  public enum Kind {
    IMAGE("image"),
    ARTIFACT("artifact"),
    TAG("tag");

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
      throw new IllegalArgumentException("nothing of the kind " + identifier + " is deleted");
    }
  }
}
