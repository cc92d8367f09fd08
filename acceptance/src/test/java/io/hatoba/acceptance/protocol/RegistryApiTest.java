package io.hatoba.acceptance.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * {@code /api/v1/registries}: where the refusal of a push to an unknown registry sends its reader
 * (A6).
 */
class RegistryApiTest extends ProtocolScenario {
  private static final String REGISTRIES = "/api/v1/registries";

  @Test
  void aRegistryThatWasMadeTakesTheNextPush() throws IOException {
    byte[] blob = "cargo".getBytes(StandardCharsets.UTF_8);
    HttpResponse<byte[]> refused = assertStatus(404, http().pushBlob("new-pier/app", blob));
    assertThat(new String(refused.body(), StandardCharsets.UTF_8))
        .contains("NAME_UNKNOWN", "new-pier", "POST " + REGISTRIES);

    HttpResponse<byte[]> made =
        assertStatus(201, post("{\"name\":\"new-pier\",\"description\":\"for apps\"}"));
    assertThat(header(made, "Location")).endsWith(REGISTRIES + "/new-pier");
    assertThat(json(made).get("name").asText()).isEqualTo("new-pier");
    assertThat(json(made).get("description").asText()).isEqualTo("for apps");
    assertThat(json(assertStatus(200, http().get(REGISTRIES + "/new-pier")))).isEqualTo(json(made));

    assertStatus(201, http().pushBlob("new-pier/app", blob));
    HttpResponse<byte[]> pulled =
        assertStatus(200, http().get("/v2/new-pier/app/blobs/" + Content.digest(blob)));
    assertThat(pulled.body()).isEqualTo(blob);
  }

  @Test
  void aRegistryIsMadeOnce() throws IOException {
    assertStatus(201, post("{\"name\":\"twice\"}"));
    assertProblem(409, "CONFLICT", post("{\"name\":\"twice\"}"));
  }

  @Test
  void anonymousPullIsASettingOfTheRegistry() throws IOException {
    assertStatus(201, post("{\"name\":\"open\",\"anonymousPull\":true}"));
    byte[] image = pushImage("open/app", "1", "for everyone");
    try (RegistryHttp anonymous = RegistryHttp.anonymous(server())) {
      assertStatus(401, anonymous.get("/v2/open/app/manifests/1"));
      String token =
          json(assertStatus(
                  200, anonymous.get("/token?service=hatoba&scope=repository:open/app:pull")))
              .get("token")
              .asText();
      try (RegistryHttp bearer = RegistryHttp.bearer(server(), token)) {
        assertThat(assertStatus(200, bearer.get("/v2/open/app/manifests/1")).body())
            .isEqualTo(image);
      }
    }
  }

  @Test
  void whatIsWrongIsSaid() throws IOException {
    assertProblem(422, "FIELD_INVALID", post("{\"name\":\"Not-Lower\"}"));
    assertProblem(422, "FIELD_INVALID", post("{\"description\":\"no name\"}"));
    assertProblem(400, "REQUEST_INVALID", post("{\"name\":\"x\",\"unheardOf\":1}"));
    assertProblem(400, "REQUEST_INVALID", post("{\"name\":"));
    assertProblem(404, "NAME_UNKNOWN", http().get(REGISTRIES + "/nowhere"));
  }

  @Test
  void nobodyMakesARegistryWithoutAKey() throws IOException {
    try (RegistryHttp anonymous = RegistryHttp.anonymous(server())) {
      HttpResponse<byte[]> answer =
          anonymous.send(
              "POST", REGISTRIES, bytes("{\"name\":\"mine\"}"), "Content-Type", JSON_TYPE);
      assertProblem(401, "UNAUTHORIZED", answer);
      assertThat(header(answer, "WWW-Authenticate")).startsWith("Basic ");
    }
    assertStatus(404, http().get(REGISTRIES + "/mine"));
  }

  private static final String JSON_TYPE = "application/json";

  private HttpResponse<byte[]> post(String body) throws IOException {
    return http().send("POST", REGISTRIES, bytes(body), "Content-Type", JSON_TYPE);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void assertProblem(int status, String code, HttpResponse<byte[]> answer)
      throws IOException {
    assertStatus(status, answer);
    assertThat(header(answer, "Content-Type")).startsWith("application/problem+json");
    assertThat(json(answer).get("code").asText()).isEqualTo(code);
    assertThat(json(answer).get("status").asInt()).isEqualTo(status);
    assertThat(json(answer).get("detail").asText()).isNotBlank();
  }
}
