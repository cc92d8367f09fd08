package io.hatoba.server.account;

import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.hatoba.server.rest.TestServer;
import io.restassured.RestAssured;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Roles and who has them, over the management API. */
abstract class RolesApiContract {
  @Inject Accounts accounts;
  @Inject AccessKeys keys;
  @Inject Grants grants;

  @Test
  void theRolesOfTheGuideAreListedFirstAndStayAsTheyAre() {
    admin()
        .get("/roles")
        .then()
        .statusCode(200)
        .body("items[0].name", equalTo("project-admin"))
        .body("items[0].builtIn", equalTo(true))
        .body("items[0].createdAt", nullValue())
        .body("items[4].name", equalTo("image-uploader"))
        .body("items[4].permissions", hasItems("artifact:push", "tag:read"))
        .body("items[4].permissions", not(hasItem("artifact:pull")));
    admin()
        .header("If-Match", "*")
        .body(Map.of("description", "mine"))
        .patch("/roles/service-viewer")
        .then()
        .statusCode(409);
    admin().delete("/roles/service-viewer").then().statusCode(409);
    admin()
        .body(Map.of("name", "service-viewer", "permissions", List.of("artifact:pull")))
        .post("/roles")
        .then()
        .statusCode(409);
  }

  @Test
  void aRoleIsMadeChangedAndDeleted() {
    String name = name("ci");
    String tag =
        admin()
            .body(
                Map.of(
                    "name",
                    name,
                    "description",
                    "Pushes what is built",
                    "permissions",
                    List.of("artifact:push", "artifact:pull"),
                    "images",
                    List.of("ci/**")))
            .post("/roles")
            .then()
            .statusCode(201)
            .header("Location", "/api/v1/roles/" + name)
            .body("builtIn", equalTo(false))
            .body("permissions", equalTo(List.of("artifact:pull", "artifact:push")))
            .body("images", equalTo(List.of("ci/**")))
            .body("createdAt", notNullValue())
            .extract()
            .header("ETag");
    admin().get("/roles/" + name).then().statusCode(200).header("ETag", tag);

    admin()
        .body(Map.of("description", "x"))
        .patch("/roles/" + name)
        .then()
        .statusCode(428)
        .body("code", equalTo("PRECONDITION_REQUIRED"));
    admin()
        .header("If-Match", "\"another\"")
        .body(Map.of("description", "x"))
        .patch("/roles/" + name)
        .then()
        .statusCode(412);
    admin()
        .header("If-Match", tag)
        .body("{\"images\":null,\"permissions\":[\"artifact:push\"]}")
        .patch("/roles/" + name)
        .then()
        .statusCode(200)
        .header("ETag", not(tag))
        .body("images", equalTo(List.of()))
        .body("permissions", equalTo(List.of("artifact:push")))
        .body("description", equalTo("Pushes what is built"));

    admin()
        .queryParam("q", name.substring(1).toUpperCase(Locale.ROOT))
        .get("/roles")
        .then()
        .body("items.name", equalTo(List.of(name)));
    admin().delete("/roles/" + name).then().statusCode(204);
    admin().get("/roles/" + name).then().statusCode(404);
    admin().delete("/roles/" + name).then().statusCode(404);
  }

  @Test
  void whatIsWrongWithARoleIsSaid() {
    admin()
        .body(
            Map.of(
                "name",
                "Not-Lower",
                "permissions",
                List.of("artifact:push", "artifact:steal"),
                "images",
                List.of("a{b")))
        .post("/roles")
        .then()
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("/name", "/permissions/1", "/images/0"))
        .body("errors.message", hasItem(containsString("position 2")));
    admin()
        .body(Map.of("name", name("none")))
        .post("/roles")
        .then()
        .statusCode(422)
        .body("errors.field", hasItem("/permissions"));
    admin().body("{}").post("/roles").then().statusCode(422);
  }

  @Test
  void aRoleThatSomeoneHasIsNotDeleted() {
    String role = role(List.of("artifact:pull"));
    String id = give("group:" + name("dev"), role, Optional.empty());

    admin()
        .delete("/roles/" + role)
        .then()
        .statusCode(409)
        .body("detail", containsString("group:dev-"));
    admin().delete("/grants/" + id).then().statusCode(204);
    admin().delete("/roles/" + role).then().statusCode(204);
  }

  @Test
  void grantsAreListedByPrincipalAndByRegistry() {
    String registry = registry();
    String group = "group:" + name("dev");
    List<String> ids = new ArrayList<>();
    for (String role : List.of("image-uploader", "service-viewer", "project-admin")) {
      ids.add(give(group, role, Optional.of(registry)));
    }
    ids.add(give(group, "service-viewer", Optional.empty()));

    String next =
        admin()
            .queryParam("principal", group)
            .queryParam("limit", 3)
            .get("/grants")
            .then()
            .statusCode(200)
            .body("items.id", equalTo(ids.subList(0, 3)))
            .body("items[0].registry", equalTo(registry))
            .extract()
            .path("next");
    RestAssured.given()
        .urlEncodingEnabled(false)
        .auth()
        .preemptive()
        .basic(TestServer.ADMIN_KEY, TestServer.ADMIN_SECRET)
        .get(next)
        .then()
        .statusCode(200)
        .body("items.id", equalTo(ids.subList(3, 4)))
        .body("items[0].registry", nullValue())
        .body("next", nullValue());
    admin()
        .queryParam("registry", registry)
        .get("/grants")
        .then()
        .body("items.id", equalTo(ids.subList(0, 3)));
    admin()
        .queryParam("registry", registry)
        .queryParam("principal", "group:nobody")
        .get("/grants")
        .then()
        .body("items", equalTo(List.of()));
    admin().queryParam("registry", "nowhere").get("/grants").then().statusCode(404);
    admin().queryParam("principal", "kim").get("/grants").then().statusCode(400);
    admin()
        .body(Map.of("principal", group, "role", "service-viewer"))
        .post("/grants")
        .then()
        .statusCode(409);
  }

  @Test
  void whoGetsARoleExistsUnlessItIsAGroup() {
    for (String principal : List.of("account:" + name("no"), "robot:" + name("no"))) {
      admin()
          .body(Map.of("principal", principal, "role", "service-viewer"))
          .post("/grants")
          .then()
          .statusCode(422)
          .body("errors.field", equalTo(List.of("/principal")));
    }
    admin()
        .body(
            Map.of(
                "principal", "group:" + name("g"), "role", "no-such-role", "registry", "nowhere"))
        .post("/grants")
        .then()
        .statusCode(422)
        .body("errors.field", containsInAnyOrder("/role", "/registry"));
    admin()
        .body(Map.of("principal", "kim", "role", "service-viewer"))
        .post("/grants")
        .then()
        .statusCode(422)
        .body("errors.field", equalTo(List.of("/principal")));
    give("group:CN=Team Dev,DC=example", "service-viewer", Optional.empty());
  }

  @Test
  void nobodyMakesARoleWithMoreThanHeHas() {
    String keeper = role(List.of("role:read", "role:write", "artifact:pull"));
    Login kim = login(keeper, Optional.empty());

    kim.api()
        .body(Map.of("name", name("mine"), "permissions", List.of("artifact:pull")))
        .post("/roles")
        .then()
        .statusCode(201);
    kim.api()
        .body(Map.of("name", name("mine"), "permissions", List.of("artifact:pull", "audit:read")))
        .post("/roles")
        .then()
        .statusCode(403)
        .body("code", equalTo("DENIED"))
        .body("detail", containsString("audit:read"));
    kim.api()
        .header("If-Match", "*")
        .body(Map.of("permissions", List.of("role:write", "artifact:delete")))
        .patch("/roles/" + keeper)
        .then()
        .statusCode(403)
        .body("detail", containsString("artifact:delete"));
    admin()
        .get("/roles/" + keeper)
        .then()
        .body("permissions", equalTo(List.of("artifact:pull", "role:read", "role:write")));
  }

  @Test
  void nobodyGivesOrTakesWhatHeDoesNotHave() {
    String keeper = role(List.of("role:read", "role:write", "artifact:pull"));
    Login kim = login(keeper, Optional.empty());
    String group = "group:" + name("dev");
    String admins = give(group, "project-admin", Optional.empty());

    for (Map<String, String> wanted :
        List.of(
            Map.of("principal", group, "role", "service-viewer"),
            Map.of("principal", group, "role", "image-uploader", "registry", registry()))) {
      kim.api()
          .body(wanted)
          .post("/grants")
          .then()
          .statusCode(403)
          .body("code", equalTo("DENIED"))
          .body("detail", containsString("nobody hands on what he does not have"));
    }
    kim.api().delete("/grants/" + admins).then().statusCode(403);
    kim.api()
        .body(Map.of("principal", group, "role", keeper))
        .post("/grants")
        .then()
        .statusCode(201);
  }

  @Test
  void whoHasARoleForSomeImagesDoesNotGiveItForAll() {
    String registry = registry();
    String some = name("some");
    admin()
        .body(
            Map.of(
                "name",
                some,
                "permissions",
                List.of("artifact:push", "role:write", "role:read"),
                "images",
                List.of("ci/**")))
        .post("/roles")
        .then()
        .statusCode(201);
    String all = role(List.of("artifact:push"));
    Login kim = login(some, Optional.of(registry));

    kim.api()
        .body(Map.of("principal", "group:dev", "role", all, "registry", registry))
        .post("/grants")
        .then()
        .statusCode(403)
        .body("detail", containsString("artifact:push"));
  }

  @Test
  void whoIsAdminInARegistryGivesRolesThereAndNowhereElse() {
    String mine = registry();
    String other = registry();
    Login kim = login("project-admin", Optional.of(mine));
    String group = "group:" + name("dev");

    String id =
        kim.api()
            .body(Map.of("principal", group, "role", "image-uploader", "registry", mine))
            .post("/grants")
            .then()
            .statusCode(201)
            .header("Location", matchesPattern("/api/v1/grants/[0-9]+"))
            .extract()
            .path("id");
    kim.api().queryParam("registry", mine).get("/grants").then().body("items.id", hasItem(id));
    Login again = login("project-admin", Optional.of(mine));
    again.api().get("/roles").then().statusCode(200);
    again
        .api()
        .body(Map.of("principal", group, "role", "image-uploader"))
        .post("/grants")
        .then()
        .statusCode(403);
    again
        .api()
        .body(Map.of("principal", group, "role", "image-uploader", "registry", other))
        .post("/grants")
        .then()
        .statusCode(404);
    again
        .api()
        .body(Map.of("name", name("own"), "permissions", List.of("artifact:pull")))
        .post("/roles")
        .then()
        .statusCode(403);
    again.api().get("/grants").then().statusCode(403);
    String elsewhere = give(group, "image-uploader", Optional.of(other));
    again.api().delete("/grants/" + elsewhere).then().statusCode(404);
    again.api().delete("/grants/" + id).then().statusCode(204);
  }

  @Test
  void everyoneSeesHisOwnGrants() {
    String name = name("kim");
    Login kim = login(name, "service-viewer", Optional.empty());

    kim.api()
        .queryParam("principal", "account:" + name)
        .get("/grants")
        .then()
        .statusCode(200)
        .body("items.role", equalTo(List.of("service-viewer")));
    login("image-uploader", Optional.empty())
        .api()
        .queryParam("principal", "account:" + name)
        .get("/grants")
        .then()
        .statusCode(403);
    anonymous().get("/grants").then().statusCode(401);
    anonymous().get("/roles").then().statusCode(401);
  }

  @Test
  void grantsThatAreNotThereAreNotFound() {
    admin().delete("/grants/999999999").then().statusCode(404);
    admin().delete("/grants/none").then().statusCode(404);
    assertThat(grants.find(999_999_999)).isEmpty();
  }

  private Login login(String role, Optional<String> registry) {
    return login(name("kim"), role, registry);
  }

  private Login login(String name, String role, Optional<String> registry) {
    Account account = accounts.create(name, Optional.empty());
    AccessKey.Issued key =
        keys.create(
            account,
            new AccessKey.Settings("", true, Optional.empty(), Optional.empty()),
            "192.0.2.1");
    give(account.principal(), role, registry);
    return new Login(key.key().id(), key.secret().reveal());
  }

  private static String give(String principal, String role, Optional<String> registry) {
    Map<String, String> body = new HashMap<>();
    body.put("principal", principal);
    body.put("role", role);
    registry.ifPresent(name -> body.put("registry", name));
    return admin().body(body).post("/grants").then().statusCode(201).extract().path("id");
  }

  private static String role(List<String> permissions) {
    String name = name("own");
    admin()
        .body(Map.of("name", name, "permissions", permissions))
        .post("/roles")
        .then()
        .statusCode(201);
    return name;
  }

  private static String registry() {
    String name = name("team");
    admin().body(Map.of("name", name)).post("/registries").then().statusCode(201);
    return name;
  }

  private static String name(String start) {
    return start + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  private record Login(String key, String secret) {
    RequestSpecification api() {
      return TestServer.as(key, secret);
    }
  }
}
