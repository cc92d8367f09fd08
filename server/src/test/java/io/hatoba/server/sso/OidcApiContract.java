package io.hatoba.server.sso;

import static io.hatoba.server.rest.TestServer.anonymous;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import io.hatoba.server.database.Database;
import io.hatoba.server.identity.TestIssuer;
import io.hatoba.server.rest.TestServer;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The provider is a server on loopback that says what each test has it say, also what no real one
 * would. A real provider is in the acceptance tests.
 */
abstract class OidcApiContract {
  private static final RSAKey KEY = TestIssuer.rsa("provider-1");
  private static final String CALLBACK = "/session/oidc/callback";

  private final String subject = UUID.randomUUID().toString();
  private final String person = "kim-" + subject.substring(0, 8);
  private final AtomicReference<String> answer = new AtomicReference<>("{}");
  private final AtomicReference<Map<String, String>> form = new AtomicReference<>(Map.of());
  private final AtomicReference<String> authorization = new AtomicReference<>("");
  private TestIssuer provider;

  @Inject Database database;

  @BeforeEach
  void open() {
    provider = new TestIssuer(TestServer.outboundPorts().getLast());
    provider.publish(KEY);
    provider.describe("authorization_endpoint", provider.url() + "/auth?tenant=1");
    provider.describe("token_endpoint", provider.url() + "/token");
    provider.serve(
        "/token",
        http -> {
          form.set(
              fields(new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
          authorization.set(
              Optional.ofNullable(http.getRequestHeaders().getFirst("Authorization")).orElse(""));
          byte[] body = answer.get().getBytes(StandardCharsets.UTF_8);
          try (http) {
            http.sendResponseHeaders(200, body.length);
            http.getResponseBody().write(body);
          }
        });
  }

  @AfterEach
  void close() {
    provider.close();
  }

  @Test
  void theSignInPageIsToldOfIt() {
    anonymous()
        .get("/session/oidc")
        .then()
        .statusCode(200)
        .body("enabled", equalTo(true))
        .body("label", equalTo("Single sign-on"));
  }

  @Test
  void aBrowserIsSentToTheProviderWithAllThatProtectsTheWay() throws Exception {
    Begun begun = begin("/registries?q=a");
    assertThat(begun.location()).startsWith(provider.url() + "/auth?tenant=1&");
    assertThat(begun.query())
        .containsEntry("response_type", "code")
        .containsEntry("client_id", "hatoba-test")
        .containsEntry("scope", "openid profile email")
        .containsEntry("code_challenge_method", "S256")
        .containsKeys("state", "nonce", "code_challenge");
    assertThat(begun.query().get("redirect_uri")).endsWith("/api/v1/session/oidc/callback");
    assertThat(begun.setCookie())
        .contains("; HttpOnly")
        .contains("; SameSite=Lax")
        .contains("; Max-Age=600");

    assertThat(finish(begun, claims -> {}).getHeader("Location")).isEqualTo("/registries?q=a");

    assertThat(form.get())
        .containsEntry("grant_type", "authorization_code")
        .containsEntry("code", "the code")
        .containsEntry("redirect_uri", begun.query().get("redirect_uri"))
        .doesNotContainKey("client_secret");
    assertThat(challenge(form.get().getOrDefault("code_verifier", "")))
        .isEqualTo(begun.query().get("code_challenge"));
    assertThat(
            new String(
                Base64.getDecoder().decode(authorization.get().substring("Basic ".length())),
                StandardCharsets.UTF_8))
        .isEqualTo("hatoba-test:a+client%27s+secret%3A+100%25+%26%2B");
  }

  @Test
  void theFirstSignInMakesAnAccountAndASession() {
    Response answer = finish(begin("/"), claims -> {});
    assertThat(answer.statusCode()).isEqualTo(302);
    assertThat(answer.getHeader("Referrer-Policy")).isEqualTo("no-referrer");
    anonymous()
        .cookie("hatoba", answer.getCookie("hatoba"))
        .get("/session")
        .then()
        .statusCode(200)
        .body("account", equalTo(person))
        .body("email", equalTo(person + "@example.com"))
        .body("via", equalTo("session"));
    assertThat(answer.getDetailedCookie("hatoba-sign-in").getMaxAge()).isZero();
    assertThat(groups()).containsExactly("dev", "ops");
  }

  @Test
  void theNextSignInFindsTheAccountAndReplacesItsGroups() {
    finish(begin("/"), claims -> {});
    Response answer =
        finish(
            begin("/"),
            claims ->
                claims
                    .claim("preferred_username", "renamed")
                    .claim("groups", List.of("ops", "qa")));
    whoIs(answer, person);
    assertThat(groups()).containsExactly("ops", "qa");
    finish(begin("/"), claims -> claims.claim("groups", null));
    assertThat(groups()).isEmpty();
  }

  @Test
  void anAccountOfTheSameNameIsNotTakenOver() {
    whoIs(
        finish(begin("/"), claims -> claims.claim("preferred_username", "admin")), "admin-", true);
  }

  @Test
  void aNameIsMadeFit() {
    whoIs(
        finish(
            begin("/"),
            claims ->
                claims.claim("preferred_username", "Élodie O'Neil " + subject + "@x.example")),
        "elodie-o-neil-" + subject);
  }

  @Test
  void aCallbackIsGoodOnce() {
    Begun begun = begin("/");
    assertSignedIn(finish(begun, claims -> {}));
    assertRefused(finish(begun, claims -> {}), "expired");
  }

  @Test
  void aCallbackInAnotherBrowserIsRefusedAndUsedUp() {
    Begun begun = begin("/");
    Begun other = begin("/");
    answer.set(tokens(begun, claims -> {}));
    assertRefused(callback(begun.state(), Optional.of(other.cookie())), "expired");
    assertRefused(callback(begun.state(), Optional.of(begun.cookie())), "expired");
    assertRefused(callback(other.state(), Optional.empty()), "expired");
  }

  @Test
  void aStateThatNobodyBeganIsRefused() {
    Begun begun = begin("/");
    assertRefused(callback("x".repeat(43), Optional.of(begun.cookie())), "expired");
    assertRefused(callback("", Optional.of(begun.cookie())), "expired");
    assertRefused(callback(begun.state() + "x", Optional.of(begun.cookie())), "expired");
    assertRefused(anonymous().redirects().follow(false).get(CALLBACK), "expired");
  }

  @Test
  void aSignInThatTookTooLongIsRefused() {
    Begun begun = begin("/");
    database.write(handle -> handle.execute("UPDATE oidc_sign_in SET expires_at = 1"));
    assertRefused(finish(begun, claims -> {}), "expired");
  }

  @Test
  void aTokenThatIsNotToBeBelievedSignsNobodyIn() {
    assertRefused(finish(begin("/"), claims -> claims.claim("nonce", "other")), "provider");
    assertRefused(finish(begin("/"), claims -> claims.audience("other")), "provider");
    assertRefused(finish(begin("/"), claims -> claims.issuer("https://example.com")), "provider");
    assertRefused(
        finish(begin("/"), claims -> claims.expirationTime(Date.from(Instant.EPOCH))), "provider");
    Begun begun = begin("/");
    String unsigned = TestIssuer.unsigned(claims(begun).build());
    answer.set("{\"id_token\":\"%s\"}".formatted(unsigned));
    assertRefused(callback(begun.state(), Optional.of(begun.cookie())), "provider");
    begun = begin("/");
    answer.set(
        "{\"id_token\":\"%s\"}"
            .formatted(TestIssuer.sign(TestIssuer.rsa("provider-1"), claims(begun).build())));
    assertRefused(callback(begun.state(), Optional.of(begun.cookie())), "provider");
  }

  @Test
  void anAnswerWithoutATokenSignsNobodyIn() {
    for (String nothing : List.of("{}", "[]", "", "{\"id_token\":7}", "{\"id_token\":\"x\"}")) {
      Begun begun = begin("/");
      answer.set(nothing);
      assertRefused(callback(begun.state(), Optional.of(begun.cookie())), "provider");
    }
  }

  @Test
  void whoSaysNoAtTheProviderComesBackToTheSignInPage() {
    Begun begun = begin("/");
    assertRefused(
        anonymous()
            .redirects()
            .follow(false)
            .cookie("hatoba-sign-in", begun.cookie())
            .queryParam("state", begun.state())
            .queryParam("error", "access_denied")
            .queryParam("error_description", "no")
            .get(CALLBACK),
        "cancelled");
  }

  @Test
  void anotherProviderCannotFinishASignIn() {
    Begun begun = begin("/");
    answer.set(tokens(begun, claims -> {}));
    assertRefused(
        anonymous()
            .redirects()
            .follow(false)
            .cookie("hatoba-sign-in", begun.cookie())
            .queryParam("state", begun.state())
            .queryParam("code", "the code")
            .queryParam("iss", "https://evil.example.com")
            .get(CALLBACK),
        "provider");
  }

  @Test
  void aProviderThatIsDownIsToldFromOneThatRefuses() {
    Begun begun = begin("/");
    provider.close();
    assertRefused(callback(begun.state(), Optional.of(begun.cookie())), "unavailable");
  }

  @Test
  void aDisabledAccountIsNotLetIn() {
    finish(begin("/"), claims -> {});
    database.write(
        handle -> handle.execute("UPDATE account SET enabled = FALSE WHERE name = ?", person));
    assertRefused(finish(begin("/"), claims -> {}), "disabled");
  }

  @Test
  void nobodyIsSentToAnotherSiteAfterwards() {
    for (String elsewhere :
        List.of(
            "https://evil.example.com/",
            "//evil.example.com",
            "/\\evil.example.com",
            "evil",
            "/\t/evil.example.com",
            "javascript:alert(1)",
            "/" + "x".repeat(2000))) {
      anonymous()
          .redirects()
          .follow(false)
          .queryParam("returnTo", elsewhere)
          .get("/session/oidc/start")
          .then()
          .statusCode(400)
          .body("code", equalTo("REQUEST_INVALID"));
    }
  }

  private static void assertSignedIn(Response answer) {
    assertThat(answer.getCookie("hatoba")).isNotBlank();
  }

  private static void assertRefused(Response answer, String code) {
    assertThat(answer.statusCode()).isEqualTo(302);
    assertThat(answer.getHeader("Location")).isEqualTo("/?signInError=" + code);
    assertThat(answer.getCookie("hatoba")).isNull();
  }

  private static void whoIs(Response answer, String account) {
    whoIs(answer, account, false);
  }

  private static void whoIs(Response answer, String account, boolean withSuffix) {
    String found =
        anonymous()
            .cookie("hatoba", answer.getCookie("hatoba"))
            .get("/session")
            .then()
            .statusCode(200)
            .extract()
            .jsonPath()
            .getString("account");
    if (withSuffix) {
      assertThat(found).startsWith(account).matches(".*-[0-9]+");
    } else {
      assertThat(found).isEqualTo(account);
    }
  }

  private List<String> groups() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT g.name FROM account_group g JOIN account a ON a.id = g.account_id"
                        + " WHERE a.name = :name ORDER BY g.name LIMIT 10")
                .bind("name", person)
                .mapTo(String.class)
                .list());
  }

  private static Begun begin(String returnTo) {
    Response answer =
        anonymous()
            .redirects()
            .follow(false)
            .queryParam("returnTo", returnTo)
            .get("/session/oidc/start");
    assertThat(answer.statusCode()).isEqualTo(302);
    String location = answer.getHeader("Location");
    return new Begun(
        location,
        fields(URI.create(location).getRawQuery()),
        answer.getHeader("Set-Cookie"),
        answer.getCookie("hatoba-sign-in"));
  }

  /** Comes back from the provider, which then says what it says by default, changed. */
  private Response finish(Begun begun, Consumer<JWTClaimsSet.Builder> change) {
    answer.set(tokens(begun, change));
    return callback(begun.state(), Optional.of(begun.cookie()));
  }

  private static Response callback(String state, Optional<String> cookie) {
    var request = anonymous().redirects().follow(false);
    cookie.ifPresent(value -> request.cookie("hatoba-sign-in", value));
    return request
        .queryParam("state", state)
        .queryParam("code", "the code")
        .queryParam("session_state", "what a provider adds")
        .get(CALLBACK);
  }

  private String tokens(Begun begun, Consumer<JWTClaimsSet.Builder> change) {
    JWTClaimsSet.Builder claims = claims(begun);
    change.accept(claims);
    return "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}"
        .formatted(TestIssuer.sign(KEY, claims.build()));
  }

  private JWTClaimsSet.Builder claims(Begun begun) {
    return new JWTClaimsSet.Builder()
        .issuer(provider.url())
        .subject(subject)
        .audience("hatoba-test")
        .issueTime(Date.from(Instant.now()))
        .expirationTime(Date.from(Instant.now().plusSeconds(300)))
        .claim("nonce", begun.query().get("nonce"))
        .claim("preferred_username", person)
        .claim("email", person + "@example.com")
        .claim("groups", List.of("ops", "dev", "dev", " ", "x".repeat(201)));
  }

  private static String challenge(String verifier) throws Exception {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            MessageDigest.getInstance("SHA-256")
                .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
  }

  private static Map<String, String> fields(String text) {
    return Arrays.stream(text.split("&", -1))
        .map(field -> field.split("=", 2))
        .collect(
            Collectors.toMap(
                field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
  }

  private record Begun(
      String location, Map<String, String> query, String setCookie, String cookie) {
    String state() {
      return query.getOrDefault("state", "");
    }
  }
}
