package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.RegistryFixture.text;
import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.content.Repository;
import io.hatoba.server.registry.RegistryName;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which requests count as pulls, and what a push sees of a quota. */
class UsageProtocolTest {
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
  void aManifestThatIsDeliveredIsAPull() {
    byte[] manifest = registry.pushImage("team/pulled", "v1", bytes(100, 1));
    String byTag = "/v2/team/pulled/manifests/v1";
    String byDigest = "/v2/team/pulled/manifests/" + Digest.sha256(manifest);
    String token = registry.token(Optional.of(registry.admin()), "repository:team/pulled:pull");
    // The second of each is answered from memory.
    for (int i = 0; i < 2; i++) {
      assertThat(get(token, byTag)).isEqualTo(200);
      assertThat(get(token, byDigest)).isEqualTo(200);
    }
    assertThat(pulls("team/pulled")).isEqualTo(4);
  }

  @Test
  void whatIsAskedButNotDeliveredIsNoPull() {
    byte[] manifest = registry.pushImage("team/asked", "v1", bytes(100, 2));
    String path = "/v2/team/asked/manifests/v1";
    String token = registry.token(Optional.of(registry.admin()), "repository:team/asked:pull");
    for (int i = 0; i < 2; i++) {
      assertThat(registry.send(token, "HEAD", path, BodyPublishers.noBody()).statusCode())
          .isEqualTo(200);
      assertThat(
              registry
                  .send(
                      token,
                      "GET",
                      path,
                      BodyPublishers.noBody(),
                      "If-None-Match",
                      "\"" + Digest.sha256(manifest) + "\"")
                  .statusCode())
          .isEqualTo(304);
    }
    assertThat(get(token, "/v2/team/asked/manifests/v2")).isEqualTo(404);
    assertThat(pulls("team/asked")).isZero();
  }

  @Test
  void whoMayPushWithTheSameCredentialsReadsForAPush() {
    registry.pushImage("team/signed", "v1", bytes(100, 3));
    String token =
        registry.token(Optional.of(registry.admin()), "repository:team/signed:pull,push");
    assertThat(get(token, "/v2/team/signed/manifests/v1")).isEqualTo(200);
    assertThat(get(token, "/v2/team/signed/manifests/v1")).isEqualTo(200);
    assertThat(pulls("team/signed")).isZero();
  }

  @Test
  void aPushBeyondTheQuotaIsDenied() {
    long id = registry.registries.find(RegistryName.parse("other")).orElseThrow().id();
    setQuota(id, Optional.of(50_000L));
    HttpResponse<byte[]> refused =
        registry.send(
            "POST",
            "/v2/other/app/blobs/uploads/?digest=" + Digest.sha256(bytes(60_000, 4)),
            bytes(60_000, 4));
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(text(refused))
        .contains("\"DENIED\"", "registry other is full", "0 of the 50000 bytes", "add 60000");

    HttpResponse<byte[]> opened = registry.send("POST", "/v2/other/app/blobs/uploads/");
    String location = RegistryFixture.header(opened, "Location");
    assertThat(
            registry
                .send(
                    registry.admin(), "PATCH", location, RegistryFixture.chunked(bytes(60_000, 4)))
                .statusCode())
        .isEqualTo(403);
    assertThat(registry.send("GET", location).statusCode()).isEqualTo(404);

    registry.pushImage("other/app", "v1", bytes(40_000, 5));
    setQuota(id, Optional.empty());
    registry.pushBlob("other/app", bytes(60_000, 4));
    assertThat(registry.usage.check(id)).isEmpty();
  }

  private static void setQuota(long registryId, Optional<Long> bytes) {
    registry.database.write(
        handle -> {
          registry.usage.setQuota(handle, registryId, bytes);
          return bytes;
        });
  }

  private static int get(String token, String path) {
    return registry.send(token, "GET", path, BodyPublishers.noBody()).statusCode();
  }

  private static long pulls(String name) {
    registry.pulls.write();
    Repository repository = registry.repositories.find(new RepositoryName(name)).orElseThrow();
    return registry.usage.of(repository).pullCount();
  }
}
