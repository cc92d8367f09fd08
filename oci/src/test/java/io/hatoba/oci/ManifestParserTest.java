package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestParserTest {
  private static final String HEX =
      "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
  private static final String DESCRIPTOR =
      "{\"mediaType\":\"a/b\",\"digest\":\"sha256:" + HEX + "\",\"size\":2}";

  /** Each kind of artifact that the clients in use push, with what a list of referrers shows. */
  @ParameterizedTest
  @CsvSource({
    "oci-image,                       application/vnd.oci.image.manifest.v1+json, 3, application/vnd.oci.image.config.v1+json",
    "oci-image-no-layers,             application/vnd.oci.image.manifest.v1+json, 0, application/vnd.oci.image.config.v1+json",
    "oci-image-sha512,                application/vnd.oci.image.manifest.v1+json, 1, application/vnd.oci.image.config.v1+json",
    "oci-image-custom-fields,         application/vnd.oci.image.manifest.v1+json, 0, application/vnd.oci.image.config.v1+json",
    "oci-nondistributable,            application/vnd.oci.image.manifest.v1+json, 1, application/vnd.oci.image.config.v1+json",
    "docker-image,          application/vnd.docker.distribution.manifest.v2+json, 1, application/vnd.docker.container.image.v1+json",
    "docker-windows-foreign, application/vnd.docker.distribution.manifest.v2+json, 2, application/vnd.docker.container.image.v1+json",
    "docker-plugin,         application/vnd.docker.distribution.manifest.v2+json, 1, application/vnd.docker.plugin.v1+json",
    "oci-artifact-manifest,        application/vnd.oci.artifact.manifest.v1+json, 1, application/vnd.example.sbom.v1",
    "helm-chart,                      application/vnd.oci.image.manifest.v1+json, 2, application/vnd.cncf.helm.config.v1+json",
    "helm-chart-old,                  application/vnd.oci.image.manifest.v1+json, 1, application/vnd.cncf.helm.config.v1+json",
    "oras-artifact,                   application/vnd.oci.image.manifest.v1+json, 1, application/vnd.example.file.v1",
    "oras-artifact-old,               application/vnd.oci.image.manifest.v1+json, 1, application/vnd.acme.rocket.config",
    "cosign-v2-signature,             application/vnd.oci.image.manifest.v1+json, 1, application/vnd.oci.image.config.v1+json",
    "cosign-v3-bundle,                application/vnd.oci.image.manifest.v1+json, 1, application/vnd.dev.sigstore.bundle.v0.3+json",
    "cosign-experimental,             application/vnd.oci.image.manifest.v1+json, 1, application/vnd.dev.cosign.artifact.sig.v1+json",
    "sigstore-bundle-with-parameter,  application/vnd.oci.image.manifest.v1+json, 1, application/vnd.dev.sigstore.bundle+json;version=0.2",
    "notation-signature,              application/vnd.oci.image.manifest.v1+json, 1, application/vnd.cncf.notary.signature",
    "notation-signature-old,          application/vnd.oci.image.manifest.v1+json, 1, application/vnd.cncf.notary.signature",
    "buildkit-attestation,            application/vnd.oci.image.manifest.v1+json, 1, application/vnd.docker.attestation.manifest.v1+json",
    "sbom-spdx,                       application/vnd.oci.image.manifest.v1+json, 1, application/spdx+json",
    "wasm,                            application/vnd.oci.image.manifest.v1+json, 1, application/vnd.wasm.config.v0+json",
    "wasm-old,                        application/vnd.oci.image.manifest.v1+json, 1, application/vnd.wasm.config.v1+json",
    "estargz,                         application/vnd.oci.image.manifest.v1+json, 1, application/vnd.oci.image.config.v1+json",
    "soci-index,                      application/vnd.oci.image.manifest.v1+json, 1, application/vnd.amazon.soci.index.v2+json",
    "docker-model,                    application/vnd.oci.image.manifest.v1+json, 1, application/vnd.docker.ai.model.config.v0.1+json",
    "null-lists,                      application/vnd.oci.image.manifest.v1+json, 0, application/vnd.oci.image.config.v1+json",
    "unicode,                         application/vnd.oci.image.manifest.v1+json, 0, application/vnd.oci.image.config.v1+json",
  })
  void imagesAndArtifactsOfAllClientsAreUnderstood(
      String name, String mediaType, int layers, String artifactType) {
    byte[] content = Fixtures.manifest(name);

    Manifest manifest = ManifestParser.parse(Optional.empty(), content);

    assertThat(manifest)
        .isInstanceOfSatisfying(
            Manifest.Image.class,
            image -> {
              assertThat(image.mediaType()).isEqualTo(mediaType);
              assertThat(image.layers()).hasSize(layers);
              assertThat(image.artifactType()).contains(artifactType);
              assertThat(image.config().isEmpty())
                  .isEqualTo(mediaType.equals(MediaTypes.OCI_ARTIFACT_MANIFEST));
            });
    assertThat(ManifestParser.parse(Optional.of(mediaType), content)).isEqualTo(manifest);
  }

  @ParameterizedTest
  @CsvSource({
    "oci-index,                            application/vnd.oci.image.index.v1+json, 3,",
    "oci-index-empty,                      application/vnd.oci.image.index.v1+json, 0,",
    "oci-index-nested,                     application/vnd.oci.image.index.v1+json, 2,",
    "oci-index-referrer,                   application/vnd.oci.image.index.v1+json, 1, application/vnd.example.collection",
    "buildkit-index-with-attestation,      application/vnd.oci.image.index.v1+json, 2,",
    "docker-list,        application/vnd.docker.distribution.manifest.list.v2+json, 2,",
  })
  void indexesOfAllClientsAreUnderstood(
      String name, String mediaType, int children, String artifactType) {
    byte[] content = Fixtures.manifest(name);

    Manifest manifest = ManifestParser.parse(Optional.empty(), content);

    assertThat(manifest)
        .isInstanceOfSatisfying(
            Manifest.Index.class,
            index -> {
              assertThat(index.mediaType()).isEqualTo(mediaType);
              assertThat(index.manifests()).hasSize(children);
              assertThat(index.artifactType()).isEqualTo(Optional.ofNullable(artifactType));
            });
    assertThat(ManifestParser.parse(Optional.of(mediaType), content)).isEqualTo(manifest);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "oci-index-referrer",
        "oci-artifact-manifest",
        "cosign-v3-bundle",
        "notation-signature",
        "buildkit-attestation"
      })
  void theSubjectOfAReferrerIsRead(String name) {
    Manifest manifest = ManifestParser.parse(Optional.empty(), Fixtures.manifest(name));

    assertThat(manifest.subject())
        .get()
        .extracting(Descriptor::mediaType)
        .isEqualTo(MediaTypes.OCI_MANIFEST);
  }

  @Test
  void everyPartOfADescriptorIsRead() {
    Manifest.Image manifest = image(Fixtures.manifest("docker-windows-foreign"));

    Descriptor foreign = manifest.layers().getFirst();
    assertThat(foreign.mediaType())
        .isEqualTo("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    assertThat(foreign.digest()).isEqualTo(Digest.sha256("wl".getBytes(StandardCharsets.UTF_8)));
    assertThat(foreign.size()).isEqualTo(1_718_332_879L);
    assertThat(foreign.urls()).hasSize(1);
    assertThat(foreign.isNonDistributable()).isTrue();
    assertThat(manifest.layers().get(1).isNonDistributable()).isFalse();
  }

  @Test
  void annotationsKeepEveryCharacterHoweverItIsWritten() {
    Manifest plain = image(Fixtures.manifest("unicode"));
    Manifest escaped = image(Fixtures.manifest("unicode-escaped"));

    assertThat(plain.annotations())
        .containsEntry("説明", "하토바 🕊 \u0001")
        .containsEntry("org.opencontainers.image.authors", "René \"R\" \\ /");
    assertThat(escaped.annotations()).containsEntry("説明", "하토바 🕊");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
        "Application/vnd.OCI.image.manifest.v1+JSON",
        " application/vnd.oci.image.manifest.v1+json ;a=\"b;c\"",
        "application/json",
        "application/json; charset=utf-8",
        "application/octet-stream",
        "",
        ";"
      })
  void parametersAndGenericContentTypesDoNotMatter(String contentType) {
    assertThat(
            ManifestParser.parse(Optional.of(contentType), Fixtures.manifest("oci-image"))
                .mediaType())
        .isEqualTo(MediaTypes.OCI_MANIFEST);
    assertThat(
            ManifestParser.parse(Optional.of(contentType), Fixtures.manifest("helm-chart"))
                .mediaType())
        .isEqualTo(MediaTypes.OCI_MANIFEST);
  }

  @Test
  void theContentTypeDecidesWhereTheContentSaysNothing() {
    byte[] content =
        "{\"schemaVersion\":2,\"config\":%s,\"layers\":[]}"
            .formatted(DESCRIPTOR)
            .getBytes(StandardCharsets.UTF_8);

    assertThat(ManifestParser.parse(Optional.of(MediaTypes.DOCKER_MANIFEST), content).mediaType())
        .isEqualTo(MediaTypes.DOCKER_MANIFEST);
  }

  @Test
  void aContentTypeOtherThanTheMediaTypeIsRefused() {
    Refusal refusal =
        refusal(Optional.of(MediaTypes.DOCKER_MANIFEST), Fixtures.manifest("oci-image"));

    assertThat(refusal.detail()).isEqualTo("mediaType");
    assertThat(refusal.message()).contains(MediaTypes.DOCKER_MANIFEST, MediaTypes.OCI_MANIFEST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v1+prettyjws; charset=utf-8",
        "application/json"
      })
  void schema1IsRefusedWithAMessageOfItsOwn(String contentType) {
    Refusal refusal = refusal(Optional.of(contentType), Fixtures.manifest("hostile-schema1"));

    assertThat(refusal.message()).contains("schema 1");
    assertThat(refusal.detail()).isEqualTo(MediaTypes.DOCKER_SCHEMA_1);
  }

  @Test
  void aTypeThatIsNotAManifestIsRefusedByName() {
    assertThat(refusal(Optional.empty(), Fixtures.manifest("hostile-foreign-type")))
        .returns("application/vnd.example.manifest.v1+json", Refusal::detail)
        .extracting(Refusal::message)
        .asString()
        .contains(MediaTypes.OCI_MANIFEST, MediaTypes.DOCKER_MANIFEST_LIST);
    assertThat(refusal(Optional.of("text/html"), Fixtures.manifest("helm-chart")).detail())
        .isEqualTo("text/html");
  }

  private static Manifest.Image image(byte[] content) {
    return (Manifest.Image) ManifestParser.parse(Optional.empty(), content);
  }

  private static Refusal refusal(Optional<String> contentType, byte[] content) {
    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class, () -> ManifestParser.parse(contentType, content));
    assertThat(refused).as("refused").isNotNull();
    assertThat(refused.refusal().code()).isEqualTo(ErrorCode.MANIFEST_INVALID);
    return refused.refusal();
  }
}
