package io.hatoba.server.account;

import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static io.hatoba.server.rest.TestServer.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.hatoba.server.rest.TestServer;
import io.restassured.http.ContentType;
import io.restassured.path.json.JsonPath;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Accounts, service accounts, keys and sessions over HTTP. */
abstract class AccountApiContract {
  private static final String PASSWORD = "three green kimonos";

  private final String name = "p" + UUID.randomUUID().toString().substring(0, 8);

  @Test
  void anAccountIsMadeShownChangedAndDeleted() {
    admin()
        .body(Map.of("name", name, "email", name + "@example.com", "password", PASSWORD))
        .post("/accounts")
        .then()
        .statusCode(201)
        .header("Location", endsWith("/api/v1/accounts/" + name))
        .body("name", equalTo(name))
        .body("principal", equalTo("account:" + name))
        .body("enabled", equalTo(true))
        .body("lastSignInAt", nullValue())
        .body("password", nullValue());
    admin().body(Map.of("name", name)).post("/accounts").then().statusCode(409);
    String tag = admin().get("/accounts/" + name).then().statusCode(200).extract().header("ETag");
    admin()
        .header("If-Match", tag)
        .contentType("application/merge-patch+json")
        .body("{\"email\":null}")
        .patch("/accounts/" + name)
        .then()
        .statusCode(200)
        .body("email", nullValue());
    admin()
        .header("If-Match", tag)
        .body(Map.of("enabled", false))
        .patch("/accounts/" + name)
        .then()
        .statusCode(412);

    admin().delete("/accounts/" + name).then().statusCode(204);

    admin().get("/accounts/" + name).then().statusCode(404);
    admin().delete("/accounts/" + name).then().statusCode(404);
  }

  @Test
  void everyWrongFieldIsNamed() {
    admin()
        .body(Map.of("name", "Not A Name", "email", "nobody", "password", "short"))
        .post("/accounts")
        .then()
        .statusCode(422)
        .body("errors.field", contains("/name", "/email", "/password"));
    admin().body(Map.of("nme", "x")).post("/accounts").then().statusCode(400);
    admin().body("{\"name\":7}").post("/accounts").then().statusCode(400);
    admin().get("/accounts/a%00b").then().statusCode(404);
    admin().get("/accounts/robot$x").then().statusCode(404);
    admin().queryParam("sort", "size").get("/accounts").then().statusCode(400);
    admin().queryParam("enabled", "maybe").get("/accounts").then().statusCode(400);
  }

  @Test
  void listsArePaged() {
    for (int i = 0; i < 3; i++) {
      person(name + "-" + i);
    }

    JsonPath first =
        admin()
            .queryParam("q", name.toUpperCase(java.util.Locale.ROOT))
            .queryParam("sort", "-createdAt")
            .queryParam("limit", 2)
            .get("/accounts")
            .then()
            .statusCode(200)
            .body("items", hasSize(2))
            .extract()
            .jsonPath();
    admin()
        .basePath("")
        .urlEncodingEnabled(false)
        .get(first.getString("next"))
        .then()
        .statusCode(200)
        .body("items.name", contains(name + "-0"))
        .body("next", nullValue());
  }

  @Test
  void nobodyBarsHimself() {
    admin()
        .body(Map.of("enabled", false))
        .patch("/accounts/admin")
        .then()
        .statusCode(409)
        .body("detail", containsString("own account"));
    admin().delete("/accounts/admin").then().statusCode(409);
  }

  @Test
  void disablingEndsKeysAndSessionsAtOnce() {
    person(name);
    Key key = keyOf("/accounts/" + name + "/keys", Map.of());
    String cookie = signIn(PASSWORD);
    page(cookie).get("/session").then().statusCode(200).body("account", equalTo(name));
    as(key.id(), key.secret()).get("/session").then().statusCode(200);

    admin().body(Map.of("enabled", false)).patch("/accounts/" + name).then().statusCode(200);

    page(cookie).get("/session").then().statusCode(401);
    as(key.id(), key.secret()).get("/session").then().statusCode(401);
    anonymous()
        .body(Map.of("account", name, "password", PASSWORD))
        .post("/session")
        .then()
        .statusCode(401);
  }

  @Test
  void onesOwnPasswordNeedsTheCurrentOneAndEndsTheOtherSessions() {
    person(name);
    String here = signIn(PASSWORD);
    String elsewhere = signIn(PASSWORD);

    page(here)
        .body(Map.of("current", "not it", "new", "four blue yukatas"))
        .put("/me/password")
        .then()
        .statusCode(422)
        .body("errors.field", hasItem("/current"));
    page(here)
        .body(Map.of("current", PASSWORD, "new", "password123"))
        .put("/me/password")
        .then()
        .statusCode(422)
        .body("errors.field", hasItem("/new"));
    page(here)
        .body(Map.of("current", PASSWORD, "new", "four blue yukatas"))
        .put("/me/password")
        .then()
        .statusCode(204);

    page(here).get("/session").then().statusCode(200);
    page(elsewhere).get("/session").then().statusCode(401);
    signIn("four blue yukatas");
  }

  @Test
  void onesOwnSessionsAreListedAndEnded() {
    person(name);
    String here = signIn(PASSWORD);
    signIn(PASSWORD);
    String third = signIn(PASSWORD);

    List<String> others =
        page(here)
            .get("/me/sessions")
            .then()
            .statusCode(200)
            .body("items", hasSize(3))
            .body("items.current", contains(false, false, true))
            .body("items.userAgent", hasItem(notNullValue()))
            .extract()
            .path("items.findAll { !it.current }.id");
    page(here).delete("/me/sessions/" + others.getFirst()).then().statusCode(204);
    page(third).get("/session").then().statusCode(401);
    page(here).delete("/me/sessions/" + others.getFirst()).then().statusCode(404);
    page(here).delete("/me/sessions/9223372036854775808").then().statusCode(404);
    page(here).delete("/me/sessions").then().statusCode(204);

    page(here).get("/me/sessions").then().body("items", hasSize(1));
    admin().delete("/accounts/" + name + "/sessions").then().statusCode(204);
    page(here).get("/me").then().statusCode(401);
  }

  @Test
  void onesOwnAccountIsShownAndItsAddressChanged() {
    person(name);
    String cookie = signIn(PASSWORD);

    page(cookie)
        .body(Map.of("email", "new@example.com"))
        .patch("/me")
        .then()
        .statusCode(200)
        .body("name", equalTo(name))
        .body("email", equalTo("new@example.com"))
        .body("lastSignInAt", notNullValue());
    page(cookie).body(Map.of("enabled", false)).patch("/me").then().statusCode(400);
    page(cookie).get("/accounts").then().statusCode(403).body("code", equalTo("DENIED"));
  }

  @Test
  void keysAreMadeChangedReissuedAndDeletedByTheirOwner() {
    person(name);
    String cookie = signIn(PASSWORD);
    JsonPath made =
        page(cookie)
            .body(
                Map.of(
                    "name",
                    "laptop",
                    "expiresAt",
                    "2099-01-01T00:00:00Z",
                    "scopes",
                    List.of(Map.of("registry", "nowhere", "actions", List.of("artifact:pull")))))
            .post("/me/keys")
            .then()
            .statusCode(201)
            .extract()
            .jsonPath();
    Key key = new Key(made.getString("id"), made.getString("secret"));

    page(cookie)
        .get("/me/keys")
        .then()
        .statusCode(200)
        .body("items", hasSize(1))
        .body("items[0].name", equalTo("laptop"))
        .body("items[0].secret", nullValue())
        .body("items[0].expiresAt", equalTo("2099-01-01T00:00:00Z"))
        .body("items[0].scopes[0].registry", equalTo("nowhere"))
        .body("items[0].secretAgeDays", equalTo(0))
        .body("items[0].warning", nullValue());
    as(key.id(), key.secret()).get("/session").then().statusCode(200);
    // Narrowed: it opens nothing further and does not widen itself.
    for (String path : List.of("/me/keys", "/me/sessions")) {
      as(key.id(), key.secret()).get(path).then().statusCode(403);
    }
    as(key.id(), key.secret()).body(Map.of()).post("/me/keys").then().statusCode(403);
    as(key.id(), key.secret())
        .body("{\"scopes\":null}")
        .patch("/me/keys/" + key.id())
        .then()
        .statusCode(403);
    as(key.id(), key.secret())
        .body(Map.of("current", PASSWORD, "new", "four blue yukatas"))
        .put("/me/password")
        .then()
        .statusCode(403);

    page(cookie)
        .body("{\"scopes\":null,\"expiresAt\":null,\"name\":\"desk\"}")
        .patch("/me/keys/" + key.id())
        .then()
        .statusCode(200)
        .body("name", equalTo("desk"))
        .body("scopes", nullValue())
        .body("expiresAt", nullValue());
    as(key.id(), key.secret()).get("/me/keys").then().statusCode(200);
    String fresh =
        page(cookie)
            .post("/me/keys/" + key.id() + "/reissue")
            .then()
            .statusCode(200)
            .extract()
            .path("secret");
    as(key.id(), key.secret()).get("/session").then().statusCode(401);
    as(key.id(), fresh).get("/session").then().statusCode(200);
    page(cookie)
        .body(Map.of("enabled", false))
        .patch("/me/keys/" + key.id())
        .then()
        .statusCode(200);
    as(key.id(), fresh).get("/session").then().statusCode(401);
    page(cookie).delete("/me/keys/" + key.id()).then().statusCode(204);
    page(cookie).delete("/me/keys/" + key.id()).then().statusCode(404);
    page(cookie).get("/me/keys/a%00b").then().statusCode(404);
  }

  @Test
  void anAccountHasFiveKeys() {
    person(name);
    String keys = "/accounts/" + name + "/keys";
    for (int i = 0; i < 5; i++) {
      keyOf(keys, Map.of("name", "key " + i));
    }

    admin()
        .body(Map.of())
        .post(keys)
        .then()
        .statusCode(409)
        .body("detail", containsString("at most 5 access keys"));
  }

  @Test
  void whatIsWrongWithAKeyIsNamed() {
    person(name);
    String keys = "/accounts/" + name + "/keys";

    admin()
        .body(Map.of("expiresAt", "2001-01-01T00:00:00Z", "name", "x".repeat(101)))
        .post(keys)
        .then()
        .statusCode(422)
        .body("errors.field", contains("/name", "/expiresAt"));
    admin()
        .body(Map.of("expiresAt", "+1000000000-12-31T23:59:59.999999999Z"))
        .post(keys)
        .then()
        .statusCode(422);
    admin().body(Map.of("expiresAt", "tomorrow")).post(keys).then().statusCode(422);
    admin()
        .body(Map.of("scopes", List.of(Map.of("actions", List.of("artifact:eat")))))
        .post(keys)
        .then()
        .statusCode(422);
    admin()
        .body(Map.of("scopes", List.of(Map.of("actions", List.of("account:write")))))
        .post(keys)
        .then()
        .statusCode(422);
    admin().body(Map.of("scopes", List.of())).post(keys).then().statusCode(422);
  }

  @Test
  void aServiceAccountComesInWithItsNameAndItsOwnRoles() {
    admin()
        .body(Map.of("name", name, "description", "builds"))
        .post("/service-accounts")
        .then()
        .statusCode(201)
        .body("name", equalTo(name))
        .body("principal", equalTo("robot:" + name));
    Key key = keyOf("/service-accounts/" + name + "/keys", Map.of());
    assertThat(key.id()).isEqualTo("robot$" + name);

    as(key.id(), key.secret())
        .get("/session")
        .then()
        .statusCode(200)
        .body("principal", equalTo("robot:" + name));
    as(key.id(), key.secret()).get("/service-accounts").then().statusCode(403);
    as(key.id(), key.secret()).get("/me").then().statusCode(200);
    as(key.id(), key.secret()).body(Map.of()).post("/me/keys").then().statusCode(403);
    admin()
        .queryParam("q", name)
        .get("/service-accounts")
        .then()
        .body("items.name", contains(name));
    admin().queryParam("q", name).get("/accounts").then().body("items", hasSize(0));
    anonymous()
        .body(Map.of("account", "robot$" + name, "password", key.secret()))
        .post("/session")
        .then()
        .statusCode(401);

    admin()
        .body(Map.of("enabled", false))
        .patch("/service-accounts/" + name)
        .then()
        .statusCode(200);
    as(key.id(), key.secret()).get("/session").then().statusCode(401);
    admin().delete("/service-accounts/" + name).then().statusCode(204);
    admin().get("/service-accounts/" + name + "/keys").then().statusCode(404);
  }

  @Test
  void whoIsNobodyGetsNothing() {
    for (String path :
        List.of("/me", "/me/keys", "/me/sessions", "/accounts", "/service-accounts")) {
      anonymous().get(path).then().statusCode(401);
    }
  }

  private static void person(String name) {
    admin()
        .body(Map.of("name", name, "password", PASSWORD))
        .post("/accounts")
        .then()
        .statusCode(201);
  }

  private static Key keyOf(String keys, Map<String, ?> body) {
    JsonPath made = admin().body(body).post(keys).then().statusCode(201).extract().jsonPath();
    return new Key(made.getString("id"), made.getString("secret"));
  }

  private String signIn(String password) {
    return anonymous()
        .body(Map.of("account", name, "password", password))
        .post("/session")
        .then()
        .statusCode(201)
        .extract()
        .cookie("hatoba");
  }

  private static RequestSpecification page(String cookie) {
    return TestServer.anonymous()
        .contentType(ContentType.JSON)
        .cookie("hatoba", cookie)
        .header("Sec-Fetch-Site", "same-origin");
  }

  private record Key(String id, String secret) {}
}
