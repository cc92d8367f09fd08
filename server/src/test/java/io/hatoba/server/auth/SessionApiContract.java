package io.hatoba.server.auth;

import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static io.hatoba.server.rest.TestServer.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.startsWith;

import io.hatoba.server.rest.TestServer;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sign-in, who am I, sign-out, and what the cookie opens, over HTTP. */
abstract class SessionApiContract {
  private static final Map<String, String> LOGIN =
      Map.of("account", "admin", "password", TestServer.ADMIN_PASSWORD);

  @Test
  void signingInAnswersWithACookieThatTellsWhoCalls() {
    Response answer = anonymous().body(LOGIN).post("/session");

    answer
        .then()
        .statusCode(201)
        .body("principal", equalTo("account:admin"))
        .body("account", equalTo("admin"))
        .body("via", equalTo("session"))
        .body("roles.role", hasItem("service-admin"))
        .body("actions", hasItem("registry:create"));
    assertThat(answer.getHeader("Set-Cookie"))
        .matches("hatoba=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Lax");
    page(answer.cookie("hatoba"))
        .get("/session")
        .then()
        .statusCode(200)
        .body("principal", equalTo("account:admin"))
        .body("via", equalTo("session"));
    admin().get("/session").then().statusCode(200).body("via", equalTo("key"));
    anonymous().get("/session").then().statusCode(401);
  }

  @Test
  void aWrongPasswordAndAnUnknownNameReadTheSame() {
    String wrong = refusal(Map.of("account", "admin", "password", "wrong"));
    String unknown = refusal(Map.of("account", "nobody", "password", "wrong"));

    assertThat(wrong).isEqualTo(unknown);
  }

  private static String refusal(Map<String, String> login) {
    return anonymous()
        .header("Sec-Fetch-Site", "same-origin")
        .body(login)
        .post("/session")
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", startsWith("Session "))
        .extract()
        .path("detail");
  }

  @Test
  void whatIsMissingInASignInIsNamed() {
    anonymous()
        .body(Map.of("account", "admin"))
        .post("/session")
        .then()
        .statusCode(422)
        .body("errors.field", hasItem("/password"));
    anonymous()
        .contentType("text/plain")
        .body("account=admin")
        .post("/session")
        .then()
        .statusCode(415);
  }

  @Test
  void signingOutEndsTheSession() {
    String cookie = signIn();

    page(cookie)
        .delete("/session")
        .then()
        .statusCode(204)
        .header("Set-Cookie", startsWith("hatoba=; Max-Age=0;"));

    page(cookie).get("/session").then().statusCode(401);
    admin().delete("/session").then().statusCode(404);
  }

  @Test
  void signingInAgainEndsTheSessionBefore() {
    String first = signIn();
    String second = page(first).body(LOGIN).post("/session").then().extract().cookie("hatoba");

    assertThat(second).isNotEqualTo(first);
    page(first).get("/session").then().statusCode(401);
    page(second).get("/session").then().statusCode(200);
  }

  @Test
  void aPageOfAnotherSiteChangesNothing() {
    String cookie = signIn();

    for (String site : new String[] {"cross-site", "same-site", "none"}) {
      cookie(cookie)
          .header("Sec-Fetch-Site", site)
          .delete("/session")
          .then()
          .statusCode(403)
          .body("code", equalTo("DENIED"));
      anonymous()
          .header("Sec-Fetch-Site", site)
          .body(LOGIN)
          .post("/session")
          .then()
          .statusCode(403);
    }
    cookie(cookie)
        .header("Origin", "http://elsewhere.example")
        .delete("/session")
        .then()
        .statusCode(403);
    cookie(cookie).delete("/session").then().statusCode(403);
    cookie(cookie).get("/session").then().statusCode(200);
    cookie(cookie)
        .header("Origin", "http://localhost:" + RestAssured.port)
        .delete("/session")
        .then()
        .statusCode(204);
  }

  @Test
  void aChangeWithTheCookieIsJson() {
    cookie(signIn())
        .header("Sec-Fetch-Site", "same-origin")
        .contentType("text/plain")
        .body("{}")
        .post("/registries")
        .then()
        .statusCode(415);
  }

  @Test
  void theCookieOpensNothingOfTheRegistryProtocol() {
    String cookie = signIn();

    for (String path :
        new String[] {"/v2/", "/v2/_catalog", "/token?service=hatoba&scope=registry:catalog:*"}) {
      int status =
          RestAssured.given()
              .cookie("hatoba", cookie)
              .header("Sec-Fetch-Site", "same-origin")
              .get(path)
              .statusCode();
      if (path.startsWith("/token")) {
        assertThat(
                RestAssured.given()
                    .cookie("hatoba", cookie)
                    .get(path)
                    .jsonPath()
                    .getString("scope"))
            .isIn("", null);
      } else {
        assertThat(status).as(path).isEqualTo(401);
      }
    }
  }

  @Test
  void anAccessKeyBesideTheCookieDecides() {
    cookie(signIn())
        .auth()
        .preemptive()
        .basic("HKNOBODY", "wrong-secret")
        .get("/session")
        .then()
        .statusCode(401);
    as(TestServer.ADMIN_KEY, TestServer.ADMIN_SECRET)
        .cookie("hatoba", signIn())
        .get("/session")
        .then()
        .body("via", equalTo("key"));
  }

  @Test
  void aCookieThatIsNoneIsNobody() {
    for (String value : new String[] {"x", "A".repeat(43), "A".repeat(5000)}) {
      cookie(value).get("/session").then().statusCode(401);
    }
  }

  private static String signIn() {
    return anonymous()
        .body(LOGIN)
        .post("/session")
        .then()
        .statusCode(201)
        .extract()
        .cookie("hatoba");
  }

  private static RequestSpecification page(String cookie) {
    return cookie(cookie).header("Sec-Fetch-Site", "same-origin");
  }

  private static RequestSpecification cookie(String cookie) {
    return anonymous().cookie("hatoba", cookie);
  }
}
