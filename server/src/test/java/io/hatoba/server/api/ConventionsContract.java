package io.hatoba.server.api;

import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.startsWith;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds for every operation of the management API. */
abstract class ConventionsContract {
  @Test
  void everyAnswerHasARequestIdAndIsNotCached() {
    admin()
        .get("/registries/nowhere")
        .then()
        .statusCode(404)
        .contentType("application/problem+json")
        .header("X-Request-Id", matchesPattern("[0-9a-f-]{36}"))
        .header("Cache-Control", "no-store")
        .body("type", startsWith("/api/v1/problems/name-unknown"))
        .body("code", equalTo("NAME_UNKNOWN"));
    admin()
        .header("X-Request-Id", "mine.1")
        .get("/registries/nowhere")
        .then()
        .header("X-Request-Id", "mine.1")
        .body("requestId", equalTo("mine.1"));
  }

  @Test
  void aRequestIdThatIsNoneIsNotRepeated() {
    admin()
        .header("X-Request-Id", "<script>")
        .get("/registries/nowhere")
        .then()
        .header("X-Request-Id", matchesPattern("[0-9a-f-]{36}"));
  }

  @Test
  void anUnknownQueryParameterIsRefused() {
    admin()
        .queryParam("limt", 5)
        .get("/registries/main")
        .then()
        .statusCode(400)
        .body("code", equalTo("REQUEST_INVALID"));
  }

  @Test
  void withoutCredentialsTheAnswerAsksForThem() {
    anonymous()
        .get("/registries/main")
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", startsWith("Basic "));
  }

  @Test
  void aPathThatIsNotThereIsAProblemToo() {
    admin().get("/nothing/here").then().statusCode(404).contentType("application/problem+json");
  }

  @Test
  void wrongFieldsAreNamed() {
    admin()
        .body(Map.of("name", "Not-Lower"))
        .post("/registries")
        .then()
        .statusCode(422)
        .body("code", equalTo("FIELD_INVALID"))
        .body("errors.field", hasItem("/name"))
        .body("errors.code", hasItem("NAME_INVALID"));
  }

  @Test
  void aNullInAListOrMapIsRefusedWithItsPlace() {
    String rule = "{\"claims\":{%s},\"serviceAccount\":\"robot$ci\",\"scopes\":[]}";
    String issuer = "{\"name\":\"x\",\"audience\":\"a\",\"rules\":[%s]}";
    Map.of(
            issuer.formatted(rule.formatted("") + ",null"), "/rules/1",
            issuer.formatted(rule.formatted("\"a/b~\":null")), "/rules/0/claims/a~1b~0")
        .forEach(
            (body, place) ->
                admin()
                    .body(body)
                    .post("/federation/issuers")
                    .then()
                    .statusCode(422)
                    .body("code", equalTo("FIELD_INVALID"))
                    .body("errors.field", equalTo(List.of(place)))
                    .body("errors.message", hasItem("is null; give a value or leave it out")));
  }

  @Test
  void aNullInAListOfAPatchIsRefusedWithItsPlace() {
    admin()
        .body(Map.of("name", "nulls", "permissions", List.of("artifact:pull")))
        .post("/roles")
        .then()
        .statusCode(201);
    admin()
        .header("If-Match", "*")
        .body("{\"permissions\":[\"artifact:pull\",null]}")
        .patch("/roles/nulls")
        .then()
        .statusCode(422)
        .body("errors.field", equalTo(List.of("/permissions/1")));
    admin().delete("/roles/nulls");
  }

  @Test
  void aMethodThatIsNotThereIsRefusedWithThoseThatAre() {
    admin()
        .body("{}")
        .put("/audit")
        .then()
        .statusCode(405)
        .contentType("application/problem+json")
        .header("Allow", "GET, HEAD, OPTIONS")
        .body("code", equalTo("UNSUPPORTED"));
    admin()
        .post("/registries/main")
        .then()
        .statusCode(405)
        .header("Allow", startsWith("DELETE, GET, HEAD, OPTIONS"));
  }

  @Test
  void optionsNamesTheMethods() {
    anonymous().options("/audit").then().statusCode(200).header("Allow", containsString("GET"));
  }

  @Test
  void headIsGetWithoutTheBody() {
    admin().head("/registries/main").then().statusCode(200).body(equalTo(""));
    admin().head("/registries/nowhere").then().statusCode(404);
    anonymous().head("/registries/main").then().statusCode(401);
  }
}
