package io.hatoba.server.federation;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.pattern.NamePattern;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PublicIssuersTest {
  private static final String GITHUB = "https://token.actions.githubusercontent.com";
  private static final String GITLAB = "https://gitlab.com";

  @ParameterizedTest
  @CsvSource({
    GITHUB + ",repository,acme/*",
    GITHUB + ",repository,acme/app",
    GITHUB + ",repository_owner,acme",
    GITHUB + ",repository_id,12345",
    GITHUB + ",sub,repo:acme/*:ref:refs/heads/main",
    GITLAB + ",project_path,acme/**",
    GITLAB + ",namespace_path,acme",
    GITLAB + ",sub,project_path:acme/app:**",
    "https://gitlab.example.com,ref,main"
  })
  void aRuleThatSaysWhoseJobsItMeansIsTaken(String issuer, String claim, String pattern) {
    assertThat(PublicIssuers.complaint(issuer, rule(claim, pattern))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    GITHUB + ",ref,refs/heads/main",
    GITHUB + ",repository,acme*/*",
    GITHUB + ",repository,**",
    GITHUB + ",repository,*/app",
    GITHUB + ",repository_owner,acme*",
    GITHUB + ",sub,repo:*/app:ref:refs/heads/main",
    GITHUB + ",sub,repo:acme*",
    GITHUB + ",sub,**",
    GITLAB + ",namespace_path,acme/**",
    GITLAB + ",sub,project_path:**"
  })
  void aRuleThatLetsInTheWorldIsNot(String issuer, String claim, String pattern) {
    assertThat(PublicIssuers.complaint(issuer, rule(claim, pattern))).isPresent();
  }

  private static Rule rule(String claim, String pattern) {
    return new Rule(
        Map.of(claim, NamePattern.parse(pattern)), "ci", Optional.empty(), Rule.DEFAULT_LIFETIME);
  }
}
