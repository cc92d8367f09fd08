package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.RegistryFixture.chunked;
import static io.hatoba.server.distribution.RegistryFixture.header;
import static io.hatoba.server.distribution.RegistryFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadProtocolTest {
  private static final String START = "/v2/team/app/blobs/uploads/";
  private static final byte[] BYTES = bytes(100_000, 1);

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
  @DisplayName(
      "distribution#2363, distribution-spec#577, containers-roadmap#2831: Range of an upload")
  void theRangeOfAnUploadIsInclusiveAndHasNoUnit() {
    HttpResponse<byte[]> started = registry.send("POST", START);
    assertThat(started.statusCode()).isEqualTo(202);
    assertThat(header(started, "Range")).isEqualTo("0-0");
    assertThat(header(started, "Content-Length")).isEqualTo("0");
    String location = header(started, "Location");
    assertThat(location).startsWith(START);
    assertThat(header(started, "Docker-Upload-UUID")).isEqualTo(location.substring(START.length()));

    assertThat(range("PATCH", location, bytes(1, 2))).isEqualTo("0-0");
    assertThat(range("PATCH", location, bytes(1, 2))).isEqualTo("0-1");
    assertThat(range("PATCH", location, bytes(1000, 2))).isEqualTo("0-1001");
    HttpResponse<byte[]> status = registry.send("GET", location);
    assertThat(status.statusCode()).isEqualTo(204);
    assertThat(header(status, "Range")).isEqualTo("0-1001");
    assertThat(header(status, "Location")).isEqualTo(location);
  }

  @Test
  @DisplayName("containerd#3533: POST and one PUT with the whole body")
  void aBlobComesByPostAndPut() {
    byte[] blob = bytes(3_000_000, 3);
    HttpResponse<byte[]> answer =
        registry.send("PUT", newUpload() + "?digest=" + Digest.sha256(blob), blob);
    assertCreated(answer, Digest.sha256(blob));
    assertStored(blob, Digest.sha256(blob));
  }

  @Test
  @DisplayName("docker: POST, one PATCH without length, empty PUT")
  void aBlobComesByOneChunkOfUnstatedLength() {
    String location = newUpload();
    HttpResponse<byte[]> patched =
        registry.send(registry.admin(), "PATCH", location, chunked(BYTES));
    assertThat(patched.statusCode()).isEqualTo(202);
    assertThat(header(patched, "Range")).isEqualTo("0-99999");
    Digest digest = Digest.sha256(BYTES);
    assertCreated(registry.send("PUT", header(patched, "Location") + "?digest=" + digest), digest);
    assertStored(BYTES, digest);
  }

  @Test
  @DisplayName("gitea#34724: chunks with Content-Range, the last one in PUT")
  void aBlobComesInChunks() {
    String location = newUpload();
    byte[] blob = bytes(50_000, 4);
    for (int from = 0; from < 40_000; from += 10_000) {
      HttpResponse<byte[]> patched = chunk("PATCH", location, blob, from, from + 10_000);
      assertThat(patched.statusCode()).isEqualTo(202);
      assertThat(header(patched, "Range")).isEqualTo("0-" + (from + 9_999));
      location = header(patched, "Location");
    }
    Digest digest = Digest.sha256(blob);
    assertCreated(chunk("PUT", location + "?digest=" + digest, blob, 40_000, 50_000), digest);
    assertStored(blob, digest);
  }

  @Test
  @DisplayName("distribution#3141, #2634, PR#4945: out of order is 416, and the upload goes on")
  void aChunkOutOfOrderIsRefusedAndTheUploadGoesOn() {
    String location = newUpload();
    assertOutOfOrder(chunk("PATCH", location, BYTES, 1, 10), "0-0");
    assertThat(chunk("PATCH", location, BYTES, 0, 1_000).statusCode()).isEqualTo(202);
    assertOutOfOrder(chunk("PATCH", location, BYTES, 0, 1_000), "0-999");
    assertOutOfOrder(chunk("PATCH", location, BYTES, 2_000, 3_000), "0-999");
    String finish = location + "?digest=" + Digest.sha256(BYTES);
    assertOutOfOrder(chunk("PUT", finish, BYTES, 500, 3_000), "0-999");
    assertThat(header(registry.send("GET", location), "Range")).isEqualTo("0-999");
    assertCreated(chunk("PUT", finish, BYTES, 1_000, 100_000), Digest.sha256(BYTES));
  }

  @Test
  void aChunkThatIsNotAsLongAsItsRangeIsRefused() {
    String location = newUpload();
    HttpResponse<byte[]> answer =
        registry.send("PATCH", location, bytes(10, 1), "Content-Range", "0-10");
    assertRefused(answer, 400, "SIZE_INVALID");
    HttpResponse<byte[]> unstated =
        registry.send(
            registry.admin(), "PATCH", location, chunked(bytes(10, 1)), "Content-Range", "0-10");
    assertRefused(unstated, 400, "SIZE_INVALID");
    assertRefused(
        registry.send("PATCH", location, bytes(10, 1), "Content-Range", "ten"),
        416,
        "RANGE_INVALID");
    assertThat(header(registry.send("GET", location), "Range")).isEqualTo("0-0");
  }

  @Test
  @DisplayName("distribution PR#4945: a wrong digest is 400, and nothing is stored")
  void aWrongDigestIsRefused() {
    byte[] blob = bytes(1_000, 5);
    Digest wrong = Digest.sha256(bytes(1_000, 6));
    assertRefused(
        registry.send("PUT", newUpload() + "?digest=" + wrong, blob), 400, "DIGEST_INVALID");
    assertRefused(
        registry.send("PUT", newUpload() + "?digest=sha256:baddigeststring", blob),
        400,
        "DIGEST_INVALID");
    assertRefused(
        registry.send("PUT", newUpload() + "?digest=md5:0123", blob), 400, "DIGEST_INVALID");
    assertRefused(registry.send("PUT", newUpload(), blob), 400, "DIGEST_INVALID");
    assertRefused(registry.send("POST", START + "?digest=" + wrong, blob), 400, "DIGEST_INVALID");
    assertRefused(registry.send("GET", "/v2/team/app/blobs/" + wrong), 404, "BLOB_UNKNOWN");
    assertRefused(
        registry.send("GET", "/v2/team/app/blobs/" + Digest.sha256(blob)), 404, "BLOB_UNKNOWN");
  }

  @Test
  @DisplayName("jib#4301: a closing PUT that is sent again succeeds again")
  void aRepeatedPutSucceedsAgain() {
    String location = newUpload();
    byte[] blob = bytes(20_000, 7);
    Digest digest = Digest.sha256(blob);
    String finish = location + "?digest=" + digest;
    assertCreated(registry.send("PUT", finish, blob), digest);
    assertCreated(registry.send("PUT", finish, blob), digest);
    assertCreated(registry.send("PUT", finish), digest);
    assertRefused(registry.send("GET", location), 404, "BLOB_UPLOAD_UNKNOWN");
    assertRefused(registry.send("PATCH", location, bytes(1, 1)), 404, "BLOB_UPLOAD_UNKNOWN");
  }

  @Test
  @DisplayName("harbor#10749: a single POST with the whole body")
  void aBlobComesByASinglePost() {
    byte[] blob = bytes(30_000, 8);
    Digest digest = Digest.sha256(blob);
    assertCreated(registry.send("POST", START + "?digest=" + digest, blob), digest);
    assertStored(blob, digest);
    byte[] other = bytes(30_000, 9);
    Digest long512 = Digest.of(DigestAlgorithm.SHA512, other);
    HttpResponse<byte[]> answer =
        registry.send(registry.admin(), "POST", START + "?digest=" + long512, chunked(other));
    assertCreated(answer, long512);
    assertStored(other, long512);
  }

  @Test
  void aPostThatOnlyNamesADigestOpensAnUpload() {
    HttpResponse<byte[]> answer =
        registry.send("POST", START + "?digest=" + Digest.sha256(bytes(5, 99)));
    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(header(answer, "Location")).startsWith(START);
  }

  @Test
  @DisplayName("distribution#4420: sha512 with and without digest-algorithm")
  void sha512NeedsNoHint() {
    byte[] blob = bytes(40_000, 10);
    Digest digest = Digest.of(DigestAlgorithm.SHA512, blob);
    String plain = newUpload();
    assertThat(registry.send("PATCH", plain, blob).statusCode()).isEqualTo(202);
    assertCreated(registry.send("PUT", plain + "?digest=" + digest), digest);
    byte[] second = bytes(40_000, 11);
    Digest hinted = Digest.of(DigestAlgorithm.SHA512, second);
    String location = header(registry.send("POST", START + "?digest-algorithm=sha512"), "Location");
    assertThat(registry.send("PATCH", location, second).statusCode()).isEqualTo(202);
    assertCreated(registry.send("PUT", location + "?digest=" + hinted), hinted);
    assertStored(second, hinted);
    assertRefused(registry.send("POST", START + "?digest-algorithm=md5"), 400, "DIGEST_INVALID");
  }

  @Test
  void theEmptyBlobIsAnOrdinaryBlob() {
    byte[] nothing = {};
    Digest digest = Digest.sha256(nothing);
    assertCreated(registry.send("PUT", newUpload() + "?digest=" + digest), digest);
    assertStored(nothing, digest);
    assertCreated(registry.send("POST", START + "?digest=" + digest), digest);
  }

  @Test
  void aCancelledUploadIsGone() {
    String location = newUpload();
    assertThat(registry.send("PATCH", location, BYTES).statusCode()).isEqualTo(202);
    assertThat(registry.send("DELETE", location).statusCode()).isEqualTo(204);
    assertRefused(registry.send("GET", location), 404, "BLOB_UPLOAD_UNKNOWN");
    assertRefused(registry.send("DELETE", location), 404, "BLOB_UPLOAD_UNKNOWN");
    assertRefused(
        registry.send("GET", "/v2/team/never/blobs/uploads/x"), 404, "BLOB_UPLOAD_UNKNOWN");
  }

  @Test
  void aBlobIsMountedFromWhereTheCallerMayRead() {
    byte[] blob = bytes(25_000, 12);
    Digest digest = registry.pushBlob("other/source", blob);
    HttpResponse<byte[]> mounted =
        registry.send(
            "POST", "/v2/team/target/blobs/uploads/?mount=" + digest + "&from=other/source");
    assertThat(mounted.statusCode()).isEqualTo(201);
    assertThat(header(mounted, "Location")).isEqualTo("/v2/team/target/blobs/" + digest);
    assertThat(header(mounted, "Docker-Content-Digest")).isEqualTo(digest.toString());
    HttpResponse<byte[]> automatic =
        registry.send("POST", "/v2/team/third/blobs/uploads/?mount=" + digest);
    assertThat(automatic.statusCode()).isEqualTo(201);
    assertThat(registry.send("GET", "/v2/team/third/blobs/" + digest).body()).isEqualTo(blob);
  }

  @Test
  void whatCannotBeMountedIsUploaded() {
    Digest absent = Digest.sha256(bytes(9, 13));
    for (String source : List.of("&from=other/source", "&from=no/such", "&from=BAD", "")) {
      HttpResponse<byte[]> answer = registry.send("POST", START + "?mount=" + absent + source);
      assertThat(answer.statusCode()).as(source).isEqualTo(202);
      assertThat(header(answer, "Location")).startsWith(START);
    }
  }

  @Test
  @DisplayName("nexus-public#967, pulp_container#1730: pushes of one blob at once all succeed")
  void pushesOfOneBlobAtOnceAllSucceed() throws Exception {
    byte[] blob = bytes(200_000, 14);
    Digest digest = Digest.sha256(blob);
    Callable<Integer> push =
        () -> registry.send("PUT", newUpload() + "?digest=" + digest, blob).statusCode();
    try (ExecutorService clients = Executors.newFixedThreadPool(32)) {
      for (Future<Integer> status : clients.invokeAll(Collections.nCopies(32, push))) {
        assertThat(status.get()).isEqualTo(201);
      }
    }
    assertStored(blob, digest);
  }

  @Test
  void aBlobAboveTheLimitIsRefusedHoweverItComes(@TempDir Path other) {
    try (RegistryFixture limited =
        RegistryFixture.start(other, Map.of("hatoba.distribution.max-blob-size", "1M"))) {
      byte[] large = bytes(1024 * 1024 + 1, 15);
      String parameters = "?digest=" + Digest.sha256(large);
      assertRefused(limited.send("POST", START + parameters, large), 413, "BLOB_TOO_LARGE");
      assertRefused(
          limited.send(limited.admin(), "POST", START + parameters, chunked(large)),
          413,
          "BLOB_TOO_LARGE");
      String location = header(limited.send("POST", START), "Location");
      assertThat(limited.send("PATCH", location, Arrays.copyOf(large, 600_000)).statusCode())
          .isEqualTo(202);
      assertRefused(
          limited.send("PATCH", location, Arrays.copyOf(large, 600_000)), 413, "BLOB_TOO_LARGE");
    }
  }

  @Test
  void anUploadGoesOnAfterARestart(@TempDir Path other) {
    byte[] blob = bytes(300_000, 16);
    String location;
    try (RegistryFixture before = RegistryFixture.start(other)) {
      location = header(before.send("POST", START), "Location");
      before.send("PATCH", location, Arrays.copyOf(blob, 200_000));
    }
    try (RegistryFixture after = RegistryFixture.start(other)) {
      assertThat(header(after.send("GET", location), "Range")).isEqualTo("0-199999");
      byte[] rest = Arrays.copyOfRange(blob, 200_000, 300_000);
      Digest digest = Digest.sha256(blob);
      assertThat(after.send("PUT", location + "?digest=" + digest, rest).statusCode())
          .isEqualTo(201);
      assertThat(after.send("GET", "/v2/team/app/blobs/" + digest).body()).isEqualTo(blob);
    }
  }

  @Test
  void whatAnUploadDoesNotHaveIsRefused() {
    HttpResponse<byte[]> answer = registry.send("PUT", START, bytes(10, 1));
    assertRefused(answer, 405, "UNSUPPORTED");
    assertThat(header(answer, "Allow")).isEqualTo("POST");
    assertRefused(registry.send("POST", "/v2/nowhere/app/blobs/uploads/"), 404, "NAME_UNKNOWN");
  }

  private static String newUpload() {
    return header(registry.send("POST", START), "Location");
  }

  private static String range(String method, String location, byte[] body) {
    return header(registry.send(method, location, body), "Range");
  }

  private static HttpResponse<byte[]> chunk(
      String method, String location, byte[] blob, int from, int to) {
    return registry.send(
        registry.admin(),
        method,
        location,
        BodyPublishers.ofByteArray(blob, from, to - from),
        "Content-Range",
        from + "-" + (to - 1));
  }

  private static void assertOutOfOrder(HttpResponse<byte[]> answer, String range) {
    assertRefused(answer, 416, "RANGE_INVALID");
    assertThat(header(answer, "Range")).isEqualTo(range);
    assertThat(header(answer, "Location")).startsWith(START);
  }

  private static void assertCreated(HttpResponse<byte[]> answer, Digest digest) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    assertThat(header(answer, "Location")).isEqualTo("/v2/team/app/blobs/" + digest);
    assertThat(header(answer, "Docker-Content-Digest")).isEqualTo(digest.toString());
    assertThat(header(answer, "Content-Length")).isEqualTo("0");
  }

  private static void assertStored(byte[] blob, Digest digest) {
    HttpResponse<byte[]> answer = registry.send("GET", "/v2/team/app/blobs/" + digest);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(blob);
  }

  private static void assertRefused(HttpResponse<byte[]> answer, int status, String code) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
    assertThat(header(answer, "Content-Type")).isEqualTo("application/json");
    assertThat(text(answer)).startsWith("{\"errors\":[{\"code\":\"" + code + "\"");
  }

  static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
