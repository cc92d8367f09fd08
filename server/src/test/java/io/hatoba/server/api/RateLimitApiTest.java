package io.hatoba.server.api;

import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.rest.SqliteServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The rate limit over HTTP; how it counts is in {@link RateLimitsTest}. */
@QuarkusTest
@TestProfile(RateLimitApiTest.Limited.class)
class RateLimitApiTest {
  @Test
  void whoAsksTooOftenIsToldWhenToComeBack() {
    int requests = 0;
    Response answer;
    do {
      answer = admin().get("/registries/main");
      requests++;
    } while (answer.statusCode() == 200 && requests < 10_000);

    assertThat(requests).isGreaterThan(5);
    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.contentType()).startsWith("application/problem+json");
    assertThat(answer.header("Retry-After")).isEqualTo("1");
    assertThat(answer.<String>path("code")).isEqualTo("TOOMANYREQUESTS");
  }

  /** One request in a second, five at once. */
  public static final class Limited implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> settings = new HashMap<>(new SqliteServer().getConfigOverrides());
      settings.put("hatoba.api.rate-limit", "1");
      settings.put("hatoba.api.rate-burst", "5");
      return settings;
    }
  }
}
