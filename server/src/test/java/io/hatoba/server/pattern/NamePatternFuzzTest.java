package io.hatoba.server.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.hatoba.oci.RefusedException;

class NamePatternFuzzTest {
  @FuzzTest
  void aPatternIsRefusedOrMatchesNamesWithItsPrefix(FuzzedDataProvider data) {
    String name = data.consumeString(300);
    String text = data.consumeRemainingAsString();
    NamePattern pattern;
    try {
      pattern = NamePattern.parse(text);
    } catch (RefusedException e) {
      assertThat(e.refusal().message()).isNotBlank();
      return;
    }
    if (pattern.matches(name)) {
      assertThat(name).startsWith(pattern.literalPrefix());
    }
    if (pattern.isLiteral()) {
      assertThat(pattern.matches(pattern.literalPrefix())).isTrue();
    }
    assertThat(NamePattern.parse(pattern.toString())).isEqualTo(pattern);
  }
}
