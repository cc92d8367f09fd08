package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static io.hatoba.server.distribution.UploadProtocolTest.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The protocol over HTTP/2 without TLS: one connection carries all requests of a client. */
class Http2ProtocolTest {
  private static final String START = "/v2/team/app/blobs/uploads/";

  @TempDir static Path folder;
  private static RegistryFixture registry;
  private static HttpClient client;

  @BeforeAll
  static void start() throws Exception {
    registry = RegistryFixture.start(folder);
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    // The first answer changes the connection to HTTP/2.
    assertThat(send("", "GET", "/v2/", BodyPublishers.noBody()).statusCode()).isEqualTo(401);
  }

  @AfterAll
  static void stop() {
    client.close();
    registry.close();
  }

  @Test
  void aLargeBlobIsPushedAndPulledInParts() throws Exception {
    byte[] blob = bytes(20 * 1024 * 1024, 21);
    Digest digest = Digest.sha256(blob);
    var pushed = send("POST", START + "?digest=" + digest, BodyPublishers.ofByteArray(blob));
    assertThat(pushed.statusCode()).isEqualTo(201);

    String path = "/v2/team/app/blobs/" + digest;
    var whole = send("GET", path, BodyPublishers.noBody());
    assertThat(whole.statusCode()).isEqualTo(200);
    assertThat(whole.headers().firstValueAsLong("content-length")).hasValue(blob.length);
    assertThat(Digest.sha256(whole.body())).isEqualTo(digest);
    var part = send("GET", path, BodyPublishers.noBody(), "Range", "bytes=1000000-5999999");
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(blob, 1_000_000, 6_000_000));
    var head = send("HEAD", path, BodyPublishers.noBody());
    assertThat(head.headers().firstValueAsLong("content-length")).hasValue(blob.length);
    assertThat(head.body()).isEmpty();
    var parts = send("GET", path, BodyPublishers.noBody(), "Range", "bytes=0-9,100-199");
    assertThat(parts.statusCode()).isEqualTo(206);
    assertThat(parts.headers().firstValueAsLong("content-length")).hasValue(parts.body().length);
  }

  @Test
  void aBodyOfUnstatedLengthIsABody() throws Exception {
    byte[] blob = bytes(3_000_000, 22);
    String location = location(send("POST", START, BodyPublishers.noBody()));
    var chunk = send("PATCH", location, RegistryFixture.chunked(blob));
    assertThat(chunk.statusCode()).isEqualTo(202);
    assertThat(chunk.headers().firstValue("range")).hasValue("0-2999999");
    var closed =
        send("PUT", location(chunk) + "?digest=" + Digest.sha256(blob), BodyPublishers.noBody());
    assertThat(closed.statusCode()).isEqualTo(201);

    byte[] manifest =
        utf8(
            "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[]}"
                .formatted(MediaTypes.OCI_INDEX));
    var put =
        send(
            "PUT",
            "/v2/team/app/manifests/h2",
            RegistryFixture.chunked(manifest),
            "Content-Type",
            MediaTypes.OCI_INDEX);
    assertThat(put.statusCode()).isEqualTo(201);
    assertThat(send("GET", "/v2/team/app/manifests/h2", BodyPublishers.noBody()).body())
        .isEqualTo(manifest);
  }

  @Test
  void aRefusedPushIsReadAndLeavesTheOthersOfItsConnectionAlone() throws Exception {
    byte[] blob = bytes(20 * 1024 * 1024, 23);
    Digest digest = Digest.sha256(blob);
    CompletableFuture<HttpResponse<byte[]>> other =
        client.sendAsync(
            request(
                registry.admin(),
                "POST",
                START + "?digest=" + digest,
                BodyPublishers.ofByteArray(blob)),
            BodyHandlers.ofByteArray());
    for (int i = 0; i < 5; i++) {
      var refused = send("", "POST", START + "?digest=" + digest, BodyPublishers.ofByteArray(blob));
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.headers().firstValue("www-authenticate").orElse(""))
          .startsWith("Bearer realm=\"http://127.0.0.1:" + registry.port() + "/token\"");
      assertThat(refused.headers().firstValue("connection")).isEmpty();
      assertThat(RegistryFixture.text(refused)).contains("UNAUTHORIZED");
      var small = send("", "POST", START, BodyPublishers.ofByteArray(new byte[100]));
      assertThat(small.statusCode()).isEqualTo(401);
    }
    assertThat(other.get().statusCode()).isEqualTo(201);
  }

  @Test
  void anEndlessFormIsRefused() throws Exception {
    var refused =
        send(
            "",
            "POST",
            "/token",
            BodyPublishers.ofByteArray(new byte[2 * 1024 * 1024]),
            "Content-Type",
            "application/x-www-form-urlencoded");
    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(RegistryFixture.text(refused)).contains("REQUEST_INVALID");
    var login = send("GET", "/token?service=hatoba", BodyPublishers.noBody());
    assertThat(login.statusCode()).isEqualTo(200);
  }

  private static HttpResponse<byte[]> send(
      String method, String path, BodyPublisher body, String... headers) throws Exception {
    return send(registry.admin(), method, path, body, headers);
  }

  private static HttpResponse<byte[]> send(
      String authorization, String method, String path, BodyPublisher body, String... headers)
      throws Exception {
    HttpResponse<byte[]> answer =
        client.send(
            request(authorization, method, path, body, headers), BodyHandlers.ofByteArray());
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
    return answer;
  }

  private static HttpRequest request(
      String authorization, String method, String path, BodyPublisher body, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(registry.uri(path)).method(method, body);
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }

  private static String location(HttpResponse<byte[]> answer) {
    return answer.headers().firstValue("location").orElseThrow();
  }
}
