package io.hatoba.server.auth;

import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.nullValue;

import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.KeyScope;
import io.hatoba.server.pattern.NamePattern;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.rest.TestServer;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is decided is explained, and what is explained is what happens. */
abstract class AccessCheckApiContract {
  @Inject Accounts accounts;
  @Inject AccessKeys keys;
  @Inject AccessVersion version;

  @Test
  void anAnswerSaysWhy() {
    String registry = registry(false);
    Login kim = login("image-uploader", registry);

    check(Map.of("principal", kim.principal(), "action", "artifact:pull", "registry", registry))
        .body("allowed", equalTo(false))
        .body(
            "reason",
            equalTo(
                "the role image-uploader in registry %s does not include artifact:pull; roles that do: project-admin, project-member, service-admin, service-viewer"
                    .formatted(registry)))
        .body("decidedBy", equalTo("role:image-uploader"));
    check(
            Map.of(
                "principal",
                kim.principal(),
                "action",
                "artifact:push",
                "registry",
                registry,
                "image",
                "tools~app"))
        .body("allowed", equalTo(true))
        .body("decidedBy", equalTo("role:image-uploader"));
    check(Map.of("principal", kim.principal(), "action", "audit:read"))
        .body("allowed", equalTo(false));
    check(Map.of("principal", "group:nobody", "action", "artifact:pull", "registry", registry))
        .body("allowed", equalTo(false))
        .body("decidedBy", nullValue());
  }

  @Test
  void whatEveryoneMayIsSaidOfTheUnknownToo() {
    String open = registry(true);
    String closed = registry(false);

    check(Map.of("principal", "anonymous", "action", "artifact:pull", "registry", open))
        .body("allowed", equalTo(true))
        .body("decidedBy", equalTo("registry:" + open));
    check(Map.of("principal", "anonymous", "action", "artifact:push", "registry", open))
        .body("allowed", equalTo(false));
    check(Map.of("principal", "anonymous", "action", "artifact:pull", "registry", closed))
        .body("allowed", equalTo(false));
  }

  @Test
  void rolesOfAGroupCountAtOnce() {
    String registry = registry(false);
    String group = name("dev");
    Login kim = login("image-uploader", registry);
    give("group:" + group, "service-viewer", registry);
    Map<String, String> question =
        Map.of("principal", kim.principal(), "action", "artifact:pull", "registry", registry);
    kim.basic().get("/v2/" + registry + "/app/tags/list").then().statusCode(403);

    join(kim.account(), group);

    check(question)
        .body("allowed", equalTo(true))
        .body("reason", containsString("(through the group " + group + ")"));
    kim.basic().get("/v2/" + registry + "/app/tags/list").then().statusCode(404);
  }

  @Test
  void aDisabledAccountMayNothing() {
    Login kim = login("service-viewer", registry(false));
    accounts.setEnabled(kim.account().name(), false);

    check(Map.of("principal", kim.principal(), "action", "registry:read"))
        .body("allowed", equalTo(false))
        .body("reason", containsString("disabled"));
    check(Map.of("principal", kim.principal(), "action", "registry:read", "key", kim.key()))
        .body("allowed", equalTo(false))
        .body("decidedBy", equalTo("key:" + kim.key()));
  }

  @Test
  void everyoneAsksAboutHimselfAndWhoReadsRolesAboutOthers() {
    String registry = registry(false);
    Login kim = login("service-viewer", registry);
    Login lead = login("project-admin", registry);
    Map<String, String> aboutKim =
        Map.of("principal", kim.principal(), "action", "artifact:pull", "registry", registry);

    kim.api()
        .queryParams(aboutKim)
        .get("/access-check")
        .then()
        .statusCode(200)
        .body("allowed", equalTo(true));
    lead.api().queryParams(aboutKim).get("/access-check").then().statusCode(200);
    kim.api()
        .queryParams(
            Map.of("principal", lead.principal(), "action", "artifact:pull", "registry", registry))
        .get("/access-check")
        .then()
        .statusCode(403);
    lead.api()
        .queryParams(Map.of("principal", kim.principal(), "action", "audit:read"))
        .get("/access-check")
        .then()
        .statusCode(403);
    TestServer.anonymous().queryParams(aboutKim).get("/access-check").then().statusCode(401);
  }

  @Test
  void aBrokenQuestionIsRefused() {
    for (Map<String, String> question :
        List.of(
            Map.of("action", "artifact:pull"),
            Map.of("principal", "account:admin"),
            Map.of("principal", "admin", "action", "artifact:pull"),
            Map.of("principal", "account:admin", "action", "artifact:steal"),
            Map.of("principal", "account:admin", "action", "artifact:pull", "image", "app"),
            Map.of("principal", "account:admin", "action", "artifact:pull", "registry", "A"),
            Map.of("principal", "account:admin", "action", "artifact:pull", "key", "€"))) {
      admin().queryParams(question).get("/access-check").then().statusCode(400);
    }
    for (Map<String, String> question :
        List.of(
            Map.of("principal", "account:" + name("no"), "action", "artifact:pull"),
            Map.of("principal", "account:admin", "action", "artifact:pull", "key", "HKNONE"))) {
      admin().queryParams(question).get("/access-check").then().statusCode(404);
    }
  }

  @Test
  void aNarrowedKeyAndItsTokensDoWhatTheScopesCover() {
    String registry = registry(false);
    String other = registry(false);
    Login kim = login("project-admin", registry);
    give(kim.principal(), "project-admin", other);
    narrow(
        kim,
        List.of(
            new KeyScope(
                Optional.of(registry),
                Optional.of(NamePattern.parse("ci/**")),
                Set.of(Permission.ARTIFACT_PULL, Permission.ARTIFACT_PUSH))));

    // The key itself, in both protocols.
    kim.basic().get("/v2/" + registry + "/ci/app/tags/list").then().statusCode(404);
    kim.basic()
        .get("/v2/" + registry + "/app/tags/list")
        .then()
        .statusCode(403)
        .body("errors.code", hasItem("DENIED"))
        .body("errors.message", hasItem(containsString("is narrowed to")));
    kim.basic().post("/v2/" + other + "/ci/app/blobs/uploads/").then().statusCode(403);
    kim.api().get("/registries/" + registry).then().statusCode(403);
    kim.api().get("/registries/" + other).then().statusCode(404);

    // Its tokens.
    assertThat(kim.token(registry + "/ci/app", "pull,push,delete"))
        .isEqualTo("repository:" + registry + "/ci/app:pull,push");
    assertThat(kim.token(registry + "/app", "pull")).isEmpty();
    assertThat(kim.token(other + "/ci/app", "pull")).isEmpty();

    Map<String, String> question =
        Map.of("principal", kim.principal(), "action", "artifact:pull", "registry", registry);
    check(question).body("allowed", equalTo(true));
    admin()
        .queryParams(question)
        .queryParam("key", kim.key())
        .get("/access-check")
        .then()
        .statusCode(200)
        .body("allowed", equalTo(false))
        .body("decidedBy", equalTo("key:" + kim.key()));
  }

  @Test
  void aTokenFromBeforeIsNarrowedWithItsKey() {
    String registry = registry(false);
    Login kim = login("project-admin", registry);
    String token =
        kim.basic()
            .queryParam("scope", "repository:" + registry + "/app:pull")
            .get("/token")
            .jsonPath()
            .getString("token");
    RequestSpecification bearer = RestAssured.given().header("Authorization", "Bearer " + token);
    bearer.get("/v2/" + registry + "/app/tags/list").then().statusCode(404);

    narrow(
        kim,
        List.of(
            new KeyScope(
                Optional.of(registry), Optional.empty(), Set.of(Permission.ARTIFACT_PUSH))));

    bearer.get("/v2/" + registry + "/app/tags/list").then().statusCode(403);
  }

  @Test
  void aRoleForSomeImagesCountsInTheProtocol() {
    String registry = registry(false);
    String role = name("ci");
    admin()
        .body(
            Map.of(
                "name",
                role,
                "permissions",
                List.of("artifact:pull", "artifact:push"),
                "images",
                List.of("ci/**")))
        .post("/roles")
        .then()
        .statusCode(201);
    Login kim = login(role, registry);

    kim.basic().post("/v2/" + registry + "/ci/app/blobs/uploads/").then().statusCode(202);
    kim.basic().post("/v2/" + registry + "/app/blobs/uploads/").then().statusCode(403);
    assertThat(kim.token(registry + "/ci/app", "pull,push"))
        .isEqualTo("repository:" + registry + "/ci/app:pull,push");
    assertThat(kim.token(registry + "/app", "pull,push")).isEmpty();

    admin()
        .header("If-Match", "*")
        .body(Map.of("images", List.of("**")))
        .patch("/roles/" + role)
        .then()
        .statusCode(200);
    kim.basic().post("/v2/" + registry + "/app/blobs/uploads/").then().statusCode(202);
  }

  private static ValidatableResponse check(Map<String, String> question) {
    return admin().queryParams(question).get("/access-check").then().statusCode(200);
  }

  private void narrow(Login login, List<KeyScope> scopes) {
    version.change(
        handle ->
            handle
                .createUpdate(
                    """
                    UPDATE access_key
                    SET scopes = :scopes
                    WHERE id = :id
                    """)
                .bind("scopes", KeyScope.toJson(scopes))
                .bind("id", login.key())
                .execute());
  }

  private void join(Account account, String group) {
    version.change(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO account_group (account_id, name)
                    VALUES (:account, :group)
                    """)
                .bind("account", account.id())
                .bind("group", group)
                .execute());
  }

  private Login login(String role, String registry) {
    Account account = accounts.create(name("kim"), Optional.empty());
    AccessKey.Issued key =
        keys.create(
            account,
            new AccessKey.Settings("", true, Optional.empty(), Optional.empty()),
            "192.0.2.1");
    give(account.principal(), role, registry);
    return new Login(account, key.key().id(), key.secret().reveal());
  }

  private static void give(String principal, String role, String registry) {
    admin()
        .body(Map.of("principal", principal, "role", role, "registry", registry))
        .post("/grants")
        .then()
        .statusCode(201);
  }

  private static String registry(boolean open) {
    String name = name("check");
    admin()
        .body(Map.of("name", name, "anonymousPull", open))
        .post("/registries")
        .then()
        .statusCode(201);
    return name;
  }

  private static String name(String start) {
    return start + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  private record Login(Account account, String key, String secret) {
    String principal() {
      return account.principal();
    }

    RequestSpecification api() {
      return TestServer.as(key, secret);
    }

    RequestSpecification basic() {
      return RestAssured.given().auth().preemptive().basic(key, secret);
    }

    /** The scope of a token that was asked for. */
    String token(String repository, String actions) {
      return basic()
          .queryParam("scope", "repository:" + repository + ":" + actions)
          .get("/token")
          .then()
          .statusCode(200)
          .extract()
          .path("scope");
    }
  }
}
