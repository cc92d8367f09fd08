package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

class CredentialsFuzzTest {
  @FuzzTest
  void anyHeaderIsUnderstoodOrUnusable(FuzzedDataProvider data) {
    String header = data.consumeRemainingAsString();
    switch (Credentials.parse(Optional.of(header))) {
      case Credentials.None() -> throw new AssertionError("there is a header");
      case Credentials.Bearer(var token) -> {
        assertThat(isOf("Bearer ", header)).isTrue();
        assertThat(header).contains(token);
        assertThat(token).isEqualTo(token.trim());
      }
      case Credentials.Basic basic -> {
        assertThat(isOf("Basic ", header)).isTrue();
        assertThat(basic.id()).doesNotContain(":");
        assertThat(basic.toString()).isEqualTo("Basic[id=" + basic.id() + ", secret=***]");
      }
      case Credentials.Unusable() -> assertThat(isOf("Bearer ", header)).isFalse();
    }
  }

  @FuzzTest
  void whatIsEncodedIsReadBack(FuzzedDataProvider data) {
    String pair = valid(data.consumeRemainingAsString());
    String header =
        "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    int colon = pair.indexOf(':');
    if (colon < 0) {
      assertThat(Credentials.parse(Optional.of(header))).isInstanceOf(Credentials.Unusable.class);
    } else {
      assertThat(Credentials.parse(Optional.of(header)))
          .isInstanceOfSatisfying(
              Credentials.Basic.class,
              basic -> {
                assertThat(basic.id()).isEqualTo(pair.substring(0, colon));
                assertThat(basic.secret().reveal()).isEqualTo(pair.substring(colon + 1));
              });
    }
  }

  private static boolean isOf(String scheme, String header) {
    return header.regionMatches(true, 0, scheme, 0, scheme.length());
  }

  /** Without halves of characters, which no bytes stand for. */
  private static String valid(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
