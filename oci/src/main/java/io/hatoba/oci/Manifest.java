package io.hatoba.oci;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a registry must know of a manifest: what it names and what it is about. The bytes are kept
 * beside it by whoever parsed it ({@link ManifestParser}); they, and never this form, are what is
 * stored and served.
 */
public sealed interface Manifest {
  /** The media type under which it is stored and served. */
  String mediaType();

  /** What it is about: a signature's image, for instance. The subject need not exist. */
  Optional<Descriptor> subject();

  /**
   * What a list of referrers shows as its type: {@code artifactType}, else for an image the type of
   * the config.
   */
  Optional<String> artifactType();

  /** The manifest's own annotations. */
  Map<String, String> annotations();

  /**
   * An OCI image manifest, a Docker schema 2 manifest, or the withdrawn OCI artifact manifest
   * (which has no config).
   */
  record Image(
      String mediaType,
      Optional<Descriptor> config,
      List<Descriptor> layers,
      Optional<Descriptor> subject,
      Optional<String> artifactType,
      Map<String, String> annotations)
      implements Manifest {
    public Image {
      layers = List.copyOf(layers);
      annotations = Annotations.copyOf(annotations);
    }
  }

  /** An OCI image index or a Docker manifest list. */
  record Index(
      String mediaType,
      List<Descriptor> manifests,
      Optional<Descriptor> subject,
      Optional<String> artifactType,
      Map<String, String> annotations)
      implements Manifest {
    public Index {
      manifests = List.copyOf(manifests);
      annotations = Annotations.copyOf(annotations);
    }
  }
}
