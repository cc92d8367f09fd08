package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.RegistryFixture.header;
import static io.hatoba.server.distribution.RegistryFixture.text;
import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static io.hatoba.server.distribution.UploadProtocolTest.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.server.account.Role;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessProtocolTest {
  @TempDir static Path folder;
  private static RegistryFixture registry;
  private static String viewer;
  private static String uploader;
  private static Digest blob;

  @BeforeAll
  static void start() {
    registry = RegistryFixture.start(folder);
    viewer = registry.login("viewer", Role.SERVICE_VIEWER, Optional.empty());
    uploader = registry.login("uploader", Role.IMAGE_UPLOADER, Optional.of("team"));
    registry.pushImage("team/app", "v1", bytes(100, 41));
    registry.pushImage("open/app", "v1", bytes(100, 42));
    blob = registry.pushBlob("team/app", bytes(100, 41));
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  @Test
  @DisplayName("argocd-image-updater PR#1800: the ping is 401 without credentials")
  void thePingIs401WithoutCredentials() {
    HttpResponse<byte[]> answer = send("", "GET", "/v2/");
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(header(answer, "WWW-Authenticate"))
        .isEqualTo(
            "Bearer realm=\"http://127.0.0.1:%d/token\",service=\"hatoba\""
                .formatted(registry.port()));
    assertThat(text(answer)).startsWith("{\"errors\":[{\"code\":\"UNAUTHORIZED\"");
    assertThat(header(answer, "Docker-Distribution-Api-Version")).isEqualTo("registry/2.0");
    assertThat(send(registry.admin(), "GET", "/v2/").statusCode()).isEqualTo(200);
    assertThat(send(registry.admin(), "GET", "/v2").statusCode()).isEqualTo(200);
    assertThat(send("", "HEAD", "/v2/").statusCode()).isEqualTo(401);
  }

  @Test
  @DisplayName("keppel PR#522, containerd#2706: each request without credentials names its scope")
  void aChallengeNamesTheScopeThatTheRequestNeeds() {
    Map<String, String> expected = new HashMap<>();
    expected.put("GET /v2/team/app/manifests/v1", "repository:team/app:pull");
    expected.put("HEAD /v2/team/app/manifests/v1", "repository:team/app:pull");
    expected.put("PUT /v2/team/app/manifests/v1", "repository:team/app:pull,push");
    expected.put("DELETE /v2/team/app/manifests/v1", "repository:team/app:delete");
    expected.put("GET /v2/team/app/blobs/" + blob, "repository:team/app:pull");
    expected.put("HEAD /v2/team/app/blobs/" + blob, "repository:team/app:pull");
    expected.put("DELETE /v2/team/app/blobs/" + blob, "repository:team/app:delete");
    expected.put("POST /v2/team/app/blobs/uploads/", "repository:team/app:pull,push");
    expected.put(
        "POST /v2/team/app/blobs/uploads/?mount=" + blob + "&from=other/app",
        "repository:team/app:pull,push repository:other/app:pull");
    expected.put("PATCH /v2/team/app/blobs/uploads/x", "repository:team/app:pull,push");
    expected.put("DELETE /v2/team/app/blobs/uploads/x", "repository:team/app:pull,push");
    expected.put("GET /v2/team/app/tags/list", "repository:team/app:pull");
    expected.put("GET /v2/team/app/referrers/" + blob, "repository:team/app:pull");
    expected.put("GET /v2/_catalog", "registry:catalog:*");
    expected.forEach(
        (request, scope) -> {
          String[] parts = request.split(" ", -1);
          HttpResponse<byte[]> answer = send("", parts[0], parts[1]);
          assertThat(answer.statusCode()).as(request).isEqualTo(401);
          assertThat(header(answer, "WWW-Authenticate"))
              .as(request)
              .endsWith(",scope=\"" + scope + "\"");
          assertThat(answer.body().length > 0).as(request).isEqualTo(!parts[0].equals("HEAD"));
        });
  }

  @Test
  @DisplayName("artifact-keeper#3731: private and absent look the same")
  void privateAndAbsentLookTheSame() {
    String member = registry.login("stranger", Role.PROJECT_MEMBER, Optional.of("other"));
    String anonymous = registry.token(Optional.empty(), "repository:team/app:pull");
    for (String who : List.of("", anonymous, member)) {
      for (String path :
          List.of("/manifests/v1", "/tags/list", "/referrers/" + blob, "/blobs/" + blob)) {
        for (String absent : List.of("team/absent", "nowhere/app")) {
          HttpResponse<byte[]> hidden = send(who, "GET", "/v2/team/app" + path);
          HttpResponse<byte[]> missing = send(who, "GET", "/v2/" + absent + path);
          assertThat(hidden.statusCode()).isIn(401, 403);
          assertThat(missing.statusCode()).isEqualTo(hidden.statusCode());
          assertThat(text(missing).replace(absent, "team/app").replace("nowhere", "team"))
              .isEqualTo(text(hidden));
          assertThat(header(missing, "WWW-Authenticate").replace(absent, "team/app"))
              .isEqualTo(header(hidden, "WWW-Authenticate"));
        }
      }
    }
  }

  @Test
  void anonymousPullsNeedATokenAndAnOpenRegistry() {
    String anonymous =
        registry.token(Optional.empty(), "repository:open/app:pull", "repository:team/app:pull");
    assertThat(send(anonymous, "GET", "/v2/open/app/manifests/v1").statusCode()).isEqualTo(200);
    assertThat(send("", "GET", "/v2/open/app/manifests/v1").statusCode()).isEqualTo(401);
    assertThat(send(anonymous, "GET", "/v2/team/app/manifests/v1").statusCode()).isEqualTo(401);
    assertThat(send(anonymous, "POST", "/v2/open/app/blobs/uploads/").statusCode()).isEqualTo(401);
  }

  @Test
  @DisplayName("helm#30987, #31567, #32144: a pull token on a repository to be created sees 404")
  void aPullTokenOnARepositoryToBeCreatedSees404AndThenIsWidened() {
    String pull = registry.token(Optional.of(registry.admin()), "repository:team/new:pull");
    assertThat(send(pull, "HEAD", "/v2/team/new/manifests/v1").statusCode()).isEqualTo(404);
    HttpResponse<byte[]> narrow = send(pull, "POST", "/v2/team/new/blobs/uploads/");
    assertThat(narrow.statusCode()).isEqualTo(401);
    assertThat(header(narrow, "WWW-Authenticate"))
        .contains("scope=\"repository:team/new:pull,push\"")
        .contains("error=\"insufficient_scope\"");
    String push = registry.token(Optional.of(registry.admin()), "repository:team/new:pull,push");
    assertThat(send(push, "POST", "/v2/team/new/blobs/uploads/").statusCode()).isEqualTo(202);
  }

  @Test
  void whoMayOnlyReadIsDeniedEverythingElse() {
    assertThat(send(viewer, "GET", "/v2/team/app/manifests/v1").statusCode()).isEqualTo(200);
    for (String request :
        List.of(
            "POST /v2/team/app/blobs/uploads/",
            "PUT /v2/team/app/manifests/v2",
            "DELETE /v2/team/app/manifests/v1",
            "DELETE /v2/team/app/blobs/" + blob)) {
      String[] parts = request.split(" ", -1);
      HttpResponse<byte[]> answer = send(viewer, parts[0], parts[1]);
      assertThat(answer.statusCode()).as(request).isEqualTo(403);
      assertThat(text(answer)).contains("DENIED");
    }
  }

  @Test
  @DisplayName("FEATURES B2: an image uploader sees by HEAD what a push needs, and gets nothing")
  void anUploaderPushesAndDoesNotPull() {
    assertThat(send(uploader, "HEAD", "/v2/team/app/blobs/" + blob).statusCode()).isEqualTo(200);
    assertThat(send(uploader, "HEAD", "/v2/team/app/manifests/v1").statusCode()).isEqualTo(200);
    assertThat(send(uploader, "GET", "/v2/team/app/blobs/" + blob).statusCode()).isEqualTo(403);
    assertThat(send(uploader, "GET", "/v2/team/app/manifests/v1").statusCode()).isEqualTo(403);
    byte[] content = bytes(50, 43);
    HttpResponse<byte[]> pushed =
        registry.send(
            uploader,
            "POST",
            "/v2/team/pushed/blobs/uploads/?digest=" + Digest.sha256(content),
            BodyPublishers.ofByteArray(content));
    assertThat(pushed.statusCode()).as(text(pushed)).isEqualTo(201);
  }

  @Test
  void aMountFromWhereTheCallerMayNotReadIsAnUpload() {
    Digest hidden = registry.pushBlob("other/hidden", bytes(60, 44));
    String member = registry.login("mounter", Role.PROJECT_MEMBER, Optional.of("team"));
    for (String from : List.of("&from=other/hidden", "&from=other/absent", "")) {
      HttpResponse<byte[]> answer =
          send(member, "POST", "/v2/team/app/blobs/uploads/?mount=" + hidden + from);
      assertThat(answer.statusCode()).as(from + text(answer)).isEqualTo(202);
    }
    assertThat(
            send(member, "POST", "/v2/team/second/blobs/uploads/?mount=" + blob + "&from=team/app")
                .statusCode())
        .isEqualTo(201);
  }

  @Test
  void aBrokenTokenIsSaidToBeOne() {
    HttpResponse<byte[]> answer = send("Bearer nonsense", "GET", "/v2/team/app/manifests/v1");
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(header(answer, "WWW-Authenticate"))
        .contains("error=\"invalid_token\"")
        .contains("scope=\"repository:team/app:pull\"");
    assertThat(send("Basic eDp5", "GET", "/v2/").statusCode()).isEqualTo(401);
  }

  @Test
  @DisplayName("FEATURES A6: a push to a registry that does not exist is told so")
  void aPushToARegistryThatDoesNotExistIsToldSo() {
    HttpResponse<byte[]> answer = registry.send("PUT", "/v2/nowhere/app/manifests/v1", utf8("{}"));
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(text(answer)).contains("NAME_UNKNOWN").contains("nowhere");
  }

  private static HttpResponse<byte[]> send(String authorization, String method, String path) {
    return registry.send(authorization, method, path, BodyPublishers.noBody());
  }
}
