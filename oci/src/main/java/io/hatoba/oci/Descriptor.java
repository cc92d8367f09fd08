package io.hatoba.oci;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A reference to content (OCI image specification, "Descriptor").
 *
 * @param mediaType the type of the content
 * @param digest its address
 * @param size its length in bytes, never negative
 * @param urls where else it may be had; Hatoba never fetches them
 * @param annotations may be empty, never absent
 * @param artifactType the type of the artifact, if the descriptor names one
 * @param platform what it runs on, if the descriptor says so in a way that is understood
 */
public record Descriptor(
    String mediaType,
    Digest digest,
    long size,
    List<String> urls,
    Map<String, String> annotations,
    Optional<String> artifactType,
    Optional<Platform> platform) {
  public Descriptor {
    if (size < 0) {
      throw new IllegalArgumentException("size is negative");
    }
    urls = List.copyOf(urls);
    annotations = Annotations.copyOf(annotations);
  }

  /** A descriptor without a platform. */
  public Descriptor(
      String mediaType,
      Digest digest,
      long size,
      List<String> urls,
      Map<String, String> annotations,
      Optional<String> artifactType) {
    this(mediaType, digest, size, urls, annotations, artifactType, Optional.empty());
  }

  /**
   * Whether the registry need not have the content: a foreign or non-distributable layer, or one
   * with {@code urls} (image specification, "Non-Distributable Layers").
   */
  public boolean isNonDistributable() {
    return !urls.isEmpty()
        || mediaType.contains(".nondistributable.")
        || mediaType.contains(".foreign.");
  }
}
