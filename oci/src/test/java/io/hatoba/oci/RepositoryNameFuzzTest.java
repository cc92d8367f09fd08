package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

class RepositoryNameFuzzTest {
  @FuzzTest
  void parseRefusesOrUnderstands(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    try {
      RepositoryName name = RepositoryName.parse(text);
      assertThat(name.value()).isEqualTo(text).hasSizeBetween(1, RepositoryName.MAX_LENGTH);
      assertThat(name.image().isEmpty() ? name.registry() : name.registry() + "/" + name.image())
          .isEqualTo(text);
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.NAME_INVALID);
      assertThat(e.refusal().detail().length()).isLessThanOrEqualTo(RepositoryName.MAX_LENGTH);
    }
  }
}
