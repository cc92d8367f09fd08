package io.hatoba.acceptance.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UploadTest extends ProtocolScenario {

  /**
   * distribution#2363, #1240; distribution-spec#213, #577; gitea#34724: docker computes sizes from
   * it.
   */
  @Test
  void theRangeOfAnUploadIsInclusiveAndHasNoUnit() throws IOException {
    HttpResponse<byte[]> opened = assertStatus(202, http().openUpload(repository("upload/range")));
    String location = RegistryHttp.location(opened);
    assertThat(status(location)).isEqualTo("0-0");

    location = RegistryHttp.location(assertRange("0-0", patch(location, "0-0", 1)));
    assertThat(status(location)).isEqualTo("0-0");
    location = RegistryHttp.location(assertRange("0-99", patch(location, "1-99", 99)));
    assertThat(status(location)).isEqualTo("0-99");
  }

  /**
   * distribution#3141, #3203; harbor#11948: a chunk at the wrong place is refused and changes
   * nothing.
   */
  @ParameterizedTest
  @ValueSource(strings = {"0-9", "5-14", "11-20", "100-109"})
  void aChunkAtTheWrongPlaceIsRefusedAndTheUploadGoesOn(String range) throws IOException {
    byte[] bytes = Content.random(1, 20);
    String location =
        RegistryHttp.location(assertStatus(202, http().openUpload(repository("upload/order"))));
    location =
        RegistryHttp.location(
            assertStatus(202, patch(location, "0-9", java.util.Arrays.copyOf(bytes, 10))));

    assertStatus(416, patch(location, range, new byte[10]));

    assertThat(status(location)).isEqualTo("0-9");
    location =
        RegistryHttp.location(
            assertStatus(
                202, patch(location, "10-19", java.util.Arrays.copyOfRange(bytes, 10, 20))));
    assertStatus(
        201,
        http()
            .send("PUT", RegistryHttp.with(location, "digest=" + Content.digest(bytes)), NOTHING));
  }

  /**
   * distribution#1177, #4895; moby#18469: a wrong scheme or port costs the client its credentials.
   */
  @Test
  void theLocationHasNeitherSchemeNorHost() throws IOException {
    String repository = repository("upload/location");
    byte[] bytes = Content.random(2, 10);
    HttpResponse<byte[]> opened =
        http()
            .send(
                "POST",
                "/v2/" + repository + "/blobs/uploads/",
                NOTHING,
                "X-Forwarded-Proto",
                "https");

    assertThat(RegistryHttp.location(opened)).startsWith("/v2/" + repository + "/blobs/uploads/");
    assertThat(RegistryHttp.location(assertStatus(201, http().pushBlob(repository, bytes))))
        .isEqualTo("/v2/" + repository + "/blobs/" + Content.digest(bytes));
  }

  /** jib#4301: a client that got no answer in time sends the last request again. */
  @Test
  void theLastRequestOfAnUploadMayBeRepeated() throws IOException {
    byte[] bytes = Content.random(3, 1_000);
    String location = RegistryHttp.location(http().openUpload(repository("upload/repeated")));
    String last = RegistryHttp.with(location, "digest=" + Content.digest(bytes));

    assertStatus(201, http().send("PUT", last, bytes));
    assertStatus(201, http().send("PUT", last, bytes));
  }

  /** containerd#3533: one PUT with everything in it, however much that is. */
  @Test
  void aLargeBlobMayComeInOnePut() throws IOException {
    byte[] bytes = Content.random(4, 24 << 20);

    assertStatus(201, http().pushBlob(repository("upload/large"), bytes));

    assertThat(
            http()
                .get("/v2/" + repository("upload/large") + "/blobs/" + Content.digest(bytes))
                .body())
        .isEqualTo(bytes);
  }

  /** docker and containers/image send one PATCH of unknown length. */
  @Test
  void aChunkOfUnknownLengthIsTaken() throws IOException {
    byte[] bytes = Content.random(5, 100_000);
    String location = RegistryHttp.location(http().openUpload(repository("upload/chunked")));

    HttpResponse<byte[]> patched = assertStatus(202, http().sendChunked("PATCH", location, bytes));

    assertThat(header(patched, "Range")).isEqualTo("0-99999");
    assertStatus(
        201,
        http()
            .send(
                "PUT",
                RegistryHttp.with(
                    RegistryHttp.location(patched), "digest=" + Content.digest(bytes)),
                NOTHING));
  }

  @Test
  void bytesOfAnotherDigestAreRefusedAndNotServed() throws IOException {
    String promised = Content.digest(Content.random(6, 10));
    String location = RegistryHttp.location(http().openUpload(repository("upload/wrong")));

    HttpResponse<byte[]> refused =
        assertStatus(
            400,
            http()
                .send(
                    "PUT",
                    RegistryHttp.with(location, "digest=" + promised),
                    Content.random(7, 10)));

    assertThat(json(refused).at("/errors/0/code").asText()).isEqualTo("DIGEST_INVALID");
    assertStatus(404, http().get("/v2/" + repository("upload/wrong") + "/blobs/" + promised));
  }

  /**
   * A mount that cannot be done becomes an upload: an error would end the push and tell what
   * exists.
   */
  @Test
  void aMountOfABlobThatIsNotThereOpensAnUpload() throws IOException {
    String absent = Content.digest(Content.random(8, 10));

    assertStatus(
        202,
        http()
            .send(
                "POST",
                "/v2/"
                    + repository("upload/mount")
                    + "/blobs/uploads/?mount="
                    + absent
                    + "&from="
                    + repository("upload/none"),
                NOTHING));
    assertStatus(
        202,
        http()
            .send(
                "POST",
                "/v2/"
                    + repository("upload/mount")
                    + "/blobs/uploads/?mount="
                    + absent
                    + "&from=nowhere/app",
                NOTHING));
  }

  /** swift-container-plugin#30: a client that is refused early must not wait for ever. */
  @Test
  void anUploadWithoutCredentialsIsRefusedBeforeItsBytesAreSent() throws IOException {
    String location = RegistryHttp.location(http().openUpload(repository("upload/early")));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server().port())) {
      socket.setSoTimeout(30_000);
      socket
          .getOutputStream()
          .write(
              "PATCH %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 100000000\r\n\r\n"
                  .formatted(location, server().address())
                  .getBytes(US_ASCII));

      assertThat(new String(socket.getInputStream().readNBytes(12), ISO_8859_1))
          .isEqualTo("HTTP/1.1 401");
    }
  }

  private String status(String location) throws IOException {
    return header(assertStatus(204, http().get(location)), "Range");
  }

  private static HttpResponse<byte[]> assertRange(String range, HttpResponse<byte[]> answer) {
    assertThat(header(assertStatus(202, answer), "Range")).isEqualTo(range);
    return answer;
  }

  private HttpResponse<byte[]> patch(String location, String range, int size) throws IOException {
    return patch(location, range, new byte[size]);
  }

  private HttpResponse<byte[]> patch(String location, String range, byte[] bytes)
      throws IOException {
    return http().send("PATCH", location, bytes, "Content-Range", range);
  }
}
