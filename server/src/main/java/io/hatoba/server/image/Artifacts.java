package io.hatoba.server.image;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.ManifestParser;
import io.hatoba.oci.Reference;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.ArtifactKind;
import io.hatoba.server.content.BlobBytes;
import io.hatoba.server.content.Manifests;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Repository;
import io.hatoba.server.content.StoredManifest;
import io.hatoba.server.rest.Images;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Finds what the path of an artifact names, and reads what it is made of. */
@Singleton
public final class Artifacts {
  private final Repositories repositories;
  private final Manifests manifests;
  private final BlobBytes bytes;

  public Artifacts(Repositories repositories, Manifests manifests, BlobBytes bytes) {
    this.repositories = repositories;
    this.manifests = manifests;
    this.bytes = bytes;
  }

  /**
   * The artifact that a path names.
   *
   * @param reference a digest or a tag
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} or {@link
   *     ErrorCode#MANIFEST_UNKNOWN}
   */
  Found require(String registry, String image, String reference) {
    Repository repository = repositories.require(Images.repository(registry, image));
    StoredManifest stored =
        manifests
            .find(repository, Reference.parse(reference))
            .orElseThrow(() -> unknown(repository, reference));
    return new Found(
        repository, stored, ManifestParser.parse(Optional.of(stored.mediaType()), stored.bytes()));
  }

  /**
   * The bytes of something small that an artifact names.
   *
   * @throws RefusedException with {@link ErrorCode#BLOB_UNKNOWN} if it is not here, or {@link
   *     ErrorCode#BLOB_TOO_LARGE}
   */
  byte[] read(Found artifact, Descriptor part, int longest) {
    if (part.size() > longest) {
      throw new RefusedException(
          new Refusal.TooLarge(
              ErrorCode.BLOB_TOO_LARGE,
              "it has %d bytes; only up to %d are shown".formatted(part.size(), longest),
              part.digest().toString()));
    }
    return bytes
        .read(artifact.repository(), part.digest(), longest)
        .orElseThrow(() -> absent("this content is not in the image", part.digest().toString()));
  }

  /** There is no such artifact. */
  static RefusedException unknown(Repository repository, String reference) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.MANIFEST_UNKNOWN,
            "image %s has no artifact %s".formatted(Images.name(repository.name()), reference),
            reference));
  }

  /** The artifact is there and does not have what is asked for. */
  static RefusedException absent(String message, String detail) {
    return new RefusedException(Refusal.unknown(ErrorCode.BLOB_UNKNOWN, message, detail));
  }

  /** An artifact that exists. */
  record Found(Repository repository, StoredManifest stored, Manifest manifest) {
    Digest digest() {
      return stored.digest();
    }

    ArtifactKind kind() {
      return ArtifactKind.of(manifest);
    }

    /**
     * As an image of layers.
     *
     * @throws RefusedException if it is an index
     */
    Manifest.Image image() {
      return switch (manifest) {
        case Manifest.Image image -> image;
        case Manifest.Index _ ->
            throw absent(
                "%s is an index and has no content of its own; look at its children"
                    .formatted(digest()),
                digest().toString());
      };
    }
  }
}
