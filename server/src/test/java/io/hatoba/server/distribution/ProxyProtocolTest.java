package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.RegistryFixture.header;
import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A registry behind reverse proxies: what clients are told about where it is. */
class ProxyProtocolTest {
  private static final String SELF = "http://127.0.0.1:PORT";

  @TempDir static Path folder;
  @TempDir static Path other;
  private static RegistryFixture trusting;
  private static RegistryFixture direct;

  @BeforeAll
  static void start() {
    trusting =
        RegistryFixture.start(folder, Map.of("hatoba.endpoint.trusted-proxies", "127.0.0.1"));
    direct = RegistryFixture.start(other);
  }

  @AfterAll
  static void stop() {
    trusting.close();
    direct.close();
  }

  @ParameterizedTest
  @CsvSource({
    "https, registry.example.com, '', https://registry.example.com",
    "https, registry.example.com, 443, https://registry.example.com",
    "https, registry.example.com, 8443, https://registry.example.com:8443",
    "https, registry.example.com:8443, 443, https://registry.example.com:8443",
    "http, registry.example.com, 80, http://registry.example.com",
    "http, registry.example.com, 8080, http://registry.example.com:8080",
    "'https, http', 'registry.example.com, inner', '', https://registry.example.com",
    "HTTPS, '[2001:db8::1]', 8443, https://[2001:db8::1]:8443",
    "'', registry.example.com, '', http://registry.example.com",
    "https, '', '', https://127.0.0.1:PORT",
    "'', '', 8080, " + SELF,
    "gopher, a b, 99999, " + SELF,
    "'', '', '', " + SELF,
  })
  @DisplayName("distribution#1177, #2862, moby#18469, harbor#16800, containerd PR#9294")
  void theRealmFollowsATrustedProxyAndLocationsArePaths(
      String scheme, String host, String port, String origin) {
    String[] forwarded = forwarded(scheme, host, port);

    assertPushes(trusting, origin, forwarded);
    assertPushes(direct, SELF, forwarded);
  }

  /** A whole push, following every place that an answer names with the same credentials. */
  private static void assertPushes(RegistryFixture registry, String origin, String[] forwarded) {
    String realm =
        "Bearer realm=\"%s/token\","
            .formatted(origin.replace("PORT", Integer.toString(registry.port())));
    for (String path : List.of("/v2/", "/v2/team/app/manifests/v1", "/v2/_catalog")) {
      HttpResponse<byte[]> stranger =
          registry.send("", "GET", path, BodyPublishers.noBody(), forwarded);
      assertThat(stranger.statusCode()).isEqualTo(401);
      assertThat(header(stranger, "WWW-Authenticate")).startsWith(realm);
    }

    byte[] layer = bytes(1000, 61);
    Digest digest = Digest.sha256(layer);
    String blob = "/v2/team/app/blobs/" + digest;
    String started = place(registry.send("POST", "/v2/team/app/blobs/uploads/", forwarded), 202);
    String chunked = place(registry.send("PATCH", started, layer, forwarded), 202);
    assertThat(place(registry.send("GET", chunked, forwarded), 204)).isEqualTo(chunked);
    assertThat(place(registry.send("PUT", chunked + "?digest=" + digest, forwarded), 201))
        .isEqualTo(blob);
    assertThat(registry.send("GET", blob, forwarded).body()).isEqualTo(layer);

    registry.pushImage("team/app", "v1", layer);
    byte[] manifest = registry.pushImage("team/app", "v2", layer);
    String pushed = place(registry.pushManifest("team/app", "v2", manifest, forwarded), 201);
    assertThat(registry.send("GET", pushed, forwarded).body()).isEqualTo(manifest);
    assertThat(header(registry.send("GET", "/v2/team/app/tags/list?n=1", forwarded), "Link"))
        .startsWith("</v2/team/app/tags/list?");
  }

  private static String place(HttpResponse<byte[]> answer, int status) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(header(answer, "Location")).startsWith("/v2/team/app/");
    return header(answer, "Location");
  }

  private static String[] forwarded(String scheme, String host, String port) {
    List<String> headers = new ArrayList<>(List.of("X-Forwarded-For", "192.0.2.7"));
    Map.of("X-Forwarded-Proto", scheme, "X-Forwarded-Host", host, "X-Forwarded-Port", port)
        .forEach(
            (name, value) -> {
              if (!value.isEmpty()) {
                headers.addAll(List.of(name, value));
              }
            });
    return headers.toArray(String[]::new);
  }
}
