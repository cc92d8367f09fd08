package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;

class ScopeFuzzTest {
  @FuzzTest
  void aScopeIsReadTheSameWhenItIsWrittenAgain(FuzzedDataProvider data) {
    String text = data.consumeRemainingAsString();
    Scope.parse(text)
        .ifPresent(
            scope -> {
              assertThat(text).startsWith(scope.type()).contains(":" + scope.name() + ":");
              assertThat(scope.type()).doesNotContain(":").doesNotContain("(");
              assertThat(scope.name()).isNotEmpty();
              assertThat(scope.actions())
                  .allSatisfy(action -> assertThat(action).isNotEmpty().doesNotContain(",", ":"));
              if (!scope.type().isEmpty()) {
                assertThat(Scope.parse(scope.toString())).contains(scope);
              }
            });
  }
}
