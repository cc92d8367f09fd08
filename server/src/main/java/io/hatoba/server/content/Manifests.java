package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.Reference;
import io.hatoba.oci.Tag;
import java.util.List;
import java.util.Optional;

/** The manifests of a repository. */
public interface Manifests {
  /** What is known without asking the database; empty means "ask". Never blocks. */
  Optional<StoredManifest> remembered(Repository repository, Reference reference);

  Optional<StoredManifest> find(Repository repository, Reference reference);

  /**
   * Stores a manifest and moves its tags, in one transaction; when this returns both are durable.
   *
   * @param contentType of the request, parameters included
   * @param expected the digest that the client named; empty if it named a tag only (then SHA-256 is
   *     used)
   * @param tags to point at it; all or none
   * @param condition what must hold of the first tag
   * @throws io.hatoba.oci.RefusedException with {@code MANIFEST_INVALID}, {@code DIGEST_INVALID},
   *     {@code MANIFEST_BLOB_UNKNOWN} (all missing content in one answer), {@code DENIED} by a
   *     guard, or {@code PRECONDITION_FAILED}
   */
  Stored put(
      Repository repository,
      Actor actor,
      Optional<String> contentType,
      byte[] content,
      Optional<Digest> expected,
      List<Tag> tags,
      TagCondition condition);

  /** Removes a manifest with all tags that point at it. False if it is not there. */
  boolean delete(Repository repository, Digest digest, Actor actor);

  /**
   * A stored manifest.
   *
   * @param subject what it is about, if it says so: the answer must name it ({@code OCI-Subject})
   */
  record Stored(Digest digest, DigestAlgorithm algorithm, Optional<Digest> subject) {}

  /**
   * What must hold of the first tag for a push to be carried out ({@code If-Match}, {@code
   * If-None-Match}).
   */
  sealed interface TagCondition {
    /** Nothing. */
    record Always() implements TagCondition {}

    /** The tag does not exist. */
    record Absent() implements TagCondition {}

    /** The tag exists and points to one of these; an empty list is anything. */
    record PointsTo(List<Digest> digests) implements TagCondition {
      public PointsTo {
        digests = List.copyOf(digests);
      }
    }
  }
}
