package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.ByteRanges.Part;
import io.hatoba.oci.ByteRanges.Parts;
import io.hatoba.oci.ByteRanges.Unsatisfiable;
import io.hatoba.oci.ByteRanges.Whole;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangesTest {
  /** Of 2,000 bytes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bytes=500-1499             | 500-1499",
        "bytes=500-                 | 500-1999",
        "bytes=-500                 | 1500-1999",
        "bytes=-9999                | 0-1999",
        "bytes=1500-5000            | 1500-1999",
        "bytes=0-0                  | 0-0",
        "bytes=1999-1999            | 1999-1999",
        "bytes=0-                   | 0-1999",
        "BYTES=0-9                  | 0-9",
        "bytes= 0-9 , 20-29         | 0-9 20-29",
        "bytes=,,0-9,,              | 0-9",
        "bytes=1500-,0-9            | 1500-1999 0-9",
        "bytes=0-9,10-19            | 0-9 10-19",
        "bytes=0-9,9-19             | 0-19",
        "bytes=100-199,0-9,150-250  | 100-250 0-9",
        "bytes=50-60,0-100,200-201  | 0-100 200-201",
        "bytes=0-9,5000-6000        | 0-9",
        "bytes=9-0,5-6              | 5-6",
        "bytes=-1,0-                | 0-1999",
        "bytes=-0,0-1               | 0-1",
        "bytes=0-99999999999999999999999999 | 0-1999",
        "bytes=-99999999999999999999999999  | 0-1999",
        "bytes=0-9223372036854775807,0-9223372036854775808 | 0-1999",
      })
  void rangesInsideTheContentAreClippedAndKeepTheirOrder(String header, String expected) {
    assertThat(ByteRanges.parse(Optional.of(header), 2000))
        .isInstanceOfSatisfying(
            Parts.class, parts -> assertThat(written(parts.parts())).isEqualTo(expected));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=500-0",
        "bytes=2000-",
        "bytes=2000-5000",
        "bytes=-0",
        "bytes=99999999999999999999999999-",
        "bytes=9223372036854775807-9223372036854775807",
        "bytes=2000-,500-0,-0"
      })
  void rangesOutsideTheContentAre416(String header) {
    assertThat(ByteRanges.parse(Optional.of(header), 2000)).isEqualTo(new Unsatisfiable());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=0-5-9",
        "bytes=--5",
        "bytes=5",
        "bytes=0-9,x",
        "bytes=2000-,x",
        "bytes =0-5",
        "items=0-5",
        "0-5",
        "bytes 0-5",
        "bytes=0x1-5",
        "bytes=+0-5",
        "bytes=0 -5",
        "bytes=٠-٩"
      })
  void whatIsNotARangeOfBytesIsIgnored(String header) {
    assertThat(ByteRanges.parse(Optional.of(header), 2000)).isEqualTo(new Whole());
  }

  @Test
  void withoutAHeaderItIsTheWhole() {
    assertThat(ByteRanges.parse(Optional.empty(), 2000)).isEqualTo(new Whole());
    assertThat(ByteRanges.parse(Optional.empty(), 0)).isEqualTo(new Whole());
  }

  @Test
  void emptyContentHasNoRange() {
    assertThat(ByteRanges.parse(Optional.of("bytes=0-"), 0)).isEqualTo(new Unsatisfiable());
    assertThat(ByteRanges.parse(Optional.of("bytes=0-0"), 0)).isEqualTo(new Unsatisfiable());
    assertThat(ByteRanges.parse(Optional.of("bytes=-0"), 0)).isEqualTo(new Unsatisfiable());
    assertThat(ByteRanges.parse(Optional.of("bytes=-5"), 0)).isEqualTo(new Whole());
  }

  @Test
  void contentOfTheLargestSizeDoesNotOverflow() {
    assertThat(ByteRanges.parse(Optional.of("bytes=1-"), Long.MAX_VALUE))
        .isEqualTo(new Parts(List.of(new Part(1, Long.MAX_VALUE - 1))));
    assertThat(ByteRanges.parse(Optional.of("bytes=-1"), Long.MAX_VALUE))
        .isEqualTo(new Parts(List.of(new Part(Long.MAX_VALUE - 1, Long.MAX_VALUE - 1))));
  }

  @Test
  void moreThan1024RangesAreRefused() {
    assertThat(ByteRanges.parse(Optional.of(manyRanges(1024)), 10_000))
        .isInstanceOfSatisfying(Parts.class, parts -> assertThat(parts.parts()).hasSize(1024));
    assertThat(ByteRanges.parse(Optional.of(manyRanges(1025)), 10_000))
        .isEqualTo(new Unsatisfiable());
    assertThat(ByteRanges.parse(Optional.of("bytes=" + "0-,".repeat(1024)), 10_000))
        .isEqualTo(new Parts(List.of(new Part(0, 9_999))));
  }

  @Test
  void aPartWritesItsHeader() {
    assertThat(new Part(5, 9).contentRange(100)).isEqualTo("bytes 5-9/100");
    assertThat(new Part(5, 9).length()).isEqualTo(5);
  }

  /** Against a set of bits: the same bytes, none of them twice. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void thePartsAreExactlyTheBytesAskedFor(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      int size = random.nextInt(30);
      BitSet expected = new BitSet();
      List<String> ranges = new ArrayList<>();
      for (int count = 1 + random.nextInt(5); count > 0; count--) {
        int first = random.nextInt(40);
        int last = random.nextInt(40);
        switch (random.nextInt(3)) {
          case 0 -> {
            ranges.add(first + "-" + last);
            expected.set(Math.min(first, size), Math.max(first, Math.min(last + 1, size)));
          }
          case 1 -> {
            ranges.add(first + "-");
            expected.set(Math.min(first, size), size);
          }
          default -> {
            ranges.add("-" + last);
            expected.set(Math.max(0, size - last), size);
          }
        }
      }
      expected.clear(size, 100);
      String header = "bytes=" + String.join(",", ranges);

      switch (ByteRanges.parse(Optional.of(header), size)) {
        case Whole() -> assertThat(size).as(header).isZero();
        case Unsatisfiable() -> assertThat(expected.isEmpty()).as(header).isTrue();
        case Parts(List<Part> parts) -> {
          BitSet actual = new BitSet();
          for (Part part : parts) {
            assertThat(actual.get((int) part.first(), (int) part.last() + 1).isEmpty())
                .as(header)
                .isTrue();
            actual.set((int) part.first(), (int) part.last() + 1);
          }
          assertThat(actual).as(header).isEqualTo(expected);
        }
      }
    }
  }

  private static String manyRanges(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> 2 * i + "-" + 2 * i)
        .collect(Collectors.joining(",", "bytes=", ""));
  }

  private static String written(List<Part> parts) {
    return parts.stream()
        .map(part -> part.first() + "-" + part.last())
        .collect(Collectors.joining(" "));
  }
}
