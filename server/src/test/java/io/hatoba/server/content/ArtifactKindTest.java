package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.ManifestParser;
import io.hatoba.oci.MediaTypes;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArtifactKindTest {
  private static final String DIGEST =
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  @ParameterizedTest
  @CsvSource({
    "application/vnd.oci.image.config.v1+json, application/vnd.oci.image.layer.v1.tar+gzip, '', image",
    "application/vnd.docker.container.image.v1+json, x/y, '', image",
    "application/vnd.cncf.helm.config.v1+json, application/vnd.cncf.helm.chart.content.v1.tar+gzip, '', helm-chart",
    "application/vnd.oci.image.config.v1+json, application/vnd.dev.cosign.simplesigning.v1+json, '', signature",
    "application/vnd.oci.image.config.v1+json, application/vnd.in-toto+json, '', attestation",
    "application/vnd.oci.image.config.v1+json, application/vnd.dsse.envelope.v1+json, '', attestation",
    "application/vnd.oci.image.config.v1+json, text/spdx+json, '', sbom",
    "application/vnd.oci.empty.v1+json, x/y, application/vnd.cyclonedx+json, sbom",
    "application/vnd.oci.empty.v1+json, x/y, application/vnd.cncf.notary.signature, signature",
    "application/vnd.oci.empty.v1+json, application/vnd.dev.sigstore.bundle.v0.3+json, application/vnd.dev.sigstore.bundle.v0.3+json, signature",
    "application/vnd.oci.empty.v1+json, x/y, application/vnd.example.thing, artifact"
  })
  void whatTheTypesTell(String config, String layer, String artifactType, String kind) {
    String json =
        """
        {"schemaVersion":2,%s"config":{"mediaType":"%s","digest":"%s","size":2},
         "layers":[{"mediaType":"%s","digest":"%s","size":2}]}
        """
            .formatted(
                artifactType.isEmpty() ? "" : "\"artifactType\":\"" + artifactType + "\",",
                config,
                DIGEST,
                layer,
                DIGEST);
    assertThat(of(MediaTypes.OCI_MANIFEST, json)).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({
    "https://sigstore.dev/cosign/sign/v1, signature",
    "https://spdx.dev/Document, attestation"
  })
  void thePredicateOfABundleTells(String predicate, String kind) {
    String json =
        """
        {"schemaVersion":2,"artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json",
         "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"%s","size":2},"layers":[],
         "annotations":{"dev.sigstore.bundle.predicateType":"%s"}}
        """
            .formatted(DIGEST, predicate);
    assertThat(of(MediaTypes.OCI_MANIFEST, json)).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({"'', index", "application/vnd.example.thing, index"})
  void anIndexIsOne(String artifactType, String kind) {
    String json =
        "{\"schemaVersion\":2,%s\"manifests\":[]}"
            .formatted(artifactType.isEmpty() ? "" : "\"artifactType\":\"" + artifactType + "\",");
    assertThat(of(MediaTypes.OCI_INDEX, json)).isEqualTo(kind);
  }

  private static String of(String mediaType, String json) {
    return ArtifactKind.of(
            ManifestParser.parse(Optional.of(mediaType), json.getBytes(StandardCharsets.UTF_8)))
        .identifier();
  }
}
