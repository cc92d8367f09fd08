package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class ContentRangeFuzzTest {
  @FuzzTest
  void parseRefusesOrUnderstands(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    try {
      ContentRange range = ContentRange.parse(text);
      assertThat(range.first()).isBetween(0L, range.last());
      assertThat(range.length()).isPositive();
      assertThat(ContentRange.parse(range.toString())).isEqualTo(range);
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.RANGE_INVALID);
    }
  }
}
