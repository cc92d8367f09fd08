package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.RegistryFixture.header;
import static io.hatoba.server.distribution.RegistryFixture.text;
import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static io.hatoba.server.distribution.UploadProtocolTest.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PullProtocolTest {
  private static final byte[] LARGE = bytes(300_000, 21);
  private static final byte[] SMALL = bytes(2_000, 22);

  @TempDir static Path folder;
  private static RegistryFixture registry;
  private static Digest large;
  private static Digest small;
  private static byte[] manifest;

  @BeforeAll
  static void start() {
    registry = RegistryFixture.start(folder);
    large = registry.pushBlob("team/app", LARGE);
    small = registry.pushBlob("team/app", SMALL);
    manifest = registry.pushImage("team/app", "v1", SMALL);
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  @Test
  @DisplayName("distribution#4895, moby#15264, oras-go#374: HEAD and GET have length, type, digest")
  void headHasTheHeadersOfGetAndNoBody() {
    for (String path :
        List.of(
            blob(large),
            blob(small),
            "/v2/team/app/manifests/v1",
            "/v2/team/app/manifests/" + Digest.sha256(manifest))) {
      HttpResponse<byte[]> got = registry.send("GET", path);
      HttpResponse<byte[]> asked = registry.send("HEAD", path);
      assertThat(got.statusCode()).isEqualTo(200);
      assertThat(asked.statusCode()).isEqualTo(200);
      assertThat(asked.body()).isEmpty();
      assertThat(header(got, "Content-Length")).isEqualTo(Integer.toString(got.body().length));
      assertThat(got.headers().firstValue("Transfer-Encoding")).isEmpty();
      for (String name :
          List.of("Content-Length", "Content-Type", "Docker-Content-Digest", "ETag")) {
        assertThat(header(asked, name)).as(name).isEqualTo(header(got, name)).isNotEmpty();
      }
    }
  }

  @Test
  @DisplayName("moby#15264: an absent thing has no body at HEAD either, and JSON at GET")
  void headOfWhatIsAbsentHasNoBody() {
    for (String path :
        List.of(
            blob(Digest.sha256(utf8("absent"))),
            "/v2/team/app/manifests/absent",
            "/v2/team/absent/manifests/v1")) {
      assertThat(registry.send("HEAD", path).statusCode()).isEqualTo(404);
      assertThat(registry.send("HEAD", path).body()).isEmpty();
      assertThat(text(registry.send("GET", path))).contains("_UNKNOWN");
    }
  }

  @Test
  @DisplayName("quay PR#1310, moby#17595: nothing is compressed on the way")
  void nothingIsCompressedOnTheWay() {
    for (String path : List.of(blob(large), blob(small), "/v2/team/app/manifests/v1")) {
      HttpResponse<byte[]> answer =
          registry.send("GET", path, "Accept-Encoding", "zstd, gzip, deflate");
      assertThat(answer.headers().firstValue("Content-Encoding")).isEmpty();
      assertThat(header(answer, "Content-Length"))
          .isEqualTo(Integer.toString(answer.body().length));
    }
  }

  @ParameterizedTest
  @DisplayName("cup#132, docker-drag#41: the bytes do not depend on Accept")
  @ValueSource(
      strings = {
        "*/*",
        MediaTypes.OCI_INDEX,
        MediaTypes.DOCKER_SCHEMA_1_SIGNED,
        "text/html",
        MediaTypes.OCI_MANIFEST + ", " + MediaTypes.DOCKER_MANIFEST
      })
  void theBytesDoNotDependOnAccept(String accept) {
    HttpResponse<byte[]> answer =
        registry.send("GET", "/v2/team/app/manifests/v1", "Accept", accept);
    assertThat(answer.body()).isEqualTo(manifest);
    assertThat(header(answer, "Content-Type")).isEqualTo(MediaTypes.OCI_MANIFEST);
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=500-1499, 500, 1499",
    "bytes=500-, 500, 1999",
    "bytes=-500, 1500, 1999",
    "bytes=-5000, 0, 1999",
    "bytes=1500-5000, 1500, 1999",
    "bytes=0-0, 0, 0",
    "BYTES=1-2, 1, 2"
  })
  void aRangeIsAnsweredWithItsPart(String range, int first, int last) {
    HttpResponse<byte[]> answer = registry.send("GET", blob(small), "Range", range);
    assertThat(answer.statusCode()).isEqualTo(206);
    assertThat(header(answer, "Content-Range")).isEqualTo("bytes " + first + "-" + last + "/2000");
    assertThat(answer.body()).isEqualTo(Arrays.copyOfRange(SMALL, first, last + 1));
    HttpResponse<byte[]> ofFile =
        registry.send("GET", blob(large), "Range", "bytes=" + first + "-" + last);
    assertThat(ofFile.statusCode()).isEqualTo(206);
    assertThat(ofFile.body()).isEqualTo(Arrays.copyOfRange(LARGE, first, last + 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=500-0", "bytes=2000-", "bytes=9999-10000", "bytes=-0"})
  void aRangeThatDoesNotExistIsRefused(String range) {
    HttpResponse<byte[]> answer = registry.send("GET", blob(small), "Range", range);
    assertThat(answer.statusCode()).isEqualTo(416);
    assertThat(header(answer, "Content-Range")).isEqualTo("bytes */2000");
    assertThat(text(answer)).contains("RANGE_INVALID");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lines=1-2", "bytes", "bytes=a-b", "bytes=1-2,x"})
  void whatIsNoRangeIsIgnored(String range) {
    HttpResponse<byte[]> answer = registry.send("GET", blob(small), "Range", range);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(SMALL);
    assertThat(header(answer, "Accept-Ranges")).isEqualTo("bytes");
  }

  @Test
  @DisplayName("zstd:chunked, stargz: several ranges in one request")
  void severalRangesAreAnsweredTogether() {
    for (byte[] content : List.of(SMALL, LARGE)) {
      HttpResponse<byte[]> answer =
          registry.send("GET", blob(Digest.sha256(content)), "Range", "bytes=0-9, 100-199,-20");
      assertThat(answer.statusCode()).isEqualTo(206);
      assertThat(header(answer, "Content-Length"))
          .isEqualTo(Integer.toString(answer.body().length));
      String type = header(answer, "Content-Type");
      assertThat(type).startsWith("multipart/byteranges; boundary=");
      String boundary = type.substring(type.indexOf('=') + 1);
      int size = content.length;
      assertThat(new String(answer.body(), StandardCharsets.ISO_8859_1))
          .isEqualTo(
              part(boundary, content, 0, 9)
                  + part(boundary, content, 100, 199)
                  + part(boundary, content, size - 20, size - 1)
                  + "\r\n--"
                  + boundary
                  + "--\r\n");
    }
  }

  @Test
  void tooManyRangesCostNothing() {
    StringBuilder ranges = new StringBuilder("bytes=0-0");
    for (int i = 0; i < 1500; i++) {
      ranges.append(",").append(i % 10).append("-");
    }
    HttpResponse<byte[]> answer = registry.send("GET", blob(small), "Range", ranges.toString());
    assertThat(answer.statusCode()).isEqualTo(416);
  }

  @Test
  void aRangeHoldsOnlyForWhatIfRangeNames() {
    String tag = "\"" + small + "\"";
    assertThat(status(blob(small), "Range", "bytes=0-1", "If-Range", tag)).isEqualTo(206);
    assertThat(status(blob(small), "Range", "bytes=0-1", "If-Range", "W/" + tag)).isEqualTo(200);
    assertThat(status(blob(small), "Range", "bytes=0-1", "If-Range", "\"" + large + "\""))
        .isEqualTo(200);
    assertThat(
            status(blob(small), "Range", "bytes=0-1", "If-Range", "Tue, 24 Nov 2026 07:00:00 GMT"))
        .isEqualTo(200);
  }

  @Test
  @DisplayName("sretoolbox PR#49: the entity tag is quoted, and 304 has no body")
  void whatTheClientHasIsNotSentAgain() {
    String digest = Digest.sha256(manifest).toString();
    for (String path : List.of("/v2/team/app/manifests/v1", "/v2/team/app/manifests/" + digest)) {
      assertThat(header(registry.send("GET", path), "ETag")).isEqualTo("\"" + digest + "\"");
      for (String known :
          List.of(
              "\"" + digest + "\"",
              "W/\"" + digest + "\"",
              "\"other\", \"" + digest + "\"",
              digest,
              "*")) {
        HttpResponse<byte[]> answer = registry.send("GET", path, "If-None-Match", known);
        assertThat(answer.statusCode()).as(known).isEqualTo(304);
        assertThat(answer.body()).isEmpty();
        assertThat(header(answer, "ETag")).isEqualTo("\"" + digest + "\"");
      }
      assertThat(status(path, "If-None-Match", "\"other\"")).isEqualTo(200);
    }
    assertThat(status(blob(large), "If-None-Match", "\"" + large + "\"")).isEqualTo(304);
    assertThat(status(blob(large), "If-None-Match", "\"" + small + "\"")).isEqualTo(200);
  }

  @Test
  void whatADigestNamesMayBeKeptAndATagMayNot() {
    String immutable = "private, max-age=31536000, immutable";
    assertThat(header(registry.send("GET", blob(large)), "Cache-Control")).isEqualTo(immutable);
    assertThat(
            header(
                registry.send("GET", "/v2/team/app/manifests/" + Digest.sha256(manifest)),
                "Cache-Control"))
        .isEqualTo(immutable);
    assertThat(
            registry.send("GET", "/v2/team/app/manifests/v1").headers().firstValue("Cache-Control"))
        .isEqualTo(Optional.empty());
  }

  @Test
  @DisplayName("moby#50065: HEAD is never redirected")
  void headIsNotRedirected() {
    assertThat(registry.send("HEAD", blob(large)).statusCode()).isEqualTo(200);
  }

  @Test
  @DisplayName("renovate#3877, opa#6580: no redirect takes a client's credentials elsewhere")
  void nothingIsRedirected() {
    for (String path : List.of(blob(large), blob(small), "/v2/team/app/manifests/v1")) {
      HttpResponse<byte[]> answer = registry.send("GET", path);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Location")).isEmpty();
    }
  }

  @Test
  void whatIsRememberedIsAnsweredTheSame() {
    String token = registry.token(Optional.of(registry.admin()), "repository:team/app:pull");
    for (String path : List.of(blob(large), blob(small), "/v2/team/app/manifests/v1", "/v2/")) {
      for (String method : List.of("GET", "HEAD")) {
        HttpResponse<byte[]> first =
            registry.send(token, method, path, BodyPublishers.noBody(), "X-Request-Id", "same");
        for (int i = 0; i < 3; i++) {
          HttpResponse<byte[]> again =
              registry.send(token, method, path, BodyPublishers.noBody(), "X-Request-Id", "same");
          assertThat(again.statusCode()).isEqualTo(200);
          assertThat(again.headers()).isEqualTo(first.headers());
          assertThat(again.body()).isEqualTo(first.body());
        }
      }
    }
  }

  @Test
  void everyAnswerNamesItsRequest() {
    assertThat(header(registry.send("GET", "/v2/", "X-Request-Id", "Run_1.a-b"), "X-Request-Id"))
        .isEqualTo("Run_1.a-b");
    String ours =
        header(registry.send("GET", "/v2/nothing/here", "X-Request-Id", "a b"), "X-Request-Id");
    assertThat(ours).matches("[0-9a-f]{16}");
    assertThat(header(registry.send("GET", "/v2/"), "Docker-Distribution-Api-Version"))
        .isEqualTo("registry/2.0");
  }

  @Test
  @DisplayName("containerd mirrors: ns= is ignored")
  void theNamespaceParameterIsIgnored() {
    assertThat(registry.send("GET", "/v2/team/app/manifests/v1?ns=docker.io").body())
        .isEqualTo(manifest);
    assertThat(registry.send("GET", blob(large) + "?ns=docker.io").body()).isEqualTo(LARGE);
  }

  @Test
  void aDeletedBlobIsGoneAtOnce() {
    Digest digest = registry.pushBlob("team/gone", bytes(20_000, 23));
    String path = "/v2/team/gone/blobs/" + digest;
    assertThat(registry.send("GET", path).statusCode()).isEqualTo(200);
    assertThat(registry.send("DELETE", path).statusCode()).isEqualTo(202);
    assertThat(registry.send("HEAD", path).statusCode()).isEqualTo(404);
    assertThat(registry.send("DELETE", path).statusCode()).isEqualTo(404);
  }

  @Test
  void whatABlobDoesNotHaveIsRefused() {
    HttpResponse<byte[]> answer = registry.send("PATCH", blob(large), utf8("x"));
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(header(answer, "Allow")).isEqualTo("GET, HEAD, DELETE");
    assertThat(text(answer)).contains("UNSUPPORTED");
    assertThat(registry.send("GET", "/v2/nothing/here").statusCode()).isEqualTo(404);
    assertThat(text(registry.send("GET", "/v2/nothing/here"))).contains("\"errors\"");
  }

  private static int status(String path, String... headers) {
    return registry.send("GET", path, headers).statusCode();
  }

  private static String blob(Digest digest) {
    return "/v2/team/app/blobs/" + digest;
  }

  private static String part(String boundary, byte[] content, int first, int last) {
    return "\r\n--"
        + boundary
        + "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes "
        + first
        + "-"
        + last
        + "/"
        + content.length
        + "\r\n\r\n"
        + new String(Arrays.copyOfRange(content, first, last + 1), StandardCharsets.ISO_8859_1);
  }
}
