package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.hatoba.oci.ByteRanges.Part;
import io.hatoba.oci.ByteRanges.Parts;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

class ByteRangesFuzzTest {
  @FuzzTest
  void parseNeverFails(byte[] data) {
    Optional<String> header = Optional.of(new String(data, StandardCharsets.UTF_8));
    for (long size : new long[] {0, 1, 2000, Long.MAX_VALUE}) {
      if (ByteRanges.parse(header, size) instanceof Parts(List<Part> parts)) {
        assertThat(parts).hasSizeBetween(1, ByteRanges.MAX_RANGES);
        long free = 0;
        for (Part part : parts.stream().sorted(Comparator.comparingLong(Part::first)).toList()) {
          assertThat(part.first()).isGreaterThanOrEqualTo(free);
          assertThat(part.last()).isBetween(part.first(), size - 1);
          free = part.last() + 1;
        }
      }
    }
  }
}
