package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class DigestFuzzTest {
  @FuzzTest
  void parseRefusesOrUnderstands(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    try {
      assertThat(Digest.parse(text)).hasToString(text);
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.DIGEST_INVALID);
      assertThat(e.refusal().detail().length()).isLessThanOrEqualTo(256);
    }
  }
}
