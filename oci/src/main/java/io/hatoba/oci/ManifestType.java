package io.hatoba.oci;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The manifests that Hatoba understands. */
enum ManifestType {
  OCI_IMAGE(MediaTypes.OCI_MANIFEST),
  OCI_INDEX(MediaTypes.OCI_INDEX),
  /** Withdrawn before the specification 1.1 was final; clients still list it in Accept. */
  OCI_ARTIFACT(MediaTypes.OCI_ARTIFACT_MANIFEST),
  DOCKER_IMAGE(MediaTypes.DOCKER_MANIFEST),
  DOCKER_LIST(MediaTypes.DOCKER_MANIFEST_LIST);

  private final String mediaType;

  ManifestType(String mediaType) {
    this.mediaType = mediaType;
  }

  String mediaType() {
    return mediaType;
  }

  boolean isImage() {
    return this == OCI_IMAGE || this == DOCKER_IMAGE;
  }

  boolean isIndex() {
    return this == OCI_INDEX || this == DOCKER_LIST;
  }

  /** Whether {@code subject} has a meaning. Docker's manifests have none. */
  boolean hasSubject() {
    return this == OCI_IMAGE || this == OCI_INDEX || this == OCI_ARTIFACT;
  }

  static Optional<ManifestType> of(String mediaType) {
    return Arrays.stream(values()).filter(type -> type.mediaType.equals(mediaType)).findFirst();
  }

  /** All media types, for a message. */
  static String understood() {
    return Arrays.stream(values()).map(ManifestType::mediaType).collect(Collectors.joining(", "));
  }
}
