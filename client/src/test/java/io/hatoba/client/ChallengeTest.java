package io.hatoba.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChallengeTest {
  @Test
  void quotedValuesMayHoldCommasAndEscapes() {
    assertThat(
            Challenge.parse(
                "Bearer realm=\"https://a.example/token\",service=\"a \\\"b\\\"\",scope=\"repository:a/b:pull,push\""))
        .containsExactly(
            new Challenge(
                "bearer",
                Map.of(
                    "realm", "https://a.example/token",
                    "service", "a \"b\"",
                    "scope", "repository:a/b:pull,push")));
  }

  @Test
  void oneHeaderMayHoldSeveralChallenges() {
    assertThat(
            Challenge.parse(
                "Basic realm=\"x\", Bearer Realm = \"y\" , error=invalid_token,Negotiate"))
        .containsExactly(
            new Challenge("basic", Map.of("realm", "x")),
            new Challenge("bearer", Map.of("realm", "y", "error", "invalid_token")),
            new Challenge("negotiate", Map.of()));
  }

  @Test
  void unquotedValuesAreTakenAndTheFirstOfTwoCounts() {
    assertThat(Challenge.parse("bearer realm=http://a/token,realm=\"http://b/\""))
        .containsExactly(new Challenge("bearer", Map.of("realm", "http://a/token")));
  }

  @Test
  void whatIsNotOfTheGrammarEndsTheList() {
    for (String text : List.of("", " ,, ", "=", "\"x\"", "\u0000")) {
      assertThat(Challenge.parse(text)).as(text).isEmpty();
    }
    assertThat(Challenge.parse("Bearer realm=\"never closed"))
        .containsExactly(new Challenge("bearer", Map.of("realm", "never closed")));
  }
}
