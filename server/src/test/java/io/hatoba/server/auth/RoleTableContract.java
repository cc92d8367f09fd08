package io.hatoba.server.auth;

import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.rest.TestServer;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Walks the last table of the guide (権限別使用機能), role by role and action by action. Where this
 * version has the operation it is called, over the management API and over the registry protocol as
 * a client speaks it; what each row needs is asked of {@code /access-check} as well, which is all
 * there is for features that come later.
 */
abstract class RoleTableContract {
  /** The guide's three columns. */
  private static final Map<String, List<String>> COLUMNS =
      Map.of(
          "Project Admin<br>Project Member<br>Service Admin",
          List.of("project-admin", "project-member", "service-admin"),
          "Service Viewer",
          List.of("service-viewer"),
          "Image Uploader",
          List.of("image-uploader"));

  /** The guide's table, copied. */
  private static final String TABLE =
      """
      | Action | Project Admin<br>Project Member<br>Service Admin | Service Viewer | Image Uploader |
      | --- | --- | --- | --- |
      | レジストリの照会 | ✓ | ✓ | ✓ |
      | レジストリの作成/削除 | ✓ |  |  |
      | レジストリ複製リストの照会 | ✓ | ✓ | ✓ |
      | レジストリ複製の作成/修正/削除/実行 | ✓ |  |  |
      | レジストリ複製ヒストリーの照会 | ✓ | ✓ | ✓ |
      | イメージの表示 | ✓ | ✓ | ✓ |
      | イメージPull | ✓ | ✓ |  |
      | イメージPush | ✓ |  | ✓ |
      | イメージの削除 | ✓ |  |  |
      | アーティファクトの表示 | ✓ | ✓ | ✓ |
      | アーティファクトの削除 | ✓ |  |  |
      | アーティファクトタグの照会 | ✓ | ✓ | ✓ |
      | アーティファクトタグの作成/削除 | ✓ |  |  |
      | Webフックの照会 | ✓ | ✓ | ✓ |
      | Webフックの作成/修正/削除 | ✓ |  |  |
      | イメージ 整理 ポリシーの照会 | ✓ | ✓ | ✓ |
      | イメージ 整理 ヒストリーの照会 | ✓ | ✓ | ✓ |
      | イメージ 整理 ポリシーの作成/削除/実行 | ✓ |  |  |
      | イメージ 整理 ルールの有効化/無効化 | ✓ |  |  |
      | イメージ保護ポリシーの照会 | ✓ | ✓ | ✓ |
      | イメージ保護ポリシーの追加/削除 | ✓ |  |  |
      """;

  private static final byte[] CONFIG = "{}".getBytes(StandardCharsets.UTF_8);
  private static final Digest CONFIG_DIGEST = Digest.sha256(CONFIG);
  private static final String MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

  @Inject Accounts accounts;
  @Inject AccessKeys keys;

  @TestFactory
  Collection<DynamicTest> theGuidesTable() {
    List<DynamicTest> cases = new ArrayList<>();
    Map<String, Who> holders = new HashMap<>();
    List<String> lines = TABLE.lines().toList();
    List<String> columns = cells(lines.getFirst());
    assertThat(columns.subList(1, columns.size()))
        .containsExactlyInAnyOrderElementsOf(COLUMNS.keySet());
    for (String line : lines.subList(2, lines.size())) {
      List<String> cells = cells(line);
      for (int i = 1; i < columns.size(); i++) {
        boolean allowed = cells.get(i).equals("✓");
        for (String role : COLUMNS.getOrDefault(columns.get(i), List.of())) {
          cases.add(
              DynamicTest.dynamicTest(
                  "%s %s %s".formatted(role, allowed ? "may" : "may not", cells.getFirst()),
                  () ->
                      walk(cells.getFirst(), holders.computeIfAbsent(role, this::login), allowed)));
        }
      }
    }
    assertThat(cases).hasSize(21 * 5);
    return cases;
  }

  private static List<String> cells(String line) {
    return List.of(line.substring(1, line.length() - 1).split("\\|", -1)).stream()
        .map(String::strip)
        .toList();
  }

  private void walk(String row, Who who, boolean allowed) {
    for (String action : actions(row)) {
      Response answer =
          admin()
              .queryParam("principal", who.principal())
              .queryParam("action", action)
              .queryParams(target(action))
              .get("/access-check");
      assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
      assertThat(answer.jsonPath().getBoolean("allowed")).as(answer.asString()).isEqualTo(allowed);
      assertThat(answer.jsonPath().getString("decidedBy")).isEqualTo("role:" + who.role());
    }
    for (Call call : calls(row)) {
      Response answer = call.make(who, place());
      if (allowed) {
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(200, 299);
      } else {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(403);
        assertThat(answer.asString()).contains("DENIED");
      }
    }
  }

  /** On what; nothing of that need exist. */
  private static Map<String, String> target(String action) {
    if (action.startsWith("replication") || action.equals("registry:create")) {
      return Map.of();
    }
    return action.matches("(image|artifact|tag):.*")
        ? Map.of("registry", "anything", "image", "tools/app")
        : Map.of("registry", "anything");
  }

  /** What a row needs. */
  private static List<String> actions(String row) {
    return switch (row) {
      case "レジストリの照会" -> List.of("registry:read");
      case "レジストリの作成/削除" -> List.of("registry:create", "registry:delete");
      case "レジストリ複製リストの照会", "レジストリ複製ヒストリーの照会" -> List.of("replication:read");
      case "レジストリ複製の作成/修正/削除/実行" -> List.of("replication:write", "replication:run");
      case "イメージの表示" -> List.of("image:read");
      case "イメージPull" -> List.of("artifact:pull");
      case "イメージPush" -> List.of("artifact:push");
      case "イメージの削除" -> List.of("image:delete");
      case "アーティファクトの表示" -> List.of("artifact:read");
      case "アーティファクトの削除" -> List.of("artifact:delete");
      case "アーティファクトタグの照会" -> List.of("tag:read");
      case "アーティファクトタグの作成/削除" -> List.of("tag:create", "tag:delete");
      case "Webフックの照会" -> List.of("webhook:read");
      case "Webフックの作成/修正/削除" -> List.of("webhook:write");
      case "イメージ 整理 ポリシーの照会", "イメージ 整理 ヒストリーの照会" -> List.of("cleanup:read");
      case "イメージ 整理 ポリシーの作成/削除/実行" -> List.of("cleanup:write", "cleanup:run");
      case "イメージ 整理 ルールの有効化/無効化" -> List.of("cleanup:write");
      case "イメージ保護ポリシーの照会" -> List.of("protection:read");
      case "イメージ保護ポリシーの追加/削除" -> List.of("protection:write");
      default -> throw new IllegalArgumentException("the table has a row without actions: " + row);
    };
  }

  /** The operations of a row that this version has; none for features that come later. */
  private List<Call> calls(String row) {
    return switch (row) {
      case "レジストリの照会" ->
          List.of(
              (who, place) -> who.api().get("/registries"),
              (who, place) -> who.api().get(place.inApi()));
      case "レジストリの作成/削除" ->
          List.of(
              (who, place) -> who.api().body(Map.of("name", name("new"))).post("/registries"),
              (who, place) -> who.api().queryParam("force", true).delete(place.inApi()));
      case "イメージの表示" ->
          List.of(
              (who, place) -> who.api().get(place.inApi() + "/images"),
              (who, place) -> who.api().get(place.image()));
      case "イメージPull" ->
          List.of(
              (who, place) -> who.protocol(place, "pull").get(place.manifest()),
              (who, place) -> who.protocol(place, "pull").get(place.blob()),
              (who, place) -> who.basic().get(place.manifest()),
              (who, place) -> who.basic().get("/v2/" + place.repository() + "/tags/list"),
              (who, place) -> who.api().get(place.image() + "/artifacts/1/manifest"));
      case "イメージPush" -> List.of((who, place) -> push(who.protocol(place, "pull,push"), place));
      case "イメージの削除" -> List.of((who, place) -> who.api().delete(place.image()));
      case "アーティファクトの表示" ->
          List.of(
              (who, place) -> who.api().get(place.image() + "/artifacts"),
              (who, place) -> who.api().get(place.image() + "/artifacts/1"),
              (who, place) -> who.api().get(place.image() + "/artifacts/" + place.digest()),
              (who, place) -> who.api().get(place.image() + "/artifacts/1/referrers"));
      case "アーティファクトの削除" ->
          List.of(
              (who, place) -> who.api().delete(place.image() + "/artifacts/" + place.digest()),
              (who, place) ->
                  who.protocol(place, "delete")
                      .delete("/v2/" + place.repository() + "/manifests/" + place.digest()));
      case "アーティファクトタグの照会" ->
          List.of(
              (who, place) -> who.api().get(place.image() + "/tags"),
              (who, place) -> who.api().get(place.image() + "/tags/1"));
      case "アーティファクトタグの作成/削除" ->
          List.of(
              (who, place) ->
                  who.api()
                      .body(Map.of("name", "2", "digest", place.digest().toString()))
                      .post(place.image() + "/tags"),
              (who, place) -> who.api().delete(place.image() + "/tags/1"));
      default -> List.of();
    };
  }

  /** An account that has one role in the whole service, given over the API, and a key of it. */
  private Who login(String role) {
    Account account = accounts.create(name(role), Optional.empty());
    AccessKey.Issued key =
        keys.create(
            account,
            new AccessKey.Settings("", true, Optional.empty(), Optional.empty()),
            "192.0.2.1");
    admin()
        .body(Map.of("principal", account.principal(), "role", role))
        .post("/grants")
        .then()
        .statusCode(201);
    return new Who(role, account.principal(), key.key().id(), key.secret().reveal());
  }

  /** A registry with one image in it. */
  private Place place() {
    String registry = name("table");
    admin().body(Map.of("name", registry)).post("/registries").then().statusCode(201);
    String manifest =
        """
        {"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.image.config.v1+json",\
        "digest":"%s","size":2},"layers":[],"annotations":{"of":"%s"}}"""
            .formatted(MANIFEST_TYPE, CONFIG_DIGEST, registry);
    Place place = new Place(registry, manifest);
    Who everybody =
        new Who("service-admin", "account:admin", TestServer.ADMIN_KEY, TestServer.ADMIN_SECRET);
    assertThat(push(everybody.protocol(place, "pull,push"), place).statusCode()).isEqualTo(201);
    return place;
  }

  /** As a client does: looks whether the blob is there, uploads it, sends the manifest. */
  private static Response push(RequestSpecification client, Place place) {
    Response head = RestAssured.given().spec(client).head(place.blob());
    assertThat(head.statusCode()).isIn(200, 404, 401, 403);
    Response upload =
        RestAssured.given()
            .spec(client)
            .contentType("application/octet-stream")
            .body(CONFIG)
            .post("/v2/" + place.repository() + "/blobs/uploads/?digest=" + CONFIG_DIGEST);
    if (upload.statusCode() != 201) {
      return upload;
    }
    return RestAssured.given()
        .spec(client)
        .contentType(MANIFEST_TYPE)
        .body(place.content().getBytes(StandardCharsets.UTF_8))
        .put(place.manifest());
  }

  private static String name(String start) {
    return start + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  /** One request of someone who may or may not. */
  private interface Call {
    Response make(Who who, Place place);
  }

  private record Who(String role, String principal, String key, String secret) {
    RequestSpecification api() {
      return TestServer.as(key, secret);
    }

    /** The registry protocol with the key itself. */
    RequestSpecification basic() {
      return RestAssured.given().auth().preemptive().basic(key, secret);
    }

    /** The registry protocol as a client speaks it, with a token for what it asked for. */
    RequestSpecification protocol(Place place, String actions) {
      String token =
          basic()
              .queryParam("service", "hatoba")
              .queryParam("scope", "repository:" + place.repository() + ":" + actions)
              .get("/token")
              .jsonPath()
              .getString("token");
      return RestAssured.given().header("Authorization", "Bearer " + token);
    }
  }

  private record Place(String registry, String content) {
    String repository() {
      return registry + "/app";
    }

    String manifest() {
      return "/v2/" + repository() + "/manifests/1";
    }

    /** In the management API. */
    String inApi() {
      return "/registries/" + registry;
    }

    String image() {
      return inApi() + "/images/app";
    }

    String blob() {
      return "/v2/" + repository() + "/blobs/" + CONFIG_DIGEST;
    }

    Digest digest() {
      return Digest.sha256(content.getBytes(StandardCharsets.UTF_8));
    }
  }
}
