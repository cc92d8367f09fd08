package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class TagFuzzTest {
  @FuzzTest
  void parseRefusesOrUnderstands(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    try {
      assertThat(Tag.parse(text).name()).isEqualTo(text).hasSizeBetween(1, Tag.MAX_LENGTH);
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.TAG_INVALID);
      assertThat(e.refusal().detail().length()).isLessThanOrEqualTo(Tag.MAX_LENGTH);
    }
  }
}
