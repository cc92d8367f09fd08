package io.hatoba.server.federation;

import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static io.hatoba.server.rest.TestServer.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.identity.TestIssuer;
import io.hatoba.server.rest.TestServer;
import io.restassured.RestAssured;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An issuer with real keys on loopback stands for GitHub and GitLab. */
abstract class FederationApiContract {
  private static final String AUDIENCE = "https://registry.example.com";

  // The server fetches keys once a minute at most, so all tests have the same.
  private static final RSAKey RSA = TestIssuer.rsa("rsa-1");
  private static final ECKey EC = TestIssuer.ec("ec-1");

  private final String robot = "ci-" + UUID.randomUUID();
  private final String name = "issuer-" + UUID.randomUUID();
  private TestIssuer issuer;
  private String id;

  @Inject Database database;
  @Inject Ids ids;

  @BeforeEach
  void trust() {
    issuer = new TestIssuer(TestServer.outboundPorts().getFirst());
    issuer.publish(RSA, EC);
    database.write(
        handle ->
            handle.execute(
                "INSERT INTO account (id, name, principal, enabled, created_at) VALUES (?, ?, ?, TRUE, 0)",
                ids.next(),
                "robot$" + robot,
                "robot:" + robot));
    id =
        admin()
            .body(settings())
            .post("/federation/issuers")
            .then()
            .statusCode(201)
            .header("Location", startsWith("/api/v1/federation/issuers/"))
            .extract()
            .jsonPath()
            .getString("id");
  }

  @AfterEach
  void forget() {
    admin().delete("/federation/issuers/" + id).then().statusCode(204);
    issuer.close();
  }

  @Test
  void aGoodTokenGetsAKeyThatWorksForMinutes() {
    for (JWK key : List.<JWK>of(RSA, EC)) {
      var given =
          exchange(token(key, claims -> {}))
              .statusCode(200)
              .body("id", matchesPattern("[A-Z0-9]{20}"))
              .body("serviceAccount", equalTo("robot$" + robot))
              .extract()
              .jsonPath();
      assertThat(Instant.parse(given.getString("expiresAt")))
          .isBetween(Instant.now().plusSeconds(540), Instant.now().plusSeconds(600));
      as(given.getString("id"), given.getString("secret"))
          .get("/session")
          .then()
          .statusCode(200)
          .body("principal", equalTo("robot:" + robot));
      RestAssured.given()
          .auth()
          .preemptive()
          .basic(given.getString("id"), given.getString("secret"))
          .get("/v2/")
          .then()
          .statusCode(200);
    }
  }

  @Test
  void theKeyIsNarrowedToTheScopesOfTheRule() {
    String scopes =
        exchange(token(EC, claims -> {})).statusCode(200).extract().jsonPath().getString("id");
    assertThat(
            database.<String>read(
                handle ->
                    handle
                        .createQuery("SELECT scopes FROM access_key WHERE id = :id")
                        .bind("id", scopes)
                        .mapTo(String.class)
                        .one()))
        .contains("artifact:push")
        .contains("acme/**");
  }

  @Test
  void aTokenIsGoodOnce() {
    String token = token(EC, claims -> claims.jwtID("job-1-" + robot));
    exchange(token).statusCode(200);
    exchange(token).statusCode(401).body("detail", containsString("used before"));
    String sameId = token(RSA, claims -> claims.jwtID("job-1-" + robot));
    exchange(sameId).statusCode(401).body("detail", containsString("used before"));
  }

  @Test
  void aTokenWithoutAnIdIsGoodOnceTooWhateverItsSignature() {
    String token = token(EC, claims -> claims.jwtID(null));
    exchange(token).statusCode(200);
    exchange(token).statusCode(401);
  }

  @Test
  void aTokenThatIsNotForUsIsRefused() {
    exchange(token(EC, claims -> claims.audience("sts.amazonaws.com")))
        .statusCode(401)
        .body("code", equalTo("UNAUTHORIZED"))
        .body("detail", containsString("not for the audience " + AUDIENCE));
    exchange(token(EC, claims -> claims.audience(List.of(AUDIENCE, "other"))))
        .statusCode(401)
        .body("detail", containsString("more audiences"));
  }

  @Test
  void aTokenOfAnotherIssuerIsRefused() {
    exchange(token(EC, claims -> claims.issuer("https://token.actions.githubusercontent.com")))
        .statusCode(401)
        .body("detail", containsString("not trusted here"));
  }

  @Test
  void aTokenThatHasExpiredIsRefused() {
    exchange(token(EC, claims -> claims.expirationTime(in(-60))))
        .statusCode(401)
        .body("detail", containsString("has expired"));
  }

  @Test
  void aTokenWithoutAGoodSignatureIsRefused() {
    exchange(TestIssuer.unsigned(claims().build())).statusCode(401);
    exchange(TestIssuer.hmacWithPublicKey(RSA, claims().build()))
        .statusCode(401)
        .body("detail", containsString("algorithm"));
    exchange(token(TestIssuer.ec(EC.getKeyID()), claims -> {}))
        .statusCode(401)
        .body("detail", containsString("not signed with a key of its issuer"));
    exchange("nonsense").statusCode(401);
  }

  @Test
  void anIssuerThatIsDownIsToldFromABadToken() {
    TestIssuer other = new TestIssuer(TestServer.outboundPorts().get(1));
    String url = other.url();
    other.close();
    String down =
        admin()
            .body(settings(url, "down-" + robot))
            .post("/federation/issuers")
            .then()
            .statusCode(201)
            .extract()
            .jsonPath()
            .getString("id");
    exchange(token(EC, claims -> claims.issuer(url)))
        .statusCode(503)
        .header("Retry-After", matchesPattern("[0-9]+"))
        .body("code", equalTo("UNAVAILABLE"));
    admin().delete("/federation/issuers/" + down).then().statusCode(204);
  }

  @Test
  void aRefusalNamesTheClosestRuleAndNoneOfThePatterns() {
    exchange(token(EC, claims -> claims.claim("ref", "refs/heads/dev")))
        .statusCode(403)
        .body("code", equalTo("DENIED"))
        .body("detail", containsString("rule 1"))
        .body("detail", containsString("the claim ref: it is 'refs/heads/dev'"))
        .body("detail", not(containsString("refs/heads/main")));
    exchange(token(EC, claims -> claims.claim("ref", null)))
        .statusCode(403)
        .body("detail", containsString("missing in the token"));
    exchange(token(EC, claims -> claims.claim("repository", "acme/deep/app")))
        .statusCode(403)
        .body("detail", containsString("the claim repository"));
  }

  @Test
  void aRefusedTokenIsNotUsedUp() {
    String token =
        token(EC, claims -> claims.claim("ref", "refs/tags/v1").claim("repository", "acme/app"));
    exchange(token).statusCode(403);
    patch(Map.of("rules", List.of(rule("refs/tags/*")))).statusCode(200);
    exchange(token).statusCode(200);
  }

  @Test
  void aServiceAccountThatIsDisabledGetsNoKey() {
    database.write(
        handle ->
            handle.execute("UPDATE account SET enabled = FALSE WHERE name = ?", "robot$" + robot));
    exchange(token(EC, claims -> {})).statusCode(403).body("detail", containsString("disabled"));
    database.write(
        handle -> handle.execute("DELETE FROM account WHERE name = ?", "robot$" + robot));
    exchange(token(EC, claims -> {}))
        .statusCode(403)
        .body("detail", containsString("no service account"));
  }

  @Test
  void keysInTheRulesOfAnIssuerAreChecked() {
    admin()
        .body(
            Map.of(
                "name", "No",
                "issuer", "http://keys.example.com",
                "audience", "",
                "jwksUri", "https://[",
                "rules",
                    List.of(
                        Map.of(
                            "claims",
                            Map.of("ref", "{"),
                            "serviceAccount",
                            "Not a name",
                            "keyLifetimeSeconds",
                            3601))))
        .post("/federation/issuers")
        .then()
        .statusCode(422)
        .body("errors.field", hasItem("/name"))
        .body("errors.field", hasItem("/issuer"))
        .body("errors.field", hasItem("/audience"))
        .body("errors.field", hasItem("/jwksUri"))
        .body("errors.field", hasItem("/rules/0/claims/ref"))
        .body("errors.field", hasItem("/rules/0/serviceAccount"))
        .body("errors.field", hasItem("/rules/0/keyLifetimeSeconds"));
    admin().post("/federation/issuers").then().statusCode(422);
  }

  @Test
  void aRuleNamesAServiceAccountThatIsThere() {
    patch(Map.of("rules", List.of(Map.of("claims", Map.of("a", "b"), "serviceAccount", "nobody"))))
        .statusCode(422)
        .body("errors.field", hasItem("/rules/0/serviceAccount"));
  }

  @Test
  void nobodyArrangesForMoreThanHeMayHimself() {
    String role = "federation-" + UUID.randomUUID();
    admin()
        .body(Map.of("name", role, "permissions", List.of("federation:read", "federation:write")))
        .post("/roles")
        .then()
        .statusCode(201);
    give("robot:" + robot, role);
    patch(
            Map.of(
                "rules",
                List.of(Map.of("claims", Map.of("repository", "acme/*"), "serviceAccount", robot))))
        .statusCode(200);
    var key = exchange(token(EC, claims -> {})).statusCode(200).extract().jsonPath();
    String mighty = "mighty-" + UUID.randomUUID();
    admin().body(Map.of("name", mighty)).post("/service-accounts").then().statusCode(201);
    give("robot:" + mighty, "service-viewer");
    as(key.getString("id"), key.getString("secret"))
        .header("If-Match", "*")
        .body(
            Map.of(
                "rules",
                List.of(
                    Map.of("claims", Map.of("repository", "acme/*"), "serviceAccount", mighty))))
        .patch("/federation/issuers/" + id)
        .then()
        .statusCode(403)
        .body("code", equalTo("DENIED"))
        .body("detail", containsString("service-viewer"));
    as(key.getString("id"), key.getString("secret"))
        .header("If-Match", "*")
        .body(Map.of("audience", AUDIENCE))
        .patch("/federation/issuers/" + id)
        .then()
        .statusCode(200);
  }

  private static void give(String principal, String role) {
    admin()
        .body(Map.of("principal", principal, "role", role))
        .post("/grants")
        .then()
        .statusCode(201);
  }

  @Test
  void aRuleForAnIssuerOfEverybodyMustSayWhoseJobsItMeans() {
    Map<String, Object> open =
        Map.of(
            "name",
            "github-" + robot,
            "issuer",
            "https://token.actions.githubusercontent.com",
            "audience",
            AUDIENCE,
            "rules",
            List.of(
                Map.of(
                    "claims",
                    Map.of("ref", "refs/heads/main", "repository", "*/app"),
                    "serviceAccount",
                    robot)));
    admin()
        .body(open)
        .post("/federation/issuers")
        .then()
        .statusCode(422)
        .body("errors.field", hasItem("/rules/0/claims"));
  }

  @Test
  void anAddressInsideIsNotTaken() {
    admin()
        .body(settings("https://127.0.0.1:1", "inside-" + robot))
        .post("/federation/issuers")
        .then()
        .statusCode(422)
        .body("errors[0].message", containsString("hatoba.outbound.allowed-ports"));
  }

  @Test
  void aNameOrAddressIsThereOnce() {
    admin().body(settings()).post("/federation/issuers").then().statusCode(409);
  }

  @Test
  void aChangeNeedsTheStateThatWasSeen() {
    admin()
        .body(Map.of("audience", "other"))
        .patch("/federation/issuers/" + id)
        .then()
        .statusCode(428);
    admin()
        .header("If-Match", "\"0123\"")
        .body(Map.of("audience", "other"))
        .patch("/federation/issuers/" + id)
        .then()
        .statusCode(412);
    patch(Map.of("audience", "other")).statusCode(200).body("audience", equalTo("other"));
    patch(Map.of("issuer", "https://example.com")).statusCode(400);
    exchange(token(EC, claims -> {})).statusCode(401);
    exchange(token(EC, claims -> claims.audience("other"))).statusCode(200);
  }

  @Test
  void keysAtAnotherAddressAreUsed() {
    patch(Map.of("jwksUri", issuer.url() + "/other-keys")).statusCode(200);
    ECKey other = TestIssuer.ec("elsewhere-" + robot);
    issuer.serve(
        "/other-keys",
        http -> {
          byte[] body = new JWKSet(other).toString().getBytes(StandardCharsets.UTF_8);
          try (http) {
            http.sendResponseHeaders(200, body.length);
            http.getResponseBody().write(body);
          }
        });
    exchange(token(other, claims -> {})).statusCode(200);
    exchange(token(EC, claims -> {})).statusCode(401);
  }

  @Test
  void issuersAreListedByName() {
    admin()
        .queryParam("limit", 1000)
        .get("/federation/issuers")
        .then()
        .statusCode(200)
        .body("items.name", hasItem(name));
    admin().queryParam("limit", 1).get("/federation/issuers").then().body("items", hasSize(1));
    admin()
        .get("/federation/issuers/" + id)
        .then()
        .statusCode(200)
        .body("rules[0].claims.repository", equalTo("acme/*"))
        .body("rules[0].keyLifetimeSeconds", equalTo(600));
    admin().get("/federation/issuers/1").then().statusCode(404);
    admin().get("/federation/issuers/x").then().statusCode(404);
    anonymous().get("/federation/issuers").then().statusCode(401);
  }

  @Test
  void whoMayNotManageFederationDoesNotSeeIt() {
    var given = exchange(token(EC, claims -> {})).statusCode(200).extract().jsonPath();
    as(given.getString("id"), given.getString("secret"))
        .get("/federation/issuers")
        .then()
        .statusCode(403)
        .body("detail", containsString("federation:read"));
  }

  private Map<String, Object> settings() {
    return settings(issuer.url(), name);
  }

  private Map<String, Object> settings(String url, String called) {
    return Map.of(
        "name", called,
        "issuer", url,
        "audience", AUDIENCE,
        "rules", List.of(rule("refs/heads/main")));
  }

  private Map<String, Object> rule(String ref) {
    return Map.of(
        "claims",
        Map.of("repository", "acme/*", "ref", ref),
        "serviceAccount",
        robot,
        "scopes",
        List.of(Map.of("images", "acme/**", "actions", List.of("artifact:push", "artifact:pull"))),
        "keyLifetimeSeconds",
        600);
  }

  private ValidatableResponse patch(Map<String, Object> changes) {
    String tag = admin().get("/federation/issuers/" + id).then().extract().header("ETag");
    return admin().header("If-Match", tag).body(changes).patch("/federation/issuers/" + id).then();
  }

  private static ValidatableResponse exchange(String token) {
    return anonymous().body(Map.of("token", token)).post("/federation/token").then();
  }

  private String token(JWK key, Consumer<JWTClaimsSet.Builder> change) {
    JWTClaimsSet.Builder claims = claims();
    change.accept(claims);
    return TestIssuer.sign(key, claims.build());
  }

  private JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer(issuer.url())
        .subject("repo:acme/app:ref:refs/heads/main")
        .audience(AUDIENCE)
        .jwtID(UUID.randomUUID().toString())
        .issueTime(in(-5))
        .notBeforeTime(in(-5))
        .expirationTime(in(300))
        .claim("repository", "acme/app")
        .claim("ref", "refs/heads/main");
  }

  private static Date in(int seconds) {
    return Date.from(Instant.now().plusSeconds(seconds));
  }
}
