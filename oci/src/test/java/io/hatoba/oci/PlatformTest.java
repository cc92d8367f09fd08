package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformTest {
  @ParameterizedTest
  @CsvSource({
    "linux/amd64, linux/amd64",
    "linux/x86_64, linux/amd64",
    "linux/arm64/v8, linux/arm64",
    "linux/aarch64, linux/arm64",
    "linux/arm/v7, linux/arm/v7",
    "windows/amd64, windows/amd64"
  })
  void namesAreWhatClientsNormaliseTo(String text, String expected) {
    assertThat(Platform.parse(text)).contains(new Platform(expected));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "linux", "linux/", "/amd64", "unknown/unknown", "linux/amd64/a/b", "a b/c"})
  void whatIsNoPlatformIsNone(String text) {
    assertThat(Platform.parse(text)).isEmpty();
  }
}
