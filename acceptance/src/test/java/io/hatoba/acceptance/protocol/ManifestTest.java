package io.hatoba.acceptance.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.Content;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest extends ProtocolScenario {

  /**
   * distribution#4895, #3848; moby#15264; oras-go#374: clients read length, type and digest from
   * every answer.
   */
  @Test
  void headAndGetSayLengthTypeAndDigest() throws IOException {
    String repository = repository("manifest/headers");
    byte[] image = newImage(repository, "headers");
    HttpResponse<byte[]> put =
        assertStatus(201, http().pushManifest(repository, "1", image, IMAGE));
    assertThat(header(put, "Docker-Content-Digest")).isEqualTo(Content.digest(image));

    for (String reference : new String[] {"1", Content.digest(image)}) {
      String path = "/v2/" + repository + "/manifests/" + reference;
      for (HttpResponse<byte[]> answer : List.of(http().head(path), http().get(path))) {
        assertStatus(200, answer);
        assertThat(header(answer, "Content-Length")).isEqualTo(Integer.toString(image.length));
        assertThat(header(answer, "Content-Type")).isEqualTo(IMAGE);
        assertThat(header(answer, "Docker-Content-Digest")).isEqualTo(Content.digest(image));
        assertThat(header(answer, "Transfer-Encoding")).isEqualTo("absent");
      }
    }
  }

  /** nexus-public#1040. */
  @Test
  void aManifestOfUnknownLengthIsTaken() throws IOException {
    byte[] image = newImage(repository("manifest/chunked"), "chunked");

    assertStatus(
        201,
        http()
            .sendChunked(
                "PUT",
                "/v2/" + repository("manifest/chunked") + "/manifests/1",
                image,
                "Content-Type",
                IMAGE));
  }

  /** quay PR#1310, moby#17595, distribution-spec#235. */
  @Test
  void nothingIsCompressedOnTheWay() throws IOException {
    String repository = repository("manifest/identity");
    byte[] image = pushImage(repository, "1", "x".repeat(10_000));

    HttpResponse<byte[]> answer =
        http()
            .send(
                "GET",
                "/v2/" + repository + "/manifests/1",
                NOTHING,
                "Accept-Encoding",
                "gzip, zstd, br");

    assertThat(header(answer, "Content-Encoding")).isEqualTo("absent");
    assertThat(answer.body()).isEqualTo(image);
  }

  /** cup#132, docker-drag#41: what a client names in Accept decides nothing. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "*/*",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "text/html"
      })
  void theSameBytesAreServedWhateverIsAccepted(String accepted) throws IOException {
    String repository = repository("manifest/accept");
    byte[] image = pushImage(repository, "1", "accept");

    HttpResponse<byte[]> answer =
        assertStatus(
            200,
            http().send("GET", "/v2/" + repository + "/manifests/1", NOTHING, "Accept", accepted));

    assertThat(answer.body()).isEqualTo(image);
    assertThat(header(answer, "Content-Type")).isEqualTo(IMAGE);
  }

  /** dkregistry-rs PR#82, sigstore-js PR#1058. */
  @Test
  void aParameterOfTheTypeIsDropped() throws IOException {
    String repository = repository("manifest/charset");
    byte[] image = newImage(repository, "charset");

    assertStatus(201, http().pushManifest(repository, "1", image, IMAGE + "; charset=utf-8"));

    assertThat(header(http().get("/v2/" + repository + "/manifests/1"), "Content-Type"))
        .isEqualTo(IMAGE);
  }

  /** oras-go#1396. */
  @Test
  void aTagThatLooksLikeADigestIsATag() throws IOException {
    String repository = repository("manifest/fallback");
    String tag = "sha256-" + "a".repeat(64);
    byte[] image = pushImage(repository, tag, "fallback");

    assertThat(http().get("/v2/" + repository + "/manifests/" + tag).body()).isEqualTo(image);
    assertStatus(404, http().get("/v2/" + repository + "/manifests/sha256:" + "a".repeat(64)));
  }

  /** distribution#1566, #2317; nora#658; zot#67. */
  @Test
  void deletingATagLeavesTheManifestAndItsOtherTags() throws IOException {
    String repository = repository("manifest/tags");
    byte[] image = pushImage(repository, "1", "tags");
    assertStatus(201, http().pushManifest(repository, "2", image, IMAGE));

    assertStatus(202, http().delete("/v2/" + repository + "/manifests/1"));

    assertStatus(404, http().get("/v2/" + repository + "/manifests/1"));
    assertStatus(200, http().get("/v2/" + repository + "/manifests/2"));
    assertStatus(200, http().get("/v2/" + repository + "/manifests/" + Content.digest(image)));
  }

  /** repsy PR#281: what is no manifest is the client's mistake, not the server's. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "1",
        "\"text\"",
        "{",
        "{}",
        "{\"schemaVersion\":\"two\"}",
        "{\"schemaVersion\":2,\"config\":[],\"layers\":{}}",
        "{\"schemaVersion\":2,\"config\":null,\"layers\":null}",
        "{\"schemaVersion\":2,\"config\":{\"mediaType\":1,\"digest\":{},\"size\":\"x\"},\"layers\":[]}",
        "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":\"sha256:zz\",\"size\":-1},\"layers\":[]}"
      })
  void whatIsNoManifestIsRefusedAsInvalid(String body) throws IOException {
    HttpResponse<byte[]> refused =
        assertStatus(
            400, http().pushManifest(repository("manifest/bad"), "1", body.getBytes(UTF_8), IMAGE));

    assertThat(json(refused).at("/errors/0/code").asText())
        .isIn("MANIFEST_INVALID", "DIGEST_INVALID", "SIZE_INVALID");
    assertThat(json(refused).at("/errors/0/message").asText()).isNotBlank();
  }

  @Test
  void deepNestingIsRefusedAsInvalid() throws IOException {
    String deep =
        "{\"schemaVersion\":2,\"annotations\":" + "[".repeat(200_000) + "]".repeat(200_000) + "}";

    assertStatus(
        400, http().pushManifest(repository("manifest/deep"), "1", deep.getBytes(UTF_8), IMAGE));
  }

  /**
   * distribution#4895: a redirect of HEAD goes to an address that is signed for GET (moby#50065).
   */
  @Test
  void headOfABlobIsNeverRedirected() throws IOException {
    byte[] bytes = Content.random(1, 100_000);
    http().pushBlob(repository("manifest/blob"), bytes);

    HttpResponse<byte[]> head =
        assertStatus(
            200,
            http().head("/v2/" + repository("manifest/blob") + "/blobs/" + Content.digest(bytes)));

    assertThat(header(head, "Content-Length")).isEqualTo("100000");
    assertThat(header(head, "Docker-Content-Digest")).isEqualTo(Content.digest(bytes));
  }

  /** sretoolbox PR#49, go-containerregistry#1333. */
  @Test
  void theEntityTagIsQuotedAndSavesTheBytes() throws IOException {
    String repository = repository("manifest/etag");
    byte[] image = pushImage(repository, "1", "etag");
    String path = "/v2/" + repository + "/manifests/1";
    String quoted = "\"" + Content.digest(image) + "\"";

    assertThat(header(http().get(path), "ETag")).isEqualTo(quoted);
    HttpResponse<byte[]> unchanged =
        assertStatus(304, http().send("GET", path, NOTHING, "If-None-Match", quoted));
    assertThat(unchanged.body()).isEmpty();
  }

  /** oras-go#633, registry.k8s.io#287. */
  @Test
  void referrersOfWhatIsNotThereAreAnEmptyIndex() throws IOException {
    for (String name : new String[] {"manifest/tags", "manifest/never-pushed-to"}) {
      HttpResponse<byte[]> answer =
          assertStatus(
              200, http().get("/v2/" + repository(name) + "/referrers/sha256:" + "0".repeat(64)));

      assertThat(header(answer, "Content-Type"))
          .isEqualTo("application/vnd.oci.image.index.v1+json");
      assertThat(json(answer).get("manifests")).isEmpty();
    }
  }

  /** cosign#4422, hub-feedback#2372: a subject is acknowledged, also before it is there. */
  @Test
  void aReferrerMayComeBeforeItsSubject() throws IOException {
    String repository = repository("manifest/referrer");
    byte[] subject = newImage(repository, "subject");
    byte[] referrer =
        """
        {"schemaVersion":2,"mediaType":"%s","artifactType":"application/vnd.example","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"%s","size":2},"layers":[],"subject":{"mediaType":"%s","digest":"%s","size":%d},"annotations":{"a":"b"}}"""
            .formatted(
                IMAGE,
                Content.digest("{}".getBytes(UTF_8)),
                IMAGE,
                Content.digest(subject),
                subject.length)
            .getBytes(UTF_8);

    HttpResponse<byte[]> put =
        assertStatus(
            201, http().pushManifest(repository, Content.digest(referrer), referrer, IMAGE));
    assertThat(header(put, "OCI-Subject")).isEqualTo(Content.digest(subject));
    assertStatus(201, http().pushManifest(repository, "1", subject, IMAGE));

    var found =
        json(http().get("/v2/" + repository + "/referrers/" + Content.digest(subject)))
            .at("/manifests/0");
    assertThat(found.get("digest").asText()).isEqualTo(Content.digest(referrer));
    assertThat(found.get("artifactType").asText()).isEqualTo("application/vnd.example");
    assertThat(found.at("/annotations/a").asText()).isEqualTo("b");
  }
}
