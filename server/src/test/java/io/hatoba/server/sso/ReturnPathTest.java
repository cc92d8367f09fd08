package io.hatoba.server.sso;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.RefusedException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReturnPathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/registries", "/registries/team?q=a%20b&sort=-name#tab", "/a//b", "/a:b"})
  void aPathOnThisServerIsTaken(String path) {
    assertThat(ReturnPath.parse(path).value()).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "registries",
        "//evil.example.com",
        "///evil.example.com",
        "/\\evil.example.com",
        "\\\\evil.example.com",
        "https://evil.example.com",
        "https:/evil",
        "javascript:alert(1)",
        "/\t/evil.example.com",
        "\t//evil.example.com",
        "/a\r\nSet-Cookie: x=y",
        "/a b",
        "/é",
        " /"
      })
  void anythingElseIsNot(String path) {
    assertThatThrownBy(() -> ReturnPath.parse(path)).isInstanceOf(RefusedException.class);
  }
}
