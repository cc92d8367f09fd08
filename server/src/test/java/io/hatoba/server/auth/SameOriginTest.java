package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.endpoint.Endpoint;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SameOriginTest {
  private static final Endpoint HERE = new Endpoint("https://registry.example.com");
  private static final Optional<String> JSON = Optional.of("application/json; charset=utf-8");

  @Test
  void readingNeedsNothing() {
    SameOrigin.require(
        new SameOrigin.Sent("GET", site("cross-site"), Optional.empty(), Optional.empty(), false),
        HERE);
  }

  @Test
  void aChangeComesFromAPageOfThisServer() {
    SameOrigin.require(post(site("same-origin"), Optional.empty(), JSON), HERE);
    SameOrigin.require(
        post(Optional.empty(), Optional.of("https://Registry.example.com"), JSON), HERE);
    // What the browser says itself counts, not what a proxy made of the host.
    SameOrigin.require(post(site("same-origin"), Optional.of("https://inner"), JSON), HERE);

    refused(post(site("cross-site"), Optional.of("https://registry.example.com"), JSON));
    refused(post(site("same-site"), Optional.empty(), JSON));
    refused(post(Optional.empty(), Optional.of("https://evil.example.com"), JSON));
    refused(post(Optional.empty(), Optional.of("http://registry.example.com"), JSON));
    refused(post(Optional.empty(), Optional.of("https://registry.example.com.evil"), JSON));
    refused(post(Optional.empty(), Optional.of("null"), JSON));
    refused(post(Optional.empty(), Optional.empty(), JSON));
  }

  @Test
  void itsBodyIsOneThatNoFormCanSend() {
    for (String type :
        new String[] {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}) {
      assertThat(refused(post(site("same-origin"), Optional.empty(), Optional.of(type))))
          .contains("JSON");
    }
    refused(post(site("same-origin"), Optional.empty(), Optional.empty()));
    SameOrigin.require(
        post(site("same-origin"), Optional.empty(), Optional.of("application/merge-patch+json")),
        HERE);
    SameOrigin.require(
        new SameOrigin.Sent(
            "DELETE", site("same-origin"), Optional.empty(), Optional.empty(), false),
        HERE);
  }

  @Test
  void aProgramMaySayNothingWhereNoCookieIs() {
    SameOrigin.requireIfTold(post(Optional.empty(), Optional.empty(), JSON), HERE);

    assertThat(
            catchThrowableOfType(
                RefusedException.class,
                () ->
                    SameOrigin.requireIfTold(
                        post(site("cross-site"), Optional.empty(), JSON), HERE)))
        .isNotNull();
  }

  private static Optional<String> site(String value) {
    return Optional.of(value);
  }

  private static SameOrigin.Sent post(
      Optional<String> site, Optional<String> origin, Optional<String> type) {
    return new SameOrigin.Sent("POST", site, origin, type, true);
  }

  private static String refused(SameOrigin.Sent sent) {
    Refusal refusal =
        catchThrowableOfType(RefusedException.class, () -> SameOrigin.require(sent, HERE))
            .refusal();
    assertThat(refusal).isInstanceOf(Refusal.Denied.class);
    return refusal.message();
  }
}
