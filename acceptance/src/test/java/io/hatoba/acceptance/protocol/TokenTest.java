package io.hatoba.acceptance.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class TokenTest extends ProtocolScenario {

  private static final Pattern PARAMETER = Pattern.compile("([a-z]+)=\"([^\"]*)\"");

  /**
   * argocd-image-updater PR#1800, nora PR#780: after a 200 here clients never send what they have.
   */
  @Test
  void thePingAsksForCredentialsAndSaysWhereToGetAToken() throws IOException {
    try (RegistryHttp anonymous = RegistryHttp.anonymous(server())) {
      HttpResponse<byte[]> ping = assertStatus(401, anonymous.get("/v2/"));

      Map<String, String> challenge = challenge(ping);
      assertThat(part(challenge, "realm")).startsWith("http://" + server().address() + "/");
      assertThat(challenge).containsKey("service");
      assertStatus(
          200,
          anonymous.send(
              "GET",
              part(challenge, "realm") + "?service=" + part(challenge, "service"),
              NOTHING,
              "Authorization",
              RegistryServer.KEY.basic()));
    }
    assertStatus(200, http().get("/v2/"));
  }

  /** helm#30970: clients changed from one method to the other. */
  @Test
  void getAndPostGiveTokensOfTheSameWorth() throws IOException {
    String repository = repository("token/methods");
    String scope = "repository:" + repository + ":pull,push";
    String got = tokenByGet("scope=" + encode(scope));
    String posted = tokenByPost(scope);

    for (String token : new String[] {got, posted}) {
      try (RegistryHttp bearer = RegistryHttp.bearer(server(), token)) {
        assertStatus(201, bearer.pushBlob(repository, Content.random(token.length(), 10)));
      }
    }
  }

  /** helm#6214, docker_auth: two scopes in one parameter, or one parameter for each. */
  @Test
  void scopesMayBeRepeatedOrJoined() throws IOException {
    String first = "repository:" + repository("token/first") + ":pull,push";
    String second = "repository:" + repository("token/second") + ":pull,push";

    for (String query :
        new String[] {
          "scope=" + encode(first) + "&scope=" + encode(second),
          "scope=" + encode(first + " " + second)
        }) {
      try (RegistryHttp bearer = RegistryHttp.bearer(server(), tokenByGet(query))) {
        assertStatus(201, bearer.pushBlob(repository("token/first"), Content.random(1, 10)));
        assertStatus(201, bearer.pushBlob(repository("token/second"), Content.random(1, 10)));
      }
    }
  }

  /** helm#30987, #31567, #32144: the first request of a push, with a token that may only pull. */
  @Test
  void aRepositoryThatIsNotThereYetIsNotFoundForWhoeverMayMakeIt() throws IOException {
    String repository = repository("token/not-there-yet");
    try (RegistryHttp bearer =
        RegistryHttp.bearer(
            server(), tokenByGet("scope=" + encode("repository:" + repository + ":pull")))) {
      assertStatus(404, bearer.head("/v2/" + repository + "/manifests/sha256:" + "0".repeat(64)));

      HttpResponse<byte[]> push = assertStatus(401, bearer.openUpload(repository));
      assertThat(challenge(push)).containsEntry("error", "insufficient_scope");
      assertThat(part(challenge(push), "scope"))
          .contains("repository:" + repository + ":")
          .contains("push");
    }
  }

  /** helm#30883: a login has no scope. */
  @Test
  void aLoginWithoutScopeChecksTheSecret() throws IOException {
    try (RegistryHttp anonymous = RegistryHttp.anonymous(server())) {
      String path = tokenPath() + "&account=x&client_id=docker&offline_token=true";
      assertStatus(
          200, anonymous.send("GET", path, NOTHING, "Authorization", RegistryServer.KEY.basic()));
      String wrong =
          Base64.getEncoder().encodeToString((RegistryServer.KEY.id() + ":wrong").getBytes(UTF_8));
      HttpResponse<byte[]> refused =
          assertStatus(
              401, anonymous.send("GET", path, NOTHING, "Authorization", "Basic " + wrong));
      assertThat(new String(refused.body(), UTF_8)).contains("errors");
    }
  }

  /** artifact-keeper#3730: who may see neither cannot tell a private repository from none. */
  @Test
  void aPrivateRepositoryAndNoneLookTheSameToAStranger() throws IOException {
    pushImage(repository("token/private"), "1", "private");
    try (RegistryHttp anonymous = RegistryHttp.anonymous(server())) {
      HttpResponse<byte[]> there =
          assertStatus(401, anonymous.get("/v2/" + repository("token/private") + "/manifests/1"));
      HttpResponse<byte[]> absent =
          assertStatus(401, anonymous.get("/v2/" + repository("token/privatf") + "/manifests/1"));

      assertThat(text(there)).isEqualTo(text(absent).replace("privatf", "private"));
      assertThat(part(challenge(there), "scope"))
          .isEqualTo(part(challenge(absent), "scope").replace("privatf", "private"));
    }
  }

  /** distribution PR#1686, moby#22158: a client's clock may be a minute off. */
  @Test
  void aTokenIsValidForClocksThatAreAMinuteOff() throws IOException {
    String token =
        tokenByGet("scope=" + encode("repository:" + repository("token/clock") + ":pull"));
    JsonNode claims =
        new ObjectMapper().readTree(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]));

    long now = Instant.now().getEpochSecond();
    if (claims.has("nbf")) {
      assertThat(claims.get("nbf").asLong()).isLessThanOrEqualTo(now - 60);
    }
    assertThat(claims.get("exp").asLong()).isGreaterThan(now + 60);
  }

  private String tokenPath() throws IOException {
    try (RegistryHttp anonymous = RegistryHttp.anonymous(server())) {
      Map<String, String> challenge = challenge(anonymous.get("/v2/"));
      return part(challenge, "realm") + "?service=" + encode(part(challenge, "service"));
    }
  }

  private String tokenByGet(String query) throws IOException {
    return json(assertStatus(200, http().get(tokenPath() + "&" + query))).get("token").asText();
  }

  private String tokenByPost(String scope) throws IOException {
    try (RegistryHttp anonymous = RegistryHttp.anonymous(server())) {
      Map<String, String> challenge = challenge(anonymous.get("/v2/"));
      String form =
          "grant_type=password&client_id=tests&service=%s&scope=%s&username=%s&password=%s"
              .formatted(
                  encode(part(challenge, "service")),
                  encode(scope),
                  encode(RegistryServer.KEY.id()),
                  encode(RegistryServer.KEY.secret()));
      HttpResponse<byte[]> answer =
          anonymous.send(
              "POST",
              part(challenge, "realm"),
              form.getBytes(UTF_8),
              "Content-Type",
              "application/x-www-form-urlencoded");
      return json(assertStatus(200, answer)).get("access_token").asText();
    }
  }

  private static Map<String, String> challenge(HttpResponse<?> answer) {
    String text = header(answer, "WWW-Authenticate");
    assertThat(text).startsWith("Bearer ");
    Map<String, String> parameters = new TreeMap<>();
    Matcher parameter = PARAMETER.matcher(text);
    while (parameter.find()) {
      parameters.put(parameter.group(1), parameter.group(2));
    }
    return parameters;
  }

  private static String part(Map<String, String> challenge, String name) {
    return challenge.getOrDefault(name, "absent");
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), UTF_8);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }
}
