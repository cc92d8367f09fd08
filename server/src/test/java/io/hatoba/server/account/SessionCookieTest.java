package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.endpoint.Endpoint;
import io.hatoba.server.startup.Secret;
import org.junit.jupiter.api.Test;

class SessionCookieTest {
  private static final Secret SECRET = new Secret("s".repeat(43));

  @Test
  void overHttpsItIsBoundToTheHost() {
    Endpoint https = new Endpoint("https://registry.example.com");

    assertThat(SessionCookie.name(https)).isEqualTo("__Host-hatoba");
    assertThat(SessionCookie.set(https, SECRET))
        .isEqualTo("__Host-hatoba=" + "s".repeat(43) + "; Path=/; HttpOnly; SameSite=Lax; Secure");
    assertThat(SessionCookie.clear(https))
        .isEqualTo("__Host-hatoba=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure");
  }

  @Test
  void overPlainHttpBrowsersWouldRefuseThatName() {
    Endpoint http = new Endpoint("http://127.0.0.1:5000");

    assertThat(SessionCookie.name(http)).isEqualTo("hatoba");
    assertThat(SessionCookie.set(http, SECRET)).doesNotContain("Secure").doesNotContain("__Host-");
  }

  @Test
  void onlyWhatLooksLikeASecretIsLookedUp() {
    assertThat(SessionCookie.parse("s".repeat(43))).contains(SECRET);
    assertThat(SessionCookie.parse("")).isEmpty();
    assertThat(SessionCookie.parse("s".repeat(42) + "=")).isEmpty();
    assertThat(SessionCookie.parse("s".repeat(44))).isEmpty();
  }
}
