package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.endpoint.Endpoint;
import io.hatoba.server.startup.StartupException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChallengeTest {
  private final Challenge challenge = new Challenge(TestAuthConfig.DEFAULTS);

  @Test
  void everyValueIsQuotedAndTheRealmFollowsTheEndpoint() {
    assertThat(
            challenge.bearer(
                new Endpoint("http://127.0.0.1:5000"),
                new Refusal.Unauthorized(
                    "",
                    Optional.of("insufficient_scope"),
                    List.of(
                        Scope.needing(RepositoryName.parse("a/b"), Set.of(Action.PUSH)).toString(),
                        Scope.needing(RepositoryName.parse("c/d"), Set.of(Action.PULL))
                            .toString()))))
        .isEqualTo(
            "Bearer realm=\"http://127.0.0.1:5000/token\",service=\"hatoba\","
                + "scope=\"repository:a/b:pull,push repository:c/d:pull\","
                + "error=\"insufficient_scope\"");
  }

  @Test
  void whatIsNotKnownIsLeftOut() {
    assertThat(
            challenge.bearer(
                new Endpoint("https://registry.example.com"),
                new Refusal.Unauthorized("", Optional.empty(), List.of())))
        .isEqualTo("Bearer realm=\"https://registry.example.com/token\",service=\"hatoba\"");
  }

  @Test
  void aServiceNameThatNeedsEscapingStopsTheStart() {
    assertThatThrownBy(() -> new Challenge(TestAuthConfig.DEFAULTS.service("a\"b")))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("hatoba.auth.service");
  }
}
