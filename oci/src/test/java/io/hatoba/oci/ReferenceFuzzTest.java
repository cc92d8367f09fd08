package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class ReferenceFuzzTest {
  @FuzzTest
  void parseRefusesOrUnderstands(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    boolean colon = text.contains(":");
    try {
      Reference reference = Reference.parse(text);
      assertThat(reference).hasToString(text).isInstanceOf(colon ? Digest.class : Tag.class);
    } catch (RefusedException e) {
      assertThat(e.refusal().code())
          .isEqualTo(colon ? ErrorCode.DIGEST_INVALID : ErrorCode.TAG_INVALID);
    }
  }
}
