package io.hatoba.server.registry;

import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.Role;
import io.hatoba.server.endpoint.EndpointConfig;
import io.hatoba.server.rest.Json;
import io.hatoba.server.rest.TestServer;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The two sides of a server with a private port (FEATURES F1, F2). The registry {@code hidden}
 * exists without a public address; {@code absent} does not exist, and its name is as long.
 */
abstract class PrivateAddressContract {
  private static final String CONFIG = "{}";
  private static final String LAYER = "what nobody outside may know of";
  private static final String UNKNOWN = "sha256:" + "0".repeat(64);
  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  @Inject EndpointConfig endpoint;
  @Inject Accounts accounts;
  @Inject AccessKeys keys;
  @Inject Grants grants;
  @Inject Registries registries;

  private String digest = "";

  @BeforeEach
  void make() throws Exception {
    if (registries.find(RegistryName.parse("hidden")).isEmpty()) {
      for (String name : List.of("hidden", "target")) {
        admin().body(Map.of("name", name)).post("/registries").then().statusCode(201);
      }
      admin()
          .header("If-Match", "*")
          .body(Map.of("publicUri", false, "anonymousPull", true))
          .patch("/registries/hidden")
          .then()
          .statusCode(200)
          .body("publicUri", equalTo(false));
      blob("hidden/app", CONFIG);
      blob("hidden/app", LAYER);
      assertThat(
              send(
                  inside(),
                  basic(),
                  "PUT",
                  "/v2/hidden/app/manifests/v1",
                  manifest(),
                  "Content-Type: " + MediaTypes.OCI_MANIFEST))
          .startsWith("HTTP/1.1 201");
    }
    digest = Digest.sha256(manifest().getBytes(StandardCharsets.UTF_8)).toString();
  }

  @Test
  void insideTheRegistryAnswersAsEveryOther() throws Exception {
    String answer = send(inside(), basic(), "GET", "/v2/hidden/app/manifests/v1", "");
    assertThat(answer).startsWith("HTTP/1.1 200").endsWith(manifest());
    String blob = "/v2/hidden/app/blobs/" + Digest.sha256(LAYER.getBytes(StandardCharsets.UTF_8));
    assertThat(send(inside(), basic(), "GET", blob, "")).endsWith(LAYER);
    assertThat(send(inside(), basic(), "GET", "/v2/_catalog?n=1000", "")).contains("hidden/app");
    String token = token(inside(), "", "hidden");
    assertThat(send(inside(), token, "GET", "/v2/hidden/app/tags/list", "")).contains("\"v1\"");
  }

  @Test
  void realmAndPlacesFollowTheSide() throws Exception {
    for (int port : List.of(inside(), outside())) {
      assertThat(send(port, "", "GET", "/v2/target/app/manifests/v1", ""))
          .contains("realm=\"http://registry.test:" + port + "/token\"");
      assertThat(send(port, basic(), "POST", "/v2/target/app/blobs/uploads/", ""))
          .containsIgnoringCase("location: /v2/target/app/blobs/uploads/");
    }
  }

  @Test
  void theManagementApiShowsTheRegistryOnBothSides() throws Exception {
    for (int port : List.of(inside(), outside())) {
      String shown = send(port, basic(), "GET", "/api/v1/registries/hidden", "");
      assertThat(shown)
          .startsWith("HTTP/1.1 200")
          .contains("\"privateAddress\":\"registry.test:" + inside() + "/hidden\"");
    }
    admin()
        .queryParam("publicUri", "false")
        .get("/registries")
        .then()
        .body("items.name", contains("hidden"));
  }

  @Test
  void switchedOnAgainItAnswersAtOnceAndOffAgainItDoesNot() throws Exception {
    for (boolean on : List.of(true, false)) {
      admin()
          .header("If-Match", "*")
          .body(Map.of("publicUri", on))
          .patch("/registries/hidden")
          .then()
          .statusCode(200);
      assertThat(send(outside(), basic(), "GET", "/v2/hidden/app/manifests/v1", ""))
          .startsWith(on ? "HTTP/1.1 200" : "HTTP/1.1 404");
    }
  }

  @Test
  void outsideTheListOfRepositoriesDoesNotHaveIt() throws Exception {
    blob("target/app", CONFIG);
    for (String login : callers().values()) {
      String list = send(outside(), login, "GET", "/v2/_catalog?n=1000", "");
      assertThat(list).doesNotContain("hidden");
    }
    assertThat(send(outside(), basic(), "GET", "/v2/_catalog?n=1000", "")).contains("target/app");
  }

  @Test
  void outsideNothingIsMountedFromIt() throws Exception {
    String wanted = Digest.sha256(LAYER.getBytes(StandardCharsets.UTF_8)).toString();
    for (String from : List.of("&from=hidden/app", "")) {
      String path = "/v2/target/app/blobs/uploads/?mount=" + wanted + from;
      assertThat(send(outside(), basic(), "POST", path, "")).startsWith("HTTP/1.1 202");
    }
    assertThat(
            send(
                inside(),
                basic(),
                "POST",
                "/v2/target/mounted/blobs/uploads/?mount=" + wanted + "&from=hidden/app",
                ""))
        .startsWith("HTTP/1.1 201");
  }

  /** Whoever asks, whatever for: the answers differ in the name and in nothing else. */
  @Test
  void outsideItIsAsIfItDidNotExist() throws Exception {
    String upload = upload();
    List<String> requests =
        List.of(
            "GET /v2/{}/app/manifests/v1",
            "HEAD /v2/{}/app/manifests/v1",
            "GET /v2/{}/app/manifests/" + digest,
            "GET /v2/{}/app/manifests/" + UNKNOWN,
            "GET /v2/{}/other/manifests/v1",
            "PUT /v2/{}/app/manifests/v2",
            "PUT /v2/{}/app/manifests/" + digest,
            "DELETE /v2/{}/app/manifests/v1",
            "DELETE /v2/{}/app/manifests/" + digest,
            "POST /v2/{}/app/manifests/v1",
            "GET /v2/{}/app/blobs/" + digest,
            "HEAD /v2/{}/app/blobs/" + digest,
            "DELETE /v2/{}/app/blobs/" + digest,
            "POST /v2/{}/app/blobs/uploads/",
            "POST /v2/{}/app/blobs/uploads/?digest=" + digest,
            "POST /v2/{}/app/blobs/uploads/?mount=" + digest + "&from=target/app",
            "POST /v2/target/app/blobs/uploads/?mount=" + digest + "&from={}/app",
            "GET /v2/{}/app/blobs/uploads/" + upload,
            "PATCH /v2/{}/app/blobs/uploads/" + upload,
            "PUT /v2/{}/app/blobs/uploads/" + upload + "?digest=" + digest,
            "DELETE /v2/{}/app/blobs/uploads/" + upload,
            "GET /v2/{}/app/tags/list",
            "GET /v2/{}/app/tags/list?n=1",
            "GET /v2/{}/other/tags/list",
            "GET /v2/{}/app/referrers/" + digest,
            "GET /v2/{}/manifests/v1",
            "PUT /v2/{}/manifests/v1",
            "GET /token?service=hatoba&scope=repository:{}/app:pull,push,delete",
            "GET /token?service=hatoba&scope=repository:{}/app:pull&scope=repository:target/app:pull",
            "GET /token?service=hatoba&scope=registry:catalog:*");
    List<String> differing = new ArrayList<>();
    for (Map.Entry<String, String> caller : callers().entrySet()) {
      for (String request : requests) {
        String hidden = normalised(ask(caller.getValue(), request, "hidden"));
        String absent = normalised(ask(caller.getValue(), request, "absent"));
        if (!hidden.equals(absent)) {
          differing.add(caller.getKey() + ": " + request + "\n" + hidden + "\n" + absent);
        }
        assertThat(hidden).doesNotStartWith("HTTP/1.1 5");
      }
    }
    assertThat(differing).isEmpty();
    // The same with tokens that were got for it, inside and outside.
    for (int port : List.of(inside(), outside())) {
      for (Map.Entry<String, String> caller : callers().entrySet()) {
        if (caller.getValue().startsWith("Bearer")) {
          continue;
        }
        for (String request : requests) {
          String hidden =
              normalised(ask(token(port, caller.getValue(), "hidden"), request, "hidden"));
          String absent =
              normalised(ask(token(port, caller.getValue(), "absent"), request, "absent"));
          // A token that was got inside may say more than one for what does not exist; who got it
          // knew of the registry. Nothing is done with it.
          assertThat(hidden.substring(0, 12)).isIn(absent.substring(0, 12), "HTTP/1.1 403");
          if (port == outside()) {
            assertThat(hidden).as(caller.getKey() + ": " + request).isEqualTo(absent);
          }
        }
      }
    }
  }

  private String ask(String login, String request, String registry) throws IOException {
    String[] parts = request.replace("{}", registry).split(" ", 2);
    boolean manifest = parts[0].equals("PUT") && parts[1].contains("/manifests/");
    return send(
        outside(),
        login,
        parts[0],
        parts[1],
        manifest ? manifest() : "",
        "Content-Type: " + (manifest ? MediaTypes.OCI_MANIFEST : "application/octet-stream"));
  }

  /** All that an answer says but what is random in each, with one name for both registries. */
  private static String normalised(String answer) throws IOException {
    String text = UUID.matcher(answer.replace("hidden", "absent")).replaceAll("UUID");
    Matcher token = Pattern.compile("\"token\":\"[^.]+\\.([^.]+)\\.").matcher(text);
    if (!token.find()) {
      return text;
    }
    JsonNode claims = Json.MAPPER.readTree(Base64.getUrlDecoder().decode(token.group(1)));
    return text.replaceAll("\"(access_)?token\":\"[^\"]+\"", "TOKEN")
            .replaceAll("\"issued_at\":\"[^\"]+\"", "TIME")
            .replaceAll("(?i)content-length: \\d+", "LENGTH")
        + claims.path("access").toString().replace("hidden", "absent");
  }

  /** By what they are, the header that they log in with. */
  private Map<String, String> callers() throws Exception {
    Map<String, String> callers = new LinkedHashMap<>();
    callers.put("nobody", "");
    callers.put("anonymous", token(outside(), "", "target"));
    callers.put("a broken token", "Bearer nonsense");
    callers.put("an administrator", basic());
    callers.put("without a role", login("stranger", Optional.empty(), Optional.empty()));
    callers.put("a member of it", login("member", Optional.of(Role.PROJECT_MEMBER), hidden()));
    callers.put("an uploader of it", login("uploader", Optional.of(Role.IMAGE_UPLOADER), hidden()));
    callers.put(
        "a viewer of all", login("viewer", Optional.of(Role.SERVICE_VIEWER), Optional.empty()));
    return callers;
  }

  private Optional<Long> hidden() {
    return Optional.of(registries.require(RegistryName.parse("hidden")).id());
  }

  private String login(String name, Optional<Role> role, Optional<Long> registry) {
    Account account = accounts.find(name).orElseGet(() -> accounts.create(name, Optional.empty()));
    role.ifPresent(given -> grants.give(account.principal(), given, registry));
    AccessKey.Issued key = keys.create(account, AccessKey.Settings.PLAIN, "127.0.0.1");
    return basic(key.key().id(), key.secret().reveal());
  }

  /** The id of an upload into the registry that is under way. */
  private String upload() throws IOException {
    String answer = send(inside(), basic(), "POST", "/v2/hidden/app/blobs/uploads/", "");
    Matcher id = UUID.matcher(answer);
    assertThat(id.find()).isTrue();
    return id.group();
  }

  private String token(int port, String login, String registry) throws IOException {
    String answer =
        send(
            port,
            login,
            "GET",
            "/token?service=hatoba&scope=repository:" + registry + "/app:pull,push,delete",
            "");
    Matcher token = Pattern.compile("\"token\":\"([^\"]+)\"").matcher(answer);
    assertThat(token.find()).as(answer).isTrue();
    return "Bearer " + token.group(1);
  }

  private void blob(String repository, String content) throws IOException {
    String path =
        "/v2/%s/blobs/uploads/?digest=%s"
            .formatted(repository, Digest.sha256(content.getBytes(StandardCharsets.UTF_8)));
    assertThat(send(inside(), basic(), "POST", path, content)).startsWith("HTTP/1.1 201");
  }

  private static String manifest() {
    return """
    {"schemaVersion":2,"mediaType":"%s",
     "config":{"mediaType":"%s","digest":"%s","size":2},
     "layers":[{"mediaType":"%s","digest":"%s","size":%d}]}"""
        .formatted(
            MediaTypes.OCI_MANIFEST,
            MediaTypes.OCI_CONFIG,
            Digest.sha256(CONFIG.getBytes(StandardCharsets.UTF_8)),
            MediaTypes.OCI_LAYER,
            Digest.sha256(LAYER.getBytes(StandardCharsets.UTF_8)),
            LAYER.length());
  }

  private static int outside() {
    return RestAssured.port;
  }

  private int inside() {
    return endpoint.privatePort().orElseThrow();
  }

  private static String basic() {
    return basic(TestServer.ADMIN_KEY, TestServer.ADMIN_SECRET);
  }

  private static String basic(String key, String secret) {
    return "Basic "
        + Base64.getEncoder().encodeToString((key + ":" + secret).getBytes(StandardCharsets.UTF_8));
  }

  /** Sends a request over a connection of its own and returns all that comes back. */
  private static String send(
      int port, String login, String method, String path, String body, String... headers)
      throws IOException {
    StringBuilder request = new StringBuilder();
    request.append(method).append(' ').append(path).append(" HTTP/1.1\r\n");
    request.append("Host: registry.test:").append(port).append("\r\n");
    request.append("Connection: close\r\nX-Request-Id: same\r\n");
    if (!login.isEmpty()) {
      request.append("Authorization: ").append(login).append("\r\n");
    }
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    if (!method.equals("GET") && !method.equals("HEAD")) {
      request.append("Content-Length: ").append(body.length()).append("\r\n");
    }
    request.append("\r\n").append(body);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
