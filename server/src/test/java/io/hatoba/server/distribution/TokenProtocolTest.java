package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.RegistryFixture.header;
import static io.hatoba.server.distribution.RegistryFixture.text;
import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static io.hatoba.server.distribution.UploadProtocolTest.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.server.account.Role;
import io.hatoba.server.auth.SettableClock;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens in the hands of clients: too short, too narrow, and by a clock that is wrong. */
class TokenProtocolTest {
  private static final String PUSH = "repository:team/app:pull,push";
  private static final Duration LIFETIME = Duration.ofMinutes(5);
  private static final Pattern SCOPE = Pattern.compile("scope=\"([^\"]+)\"");

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock();
  private RegistryFixture registry;
  private String member;

  @BeforeEach
  void start() {
    registry =
        RegistryFixture.start(
            folder, Map.of("hatoba.auth.token-lifetime", LIFETIME.toSeconds() + "s"), clock);
    member = registry.login("member", Role.PROJECT_MEMBER, Optional.of("team"));
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  @DisplayName("moby#33558, buildx#324, harbor#18860: a token dies while its owner still pushes")
  void anUploadOutlivesTheTokenOfItsOwner() {
    String other = registry.login("other", Role.PROJECT_MEMBER, Optional.of("team"));
    String token = registry.token(Optional.of(member), PUSH);
    String tokenOfOther = registry.token(Optional.of(other), PUSH);
    byte[] blob = bytes(3000, 71);
    Digest digest = Digest.sha256(blob);
    String location = header(send(token, "POST", "/v2/team/app/blobs/uploads/"), "Location");
    assertThat(patch(token, location, blob, 0, 1000).statusCode()).isEqualTo(202);

    clock.advance(LIFETIME.plusMinutes(10));

    assertExpired(patch(tokenOfOther, location, blob, 1000, 2000));
    assertThat(patch(token, location, blob, 1000, 2000).statusCode()).isEqualTo(202);
    assertThat(send(token, "GET", location).statusCode()).isEqualTo(204);
    assertExpired(send(token, "POST", "/v2/team/app/blobs/uploads/"));
    assertExpired(send(token, "GET", "/v2/team/app/manifests/v1"));
    String put = location + "?digest=" + digest;
    byte[] rest = Arrays.copyOfRange(blob, 2000, 3000);
    assertExpired(registry.send(tokenOfOther, "PUT", put, BodyPublishers.ofByteArray(rest)));
    assertThat(registry.send(token, "PUT", put, BodyPublishers.ofByteArray(rest)).statusCode())
        .isEqualTo(201);
    assertThat(registry.send("GET", "/v2/team/app/blobs/" + digest).body()).isEqualTo(blob);
    assertExpired(
        registry.send(
            token, "PUT", "/v2/team/app/manifests/v1", BodyPublishers.ofByteArray(utf8("{}"))));
  }

  @Test
  @DisplayName("moby#33558: an hour after its end a token is no good for an upload either")
  void anUploadDoesNotOutliveItsTokenForEver() {
    String token = registry.token(Optional.of(member), PUSH);
    String location = header(send(token, "POST", "/v2/team/app/blobs/uploads/"), "Location");

    clock.advance(LIFETIME.plusHours(1).minusSeconds(1));
    assertThat(patch(token, location, bytes(10, 72), 0, 10).statusCode()).isEqualTo(202);
    clock.advance(Duration.ofSeconds(1));
    assertExpired(patch(token, location, bytes(20, 72), 10, 20));
  }

  @Test
  @DisplayName("distribution PR#1686, moby#22158, docker_auth#41, #59: clocks a minute apart")
  void aTokenIsGoodByClocksThatAreAMinuteApart() {
    JsonObject answer = new JsonObject(text(send(member, "GET", "/token?scope=" + PUSH)));
    assertThat(answer.getString("issued_at")).isEqualTo(clock.instant().toString()).endsWith("Z");
    assertThat(answer.getLong("expires_in")).isEqualTo(LIFETIME.toSeconds());
    JsonObject claims =
        new JsonObject(
            new String(
                Base64.getUrlDecoder().decode(answer.getString("token").split("\\.", -1)[1]),
                StandardCharsets.UTF_8));
    assertThat(claims.getLong("iat")).isEqualTo(clock.instant().getEpochSecond());
    assertThat(claims.getLong("nbf")).isEqualTo(clock.instant().getEpochSecond() - 60);
    String behind = registry.token(Optional.of(member), PUSH);
    String farBehind = registry.token(Optional.of(member), PUSH);

    clock.advance(Duration.ofSeconds(-61));
    assertThat(send(farBehind, "GET", "/v2/").statusCode()).isEqualTo(401);
    clock.advance(Duration.ofSeconds(1));
    assertThat(send(behind, "GET", "/v2/").statusCode()).isEqualTo(200);
    clock.advance(Duration.ofSeconds(60).plus(LIFETIME).minusSeconds(1));
    assertThat(send(behind, "GET", "/v2/").statusCode()).isEqualTo(200);
    clock.advance(Duration.ofSeconds(1));
    assertExpired(send(behind, "GET", "/v2/"));
  }

  @Test
  @DisplayName("helm#30987, #31117, #32144: the first push of a chart to a new repository")
  void aPushThatBeginsWithAPullTokenIsWidenedOnce() {
    byte[] config = utf8("{}");
    String manifest = "/v2/team/chart/manifests/" + Digest.sha256(utf8("chart"));
    String narrow = registry.token(Optional.of(member), "repository:team/chart:pull");
    assertThat(send(narrow, "HEAD", manifest).statusCode()).isEqualTo(404);
    HttpResponse<byte[]> refused = send(narrow, "POST", "/v2/team/chart/blobs/uploads/");
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(header(refused, "WWW-Authenticate")).contains("error=\"insufficient_scope\"");

    Matcher scope = SCOPE.matcher(header(refused, "WWW-Authenticate"));
    assertThat(scope.find()).isTrue();
    String wide = registry.token(Optional.of(member), scope.group(1));
    HttpResponse<byte[]> started = send(wide, "POST", "/v2/team/chart/blobs/uploads/");
    assertThat(started.statusCode()).isEqualTo(202);
    String put = header(started, "Location") + "?digest=" + Digest.sha256(config);
    assertThat(registry.send(wide, "PUT", put, BodyPublishers.ofByteArray(config)).statusCode())
        .isEqualTo(201);
  }

  @Test
  @DisplayName("helm#6214, #30970, #31117, docker_auth: scopes repeated or joined, GET or POST")
  void scopesAndMethodsMakeNoDifference() {
    String first = encoded("repository:team/a:pull");
    String second = encoded("repository:team/b:pull,push");
    String repeated = "service=hatoba&scope=" + first + "&scope=" + second;
    String joined = "service=hatoba&scope=" + first + "+" + second;
    String[] login =
        new String(
                Base64.getDecoder().decode(member.substring("Basic ".length())),
                StandardCharsets.UTF_8)
            .split(":", 2);
    String password =
        "grant_type=password&client_id=test&username=%s&password=%s&"
            .formatted(encoded(login[0]), encoded(login[1]));

    for (HttpResponse<byte[]> answer :
        List.of(
            send(member, "GET", "/token?" + repeated),
            send(member, "GET", "/token?" + joined),
            post(password + repeated),
            post(password + joined))) {
      assertThat(answer.statusCode()).isEqualTo(200);
      JsonObject token = new JsonObject(text(answer));
      assertThat(token.getString("scope"))
          .isEqualTo("repository:team/a:pull repository:team/b:pull,push");
      assertThat(token.getString("token")).isEqualTo(token.getString("access_token"));
      String bearer = "Bearer " + token.getString("token");
      assertThat(send(bearer, "POST", "/v2/team/b/blobs/uploads/").statusCode()).isEqualTo(202);
      assertThat(send(bearer, "POST", "/v2/team/a/blobs/uploads/").statusCode()).isEqualTo(401);
    }
  }

  private HttpResponse<byte[]> post(String form) {
    return registry.send(
        "",
        "POST",
        "/token",
        BodyPublishers.ofString(form),
        "Content-Type",
        "application/x-www-form-urlencoded");
  }

  private HttpResponse<byte[]> patch(
      String authorization, String location, byte[] blob, int from, int to) {
    return registry.send(
        authorization,
        "PATCH",
        location,
        BodyPublishers.ofByteArray(Arrays.copyOfRange(blob, from, to)),
        "Content-Range",
        from + "-" + (to - 1));
  }

  private HttpResponse<byte[]> send(String authorization, String method, String path) {
    return registry.send(authorization, method, path, BodyPublishers.noBody());
  }

  private static void assertExpired(HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(header(answer, "WWW-Authenticate")).contains("error=\"invalid_token\"");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
