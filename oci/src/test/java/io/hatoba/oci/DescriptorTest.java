package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorTest {
  @ParameterizedTest
  @CsvSource({
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip,       true",
    "application/vnd.oci.image.layer.nondistributable.v1.tar,         true",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip,    true",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd,    true",
    "application/vnd.oci.image.layer.v1.tar+gzip,                     false",
    "application/vnd.docker.image.rootfs.diff.tar.gzip,               false",
    "application/vnd.example.foreigner.v1,                            false",
  })
  void theTypeTellsWhetherTheRegistryMustHaveTheContent(String mediaType, boolean expected) {
    assertThat(descriptor(mediaType, 1, List.of(), Map.of()).isNonDistributable())
        .isEqualTo(expected);
  }

  @Test
  void whatMayBeHadElsewhereNeedNotBeHere() {
    assertThat(descriptor("a/b", 1, List.of("https://example.com/"), Map.of()).isNonDistributable())
        .isTrue();
  }

  @Test
  void aSizeIsNeverNegative() {
    assertThat(descriptor("a/b", 0, List.of(), Map.of()).size()).isZero();
    assertThat(descriptor("a/b", Long.MAX_VALUE, List.of(), Map.of()).size())
        .isEqualTo(Long.MAX_VALUE);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> descriptor("a/b", -1, List.of(), Map.of()));
  }

  @Test
  void annotationsAreACopyInTheOrderOfTheirKeysThatNobodyChanges() {
    Map<String, String> given = new HashMap<>(Map.of("b", "1", "a", "2", "B", "3"));
    Descriptor descriptor = descriptor("a/b", 1, List.of(), given);
    given.clear();

    assertThat(descriptor.annotations().keySet()).containsExactly("B", "a", "b");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> descriptor.annotations().put("c", "4"));
  }

  private static Descriptor descriptor(
      String mediaType, long size, List<String> urls, Map<String, String> annotations) {
    return new Descriptor(
        mediaType, Digest.sha256(new byte[0]), size, urls, annotations, Optional.empty());
  }
}
