package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.RegistryFixture.chunked;
import static io.hatoba.server.distribution.RegistryFixture.header;
import static io.hatoba.server.distribution.RegistryFixture.text;
import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static io.hatoba.server.distribution.UploadProtocolTest.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Refusal;
import io.hatoba.server.content.PullGate;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestProtocolTest {
  private static final String EMPTY_INDEX =
      "{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_INDEX + "\",\"manifests\":[]";

  @TempDir static Path folder;
  private static RegistryFixture registry;

  @BeforeAll
  static void start() {
    registry = RegistryFixture.start(folder);
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  @Test
  @DisplayName("distribution#3848: a pushed manifest's answer has its digest and place")
  void aPushedManifestHasItsDigestAndPlace() {
    byte[] manifest = index("a");
    Digest digest = Digest.sha256(manifest);
    HttpResponse<byte[]> answer = push("team/app", "v1", manifest);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(header(answer, "Docker-Content-Digest")).isEqualTo(digest.toString());
    assertThat(header(answer, "Location")).isEqualTo("/v2/team/app/manifests/" + digest);
    assertThat(header(answer, "Content-Length")).isEqualTo("0");
    assertThat(registry.send("GET", header(answer, "Location")).body()).isEqualTo(manifest);
  }

  @Test
  @DisplayName("nexus-public#1040: a manifest without a stated length")
  void aManifestMayComeInChunks() {
    byte[] manifest = index("chunked");
    HttpResponse<byte[]> answer =
        registry.send(
            registry.admin(),
            "PUT",
            "/v2/team/app/manifests/chunked",
            chunked(manifest),
            "Content-Type",
            MediaTypes.OCI_INDEX);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(registry.send("GET", "/v2/team/app/manifests/chunked").body()).isEqualTo(manifest);
  }

  @Test
  @DisplayName("oras-go#1396: a tag that looks like a digest is a tag")
  void aFallbackTagIsATag() {
    byte[] manifest = index("fallback");
    String tag = "sha256-" + Digest.sha256(utf8("subject")).hex();
    assertThat(push("team/app", tag, manifest).statusCode()).isEqualTo(201);
    assertThat(registry.send("GET", "/v2/team/app/manifests/" + tag).body()).isEqualTo(manifest);
  }

  @Test
  @DisplayName("serverless-registry PR#158, helm#11482: Helm's manifest has no mediaType")
  void aManifestNeedsNoMediaType() {
    String blob = "\"digest\":\"" + registry.pushBlob("team/chart", utf8("{}")) + "\",\"size\":2";
    byte[] manifest =
        utf8(
            "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\","
                + blob
                + "},\"layers\":[{\"mediaType\":\"application/vnd.cncf.helm.chart.content.v1.tar+gzip\","
                + blob
                + "}]}");
    HttpResponse<byte[]> answer = registry.pushManifest("team/chart", "1.0.0", manifest);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(header(registry.send("HEAD", "/v2/team/chart/manifests/1.0.0"), "Content-Type"))
        .isEqualTo(MediaTypes.OCI_MANIFEST);
  }

  @ParameterizedTest
  @DisplayName("repsy PR#281: a malformed manifest is 400 and never 500")
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "1",
        "\"x\"",
        "{",
        "{}",
        "{\"schemaVersion\":2,\"layers\":3}",
        "{\"schemaVersion\":2,\"config\":null,\"layers\":[null]}",
        "{\"schemaVersion\":2,\"config\":[],\"layers\":{}}",
        "{\"schemaVersion\":1}",
        "\uFEFF{}"
      })
  void aMalformedManifestIsRefused(String manifest) {
    HttpResponse<byte[]> answer = registry.pushManifest("team/app", "bad", utf8(manifest));
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(400);
    assertThat(text(answer)).contains("MANIFEST_INVALID");
  }

  @Test
  @DisplayName("repsy PR#281: deep nesting is refused")
  void deepNestingIsRefused() {
    HttpResponse<byte[]> answer =
        registry.pushManifest(
            "team/app", "deep", utf8("{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"));
    assertThat(answer.statusCode()).isEqualTo(400);
  }

  @Test
  @DisplayName("dkregistry-rs PR#82: charset is no part of the type, and none is added")
  void theTypeIsServedAsPushed() {
    byte[] manifest = index("charset");
    HttpResponse<byte[]> answer =
        registry.send(
            "PUT",
            "/v2/team/app/manifests/charset",
            manifest,
            "Content-Type",
            MediaTypes.OCI_INDEX + "; charset=utf-8");
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(header(registry.send("GET", "/v2/team/app/manifests/charset"), "Content-Type"))
        .isEqualTo(MediaTypes.OCI_INDEX);
  }

  @Test
  @DisplayName("distribution#1566, nora#658: of two tags one is deleted")
  void deletingATagLeavesTheManifestAndTheOtherTag() {
    byte[] manifest = index("two tags");
    Digest digest = Digest.sha256(manifest);
    push("team/tags", "one", manifest);
    push("team/tags", "two", manifest);
    assertThat(registry.send("DELETE", "/v2/team/tags/manifests/one").statusCode()).isEqualTo(202);
    assertThat(registry.send("GET", "/v2/team/tags/manifests/one").statusCode()).isEqualTo(404);
    assertThat(registry.send("GET", "/v2/team/tags/manifests/two").body()).isEqualTo(manifest);
    assertThat(registry.send("DELETE", "/v2/team/tags/manifests/two").statusCode()).isEqualTo(202);
    assertThat(registry.send("GET", "/v2/team/tags/manifests/" + digest).body())
        .isEqualTo(manifest);
    assertThat(registry.send("DELETE", "/v2/team/tags/manifests/one").statusCode()).isEqualTo(404);
  }

  @Test
  void deletingAManifestTakesItsTags() {
    byte[] manifest = index("whole");
    Digest digest = Digest.sha256(manifest);
    push("team/whole", "one", manifest);
    push("team/whole", "two", manifest);
    assertThat(registry.send("DELETE", "/v2/team/whole/manifests/" + digest).statusCode())
        .isEqualTo(202);
    for (String reference : List.of("one", "two", digest.toString())) {
      assertThat(registry.send("HEAD", "/v2/team/whole/manifests/" + reference).statusCode())
          .isEqualTo(404);
    }
  }

  @Test
  @DisplayName("buildx#663, harbor#16335, #11273: children by digest, then the tagged root")
  void anImageForManyPlatformsIsDeletedAndPushedAgain() {
    String repository = "team/buildx";
    List<Digest> children = new ArrayList<>();
    List<byte[]> manifests = new ArrayList<>();
    for (int platform = 0; platform < 3; platform++) {
      byte[] child = registry.pushImage(repository, "child", bytes(100 + platform, platform));
      assertThat(registry.pushManifest(repository, Digest.sha256(child).toString(), child))
          .extracting(HttpResponse::statusCode)
          .isEqualTo(201);
      children.add(Digest.sha256(child));
      manifests.add(child);
    }
    assertThat(registry.send("DELETE", "/v2/team/buildx/manifests/child").statusCode())
        .isEqualTo(202);
    byte[] root =
        utf8(
            EMPTY_INDEX.replace(
                    "[]",
                    children.stream()
                        .map(
                            child ->
                                "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":1}"
                                    .formatted(MediaTypes.OCI_MANIFEST, child))
                        .collect(Collectors.joining(",", "[", "]")))
                + "}");
    String latest = "/v2/team/buildx/manifests/latest";
    for (int push = 0; push < 2; push++) {
      for (byte[] child : manifests) {
        assertThat(registry.pushManifest(repository, Digest.sha256(child).toString(), child))
            .extracting(HttpResponse::statusCode)
            .isEqualTo(201);
      }
      HttpResponse<byte[]> pushed =
          registry.send("PUT", latest, root, "Content-Type", MediaTypes.OCI_INDEX);
      assertThat(pushed.statusCode()).as(text(pushed)).isEqualTo(201);
      assertThat(registry.send("GET", latest).body()).isEqualTo(root);
      assertThat(text(registry.send("GET", "/v2/team/buildx/tags/list")))
          .isEqualTo("{\"name\":\"team/buildx\",\"tags\":[\"latest\"]}");

      String byDigest = "/v2/team/buildx/manifests/" + Digest.sha256(root);
      assertThat(registry.send("DELETE", byDigest).statusCode()).isEqualTo(202);
      assertThat(registry.send("GET", latest).statusCode()).isEqualTo(404);
      for (Digest child : children) {
        // Nothing else needs it; its blobs are still there for the next push.
        assertThat(registry.send("GET", "/v2/team/buildx/manifests/" + child).statusCode())
            .isEqualTo(404);
      }
    }
  }

  @Test
  void oneManifestGetsManyTagsAtOnce() {
    byte[] manifest = index("many");
    Digest digest = Digest.sha256(manifest);
    List<String> tags = new ArrayList<>();
    StringBuilder query = new StringBuilder("?tag=first");
    tags.add("first");
    for (int i = 0; i < 20; i++) {
      tags.add("t" + i + "x".repeat(100));
      query.append("&tag=").append(tags.getLast());
    }
    HttpResponse<byte[]> answer = push("team/many", digest + query.toString(), manifest);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(answer.headers().allValues("OCI-Tag")).containsExactlyElementsOf(tags);
    for (String tag : tags) {
      assertThat(registry.send("GET", "/v2/team/many/manifests/" + tag).body()).isEqualTo(manifest);
    }
    assertThat(push("team/many", digest + "?tag=ok&tag=.bad", manifest).statusCode())
        .isEqualTo(400);
    assertThat(registry.send("HEAD", "/v2/team/many/manifests/ok").statusCode()).isEqualTo(404);
  }

  @Test
  void tooManyTagsAreRefused() {
    byte[] manifest = index("too many");
    StringBuilder query = new StringBuilder("?tag=t");
    for (int i = 0; i < 100; i++) {
      query.append("&tag=t").append(i);
    }
    HttpResponse<byte[]> answer =
        push("team/many", Digest.sha256(manifest) + query.toString(), manifest);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(text(answer)).contains("REQUEST_INVALID");
  }

  @Test
  void aManifestIsKeptUnderTheAlgorithmOfItsUrl() {
    byte[] manifest = index("sha512");
    Digest digest = Digest.of(DigestAlgorithm.SHA512, manifest);
    HttpResponse<byte[]> answer = push("team/app", digest.toString(), manifest);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(header(answer, "Docker-Content-Digest")).isEqualTo(digest.toString());
    assertThat(registry.send("GET", "/v2/team/app/manifests/" + digest).body()).isEqualTo(manifest);
    assertThat(text(push("team/app", Digest.sha256(utf8("else")).toString(), manifest)))
        .contains("DIGEST_INVALID");
  }

  @Test
  @DisplayName("buildx#4010, hub-feedback#2372: a processed subject is named")
  void aSubjectIsNamed() {
    Digest subject = Digest.sha256(utf8("not there"));
    byte[] manifest =
        utf8(
            EMPTY_INDEX
                + ",\"subject\":{\"mediaType\":\""
                + MediaTypes.OCI_MANIFEST
                + "\",\"digest\":\""
                + subject
                + "\",\"size\":9}}");
    HttpResponse<byte[]> answer = push("team/app", "about", manifest);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(header(answer, "OCI-Subject")).isEqualTo(subject.toString());
  }

  @Test
  @DisplayName("distribution-spec#250: a condition keeps a tag from being moved twice")
  void aConditionGuardsATag() {
    byte[] first = index("first");
    byte[] second = index("second");
    assertThat(status("guarded", second, "If-Match", "\"" + Digest.sha256(first) + "\""))
        .isEqualTo(412);
    assertThat(status("guarded", second, "If-Match", "*")).isEqualTo(412);
    assertThat(status("guarded", first, "If-None-Match", "*")).isEqualTo(201);
    assertThat(status("guarded", second, "If-None-Match", "*")).isEqualTo(412);
    assertThat(status("guarded", second, "If-Match", "\"" + Digest.sha256(second) + "\""))
        .isEqualTo(412);
    assertThat(status("guarded", second, "If-Match", "\"nonsense\"")).isEqualTo(412);
    assertThat(status("guarded", second, "If-Match", "\"" + Digest.sha256(first) + "\""))
        .isEqualTo(201);
    assertThat(registry.send("GET", "/v2/team/app/manifests/guarded").body()).isEqualTo(second);
  }

  @Test
  void aManifestUpToTheLimitIsTakenAndAboveItIsNot(@TempDir Path other) {
    try (RegistryFixture limited =
        RegistryFixture.start(other, Map.of("hatoba.distribution.max-manifest-size", "300000"))) {
      byte[] fits = index("x".repeat(300_000 - index("").length));
      byte[] tooLong = index("x".repeat(300_001 - index("").length));
      assertThat(fits).hasSize(300_000);
      assertThat(put(limited, BodyPublishers.ofByteArray(fits)).statusCode()).isEqualTo(201);
      assertThat(put(limited, chunked(fits)).statusCode()).isEqualTo(201);
      for (HttpResponse<byte[]> answer :
          List.of(
              put(limited, BodyPublishers.ofByteArray(tooLong)), put(limited, chunked(tooLong)))) {
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(text(answer)).contains("MANIFEST_TOO_LARGE").contains("300000");
      }
    }
  }

  @Test
  void aManifestOfFourMebibytesIsTaken() {
    byte[] manifest = index("x".repeat(4 * 1024 * 1024 - index("").length));
    assertThat(manifest).hasSize(4 * 1024 * 1024);
    HttpResponse<byte[]> answer = push("team/app", "four", manifest);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(registry.send("GET", "/v2/team/app/manifests/four").body()).isEqualTo(manifest);
  }

  @Test
  void aMissingBlobIsNamed() {
    String missing = Digest.sha256(utf8("missing")).toString();
    byte[] manifest =
        utf8(
            "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":7},\"layers\":[]}"
                .formatted(MediaTypes.OCI_MANIFEST, MediaTypes.OCI_CONFIG, missing));
    HttpResponse<byte[]> answer = registry.pushManifest("team/app", "dangling", manifest);
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(text(answer)).contains("MANIFEST_BLOB_UNKNOWN").contains(missing);
  }

  @Test
  void aGateKeepsPullersAndNotPushersFromAManifest(@TempDir Path other) {
    PullGate gate =
        (_, manifest, _) ->
            new PullGate.Answer.Refused(
                new Refusal.Denied("CVE-2026-1 is critical", manifest.toString()));
    try (RegistryFixture gated = RegistryFixture.gated(other, gate)) {
      byte[] manifest = gated.pushImage("team/app", "v1", bytes(10, 1));
      String path = "/v2/team/app/manifests/v1";
      String pull = gated.token(Optional.of(gated.admin()), "repository:team/app:pull");
      String push = gated.token(Optional.of(gated.admin()), "repository:team/app:pull,push");
      for (int i = 0; i < 2; i++) {
        HttpResponse<byte[]> refused = gated.send(pull, "GET", path, BodyPublishers.noBody());
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(text(refused)).contains("DENIED").contains("CVE-2026-1");
        assertThat(gated.send(push, "GET", path, BodyPublishers.noBody()).body())
            .isEqualTo(manifest);
      }
    }
  }

  @Test
  void aGateThatFailsIsANo(@TempDir Path other) {
    PullGate gate =
        (_, _, _) -> {
          throw new IllegalStateException("no verdicts");
        };
    try (RegistryFixture gated = RegistryFixture.gated(other, gate)) {
      gated.pushImage("team/app", "v1", bytes(10, 1));
      String pull = gated.token(Optional.of(gated.admin()), "repository:team/app:pull");
      HttpResponse<byte[]> refused =
          gated.send(pull, "GET", "/v2/team/app/manifests/v1", BodyPublishers.noBody());
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(text(refused)).contains("DENIED").doesNotContain("verdicts");
    }
  }

  private static int status(String tag, byte[] manifest, String name, String value) {
    return registry
        .send(
            "PUT",
            "/v2/team/app/manifests/" + tag,
            manifest,
            "Content-Type",
            MediaTypes.OCI_INDEX,
            name,
            value)
        .statusCode();
  }

  private static HttpResponse<byte[]> put(RegistryFixture target, BodyPublisher body) {
    return target.send(
        target.admin(),
        "PUT",
        "/v2/team/app/manifests/v1",
        body,
        "Content-Type",
        MediaTypes.OCI_INDEX);
  }

  private static HttpResponse<byte[]> push(String repository, String reference, byte[] manifest) {
    return registry.send(
        "PUT",
        "/v2/" + repository + "/manifests/" + reference,
        manifest,
        "Content-Type",
        MediaTypes.OCI_INDEX);
  }

  private static byte[] index(String note) {
    return utf8(EMPTY_INDEX + ",\"annotations\":{\"note\":\"" + note + "\"}}");
  }
}
