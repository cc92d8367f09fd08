package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.hatoba.server.account.Role;
import io.hatoba.server.registry.Registry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class TokenRoutesTest {
  private static final String FORM = "application/x-www-form-urlencoded";

  @TempDir Path dir;

  private final TestDatabaseKind kind;
  private final SettableClock clock = new SettableClock();
  private AuthNode node;
  private AuthNode.Login member;
  private Vertx vertx;
  private HttpServer server;
  private HttpClient http;

  TokenRoutesTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void start() {
    node = new AuthNode(kind.open(dir), clock, TestAuthConfig.DEFAULTS);
    Registry team = node.registry("team", false);
    node.registry("open", true);
    member = node.login("kim", Role.PROJECT_MEMBER, Optional.of(team));
    vertx = Vertx.vertx();
    Router router = Router.router(vertx);
    node.routes.register(router);
    server =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    http = HttpClient.newHttpClient();
  }

  @AfterEach
  void stop() {
    http.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    node.close();
  }

  @Test
  void getGivesATokenForWhatIsAskedAndAllowed() throws Exception {
    HttpResponse<String> response =
        get(
            "?service=hatoba&account=x&client_id=docker&offline_token=true"
                + "&scope=repository:team/app:pull,push&scope=repository:gone/app:pull",
            member.basic());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(response.headers().firstValue("Cache-Control")).contains("no-store");
    JsonObject json = new JsonObject(response.body());
    assertThat(json.getString("token")).isEqualTo(json.getString("access_token"));
    assertThat(json.getInteger("expires_in")).isEqualTo(900);
    assertThat(json.getString("issued_at")).isEqualTo("2026-11-24T07:00:00Z");
    assertThat(json.getString("scope")).isEqualTo("repository:team/app:pull,push");
    assertThat(json.containsKey("refresh_token")).isFalse();
    JWTClaimsSet claims = claims(response);
    assertThat(claims.getIssuer()).isEqualTo("hatoba");
    assertThat(claims.getAudience()).containsExactly("hatoba");
    assertThat(claims.getSubject()).isEqualTo("account:kim");
    assertThat(claims.getJWTID()).isNotEmpty();
    assertThat(claims.getIssueTime().toInstant()).isEqualTo(clock.instant());
    assertThat(claims.getNotBeforeTime().toInstant()) // distribution PR#1686
        .isEqualTo(clock.instant().minusSeconds(60));
    assertThat(claims.getExpirationTime().toInstant()).isEqualTo(clock.instant().plusSeconds(900));
    assertThat(claims.getClaim("access"))
        .isEqualTo(
            List.of(
                Map.of(
                    "type", "repository",
                    "name", "team/app",
                    "actions", List.of("pull", "push"))));
  }

  @Test
  void postGivesTheSame() throws Exception { // helm#30970
    HttpResponse<String> response =
        post(
            Map.of(
                "grant_type", "password",
                "service", "hatoba",
                "client_id", "helm",
                "access_type", "offline",
                "scope", "repository:team/app:pull repository:team/b:push",
                "username", member.keyId(),
                "password", member.secret().reveal()));

    assertThat(response.statusCode()).isEqualTo(200);
    JsonObject json = new JsonObject(response.body());
    assertThat(json.getString("token")).isEqualTo(json.getString("access_token"));
    assertThat(json.getInteger("expires_in")).isEqualTo(900);
    assertThat(json.getString("scope"))
        .isEqualTo("repository:team/app:pull repository:team/b:push");
  }

  @Test
  void scopesMayBeRepeatedOrSeparatedBySpaces() throws Exception { // helm#6214
    String repeated = "?scope=repository:team/a:pull&scope=repository:team/b:pull,push";
    String joined = "?scope=repository:team/a:pull+repository:team/b:pull,push";
    String escaped = "?scope=repository%3Ateam%2Fa%3Apull%20repository%3Ateam%2Fb%3Apull%2Cpush";

    Object expected = claims(get(repeated, member.basic())).getClaim("access");

    assertThat((List<?>) expected).hasSize(2);
    assertThat(claims(get(joined, member.basic())).getClaim("access")).isEqualTo(expected);
    assertThat(claims(get(escaped, member.basic())).getClaim("access")).isEqualTo(expected);
  }

  @Test
  void aStarIsAllThatIsAllowedAndOneNameGetsOneEntry() throws Exception {
    HttpResponse<String> response =
        get("?scope=repository:team/app:pull&scope=repository:team/app:*", member.basic());

    assertThat(new JsonObject(response.body()).getString("scope"))
        .isEqualTo("repository:team/app:pull,push,delete");
  }

  @Test
  void aLoginAsksForNoScope() throws Exception { // helm#30883
    HttpResponse<String> good = get("?service=hatoba", member.basic());
    HttpResponse<String> bad =
        get("?service=hatoba", Optional.of(AuthNode.Login.basic(member.keyId(), "wrong")));

    assertThat(good.statusCode()).isEqualTo(200);
    assertThat((List<?>) claims(good).getClaim("access")).isEmpty();
    assertThat(bad.statusCode()).isEqualTo(401);
    assertThat(bad.headers().firstValue("WWW-Authenticate"))
        .contains("Basic realm=\"hatoba\",charset=\"UTF-8\"");
    assertThat(error(bad).getString("code")).isEqualTo("UNAUTHORIZED");
    assertThat(error(bad).getString("message")).contains("wrong");
  }

  @Test
  void wrongSecretsEndIn429() throws Exception {
    Optional<String> wrong = Optional.of(AuthNode.Login.basic(member.keyId(), "wrong"));
    for (int i = 0; i < 5; i++) {
      assertThat(get("", wrong).statusCode()).isEqualTo(401);
    }

    HttpResponse<String> response = get("", wrong);

    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(response.headers().firstValue("Retry-After")).contains("1");
    assertThat(error(response).getString("code")).isEqualTo("TOOMANYREQUESTS");
  }

  @Test
  void whoShowsNothingGetsATokenForWhatEveryoneMay() throws Exception {
    HttpResponse<String> response =
        get(
            "?scope=repository:open/app:pull,push&scope=repository:team/app:pull"
                + "&scope=registry:catalog:*",
            Optional.empty());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(claims(response).getSubject()).isEqualTo("anonymous");
    assertThat(new JsonObject(response.body()).getString("scope"))
        .isEqualTo("repository:open/app:pull");
  }

  @Test
  void theCatalogIsForWhoHasARole() throws Exception {
    assertThat(
            new JsonObject(get("?scope=registry:catalog:*", member.basic()).body())
                .getString("scope"))
        .isEqualTo("registry:catalog:*");
  }

  @Test
  void brokenAndUnknownScopesGiveNothing() throws Exception {
    String query =
        Stream.of(
                "x",
                "repository:",
                "repository::pull",
                "plugin:team/app:pull",
                "repository:Team/App:pull",
                "repository:host:5000/team/app:pull",
                ":::",
                "")
            .map(scope -> "scope=" + URLEncoder.encode(scope, StandardCharsets.UTF_8))
            .collect(Collectors.joining("&", "?", ""));

    HttpResponse<String> response = get(query, member.basic());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat((List<?>) claims(response).getClaim("access")).isEmpty();
  }

  @Test
  void theTokenStaysSmallHoweverMuchIsAsked() throws Exception {
    String scopes =
        IntStream.range(0, 100)
            .mapToObj(i -> "repository:team/" + "n".repeat(200) + i + ":pull")
            .collect(Collectors.joining(" "));

    HttpResponse<String> response =
        post(
            Map.of(
                "grant_type",
                "password",
                "scope",
                scopes,
                "username",
                member.keyId(),
                "password",
                member.secret().reveal()));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(new JsonObject(response.body()).getString("token").length()).isLessThan(8000);
    assertThat(response.body().length()).isLessThan(64 * 1024);
  }

  @Test
  void moreScopesThanAllowedAreRefused() throws Exception {
    String scopes =
        IntStream.range(0, 101)
            .mapToObj(i -> "repository:team/a" + i + ":pull")
            .collect(Collectors.joining("+"));

    assertThat(get("?scope=" + scopes, member.basic()).statusCode()).isEqualTo(400);
    assertThat(get("?scope=" + "x".repeat(513), member.basic()).statusCode()).isEqualTo(400);
  }

  @Test
  void anotherServiceIsRefused() throws Exception {
    assertThat(get("?service=other", member.basic()).statusCode()).isEqualTo(400);
  }

  @Test
  void aHeaderThatIsNotBasicIsRefused() throws Exception {
    assertThat(get("", Optional.of("Bearer x")).statusCode()).isEqualTo(401);
    assertThat(get("", Optional.of("Basic !")).statusCode()).isEqualTo(401);
  }

  @Test
  void otherGrantsAreRefusedInBothForms() throws Exception {
    HttpResponse<String> refresh =
        post(Map.of("grant_type", "refresh_token", "refresh_token", "x", "service", "hatoba"));
    HttpResponse<String> unknown = post(Map.of("grant_type", "client_credentials"));
    HttpResponse<String> none = post(Map.of("username", "x"));

    assertThat(refresh.statusCode()).isEqualTo(401);
    assertThat(new JsonObject(refresh.body()).getString("error")).isEqualTo("invalid_grant");
    assertThat(error(refresh).getString("code")).isEqualTo("UNAUTHORIZED");
    assertThat(unknown.statusCode()).isEqualTo(400);
    assertThat(new JsonObject(unknown.body()).getString("error"))
        .isEqualTo("unsupported_grant_type");
    assertThat(none.statusCode()).isEqualTo(400);
  }

  @Test
  void bodiesThatAreNoFormOrTooLongAreRefused() throws Exception {
    assertThat(post("application/json", "{}").statusCode()).isEqualTo(400);
    assertThat(post(FORM, "a=" + "x".repeat(64 * 1024)).statusCode()).isEqualTo(413);
    assertThat(post(FORM, "grant_type=%zz").statusCode()).isEqualTo(400);
    assertThat(post(FORM, "grant_type=password&username=%00&password=x").statusCode())
        .isEqualTo(401);
    assertThat(get("", member.basic()).statusCode()).isEqualTo(200);
  }

  @Test
  void otherMethodsAreRefused() throws Exception {
    HttpResponse<String> response =
        http.send(
            HttpRequest.newBuilder(uri("")).DELETE().build(), HttpResponse.BodyHandlers.ofString());

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).contains("GET, POST");
  }

  @Test
  void theTokenIsTheOneThatTheRegistryTakes() throws Exception {
    String token =
        new JsonObject(get("?scope=repository:team/app:pull", member.basic()).body())
            .getString("token");

    Caller caller = node.authenticator.authenticate(Optional.of("Bearer " + token), "192.0.2.7");

    assertThat(caller.actor().via()).isEqualTo(member.keyId());
  }

  @Test
  void aUseIsNotedWithTheMomentAndTheAddress() throws Exception {
    get("", member.basic());
    node.lastUses.write();

    var used = node.keys.list(member.account().id()).getFirst().lastUsed().orElseThrow();

    assertThat(used.at()).isEqualTo(Instant.parse("2026-11-24T07:00:00Z"));
    assertThat(used.address()).isEqualTo("127.0.0.1");
  }

  private HttpResponse<String> get(String query, Optional<String> authorization) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(query));
    authorization.ifPresent(header -> request.header("Authorization", header));
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(Map<String, String> form) throws Exception {
    return post(
        FORM,
        form.entrySet().stream()
            .map(
                field ->
                    field.getKey()
                        + "="
                        + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&")));
  }

  private HttpResponse<String> post(String type, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(""))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String query) {
    return URI.create("http://127.0.0.1:" + server.actualPort() + "/token" + query);
  }

  private static JWTClaimsSet claims(HttpResponse<String> response) throws Exception {
    return SignedJWT.parse(new JsonObject(response.body()).getString("token")).getJWTClaimsSet();
  }

  private static JsonObject error(HttpResponse<String> response) {
    return new JsonObject(response.body()).getJsonArray("errors").getJsonObject(0);
  }
}
