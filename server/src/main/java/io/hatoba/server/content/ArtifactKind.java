package io.hatoba.server.content;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.MediaTypes;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What an artifact is, as far as its manifest tells without reading what it names. */
public enum ArtifactKind {
  IMAGE("image"),
  INDEX("index"),
  HELM_CHART("helm-chart"),
  SIGNATURE("signature"),
  ATTESTATION("attestation"),
  SBOM("sbom"),
  /** Anything else that ORAS and others push. */
  ARTIFACT("artifact");

  /** The config of a Helm chart. */
  public static final String HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json";

  private static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
  private static final String SIGSTORE_BUNDLE = "application/vnd.dev.sigstore.bundle";
  private static final String PREDICATE_TYPE = "dev.sigstore.bundle.predicateType";
  private static final String COSIGN_SIGNATURE = "https://sigstore.dev/cosign/sign/v1";

  /** Types of an artifact, its config or all its layers that tell what it is. */
  private static final Map<String, ArtifactKind> BY_TYPE =
      Map.ofEntries(
          Map.entry(HELM_CONFIG, HELM_CHART),
          Map.entry("application/vnd.dev.cosign.simplesigning.v1+json", SIGNATURE),
          Map.entry("application/vnd.dev.cosign.artifact.sig.v1+json", SIGNATURE),
          Map.entry("application/vnd.cncf.notary.signature", SIGNATURE),
          Map.entry("application/vnd.dsse.envelope.v1+json", ATTESTATION),
          Map.entry("application/vnd.in-toto+json", ATTESTATION),
          Map.entry("application/vnd.docker.attestation.manifest.v1+json", ATTESTATION),
          Map.entry("application/spdx+json", SBOM),
          Map.entry("text/spdx", SBOM),
          Map.entry("text/spdx+json", SBOM),
          Map.entry("application/vnd.cyclonedx+json", SBOM),
          Map.entry("application/vnd.cyclonedx+xml", SBOM),
          Map.entry("application/vnd.cyclonedx", SBOM),
          Map.entry("application/vnd.syft+json", SBOM));

  private static final Set<String> IMAGE_CONFIGS = Set.of(MediaTypes.OCI_CONFIG, DOCKER_CONFIG);

  private final String identifier;

  ArtifactKind(String identifier) {
    this.identifier = identifier;
  }

  /** As it is stored, and written in the management API. */
  public String identifier() {
    return identifier;
  }

  /** The kind with this identifier. */
  public static Optional<ArtifactKind> find(String identifier) {
    return Arrays.stream(values()).filter(kind -> kind.identifier.equals(identifier)).findFirst();
  }

  /** What a manifest is. */
  public static ArtifactKind of(Manifest manifest) {
    return switch (manifest) {
      case Manifest.Index index ->
          index.artifactType().flatMap(type -> byType(type, index)).orElse(INDEX);
      case Manifest.Image image ->
          image
              .artifactType()
              .flatMap(type -> byType(type, image))
              .or(() -> byLayers(image))
              .orElse(isImage(image) ? IMAGE : ARTIFACT);
    };
  }

  private static Optional<ArtifactKind> byType(String type, Manifest manifest) {
    if (type.startsWith(SIGSTORE_BUNDLE)) {
      String predicate = manifest.annotations().getOrDefault(PREDICATE_TYPE, COSIGN_SIGNATURE);
      return Optional.of(predicate.equals(COSIGN_SIGNATURE) ? SIGNATURE : ATTESTATION);
    }
    return Optional.ofNullable(BY_TYPE.get(type));
  }

  /** Cosign 2 and BuildKit give what is no image the config of one; only the layers tell. */
  private static Optional<ArtifactKind> byLayers(Manifest.Image image) {
    List<String> types = image.layers().stream().map(Descriptor::mediaType).distinct().toList();
    return types.size() == 1 ? byType(types.getFirst(), image) : Optional.empty();
  }

  private static boolean isImage(Manifest.Image image) {
    return image.artifactType().filter(IMAGE_CONFIGS::contains).isPresent();
  }
}
