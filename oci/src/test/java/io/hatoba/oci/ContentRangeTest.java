package io.hatoba.oci;

import static io.hatoba.oci.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContentRangeTest {
  @ParameterizedTest
  @CsvSource({
    "0-0,                       0, 0",
    "0-1023,                    0, 1023",
    "1024-2047,                 1024, 2047",
    "007-0010,                  7, 10",
    "bytes 0-99/100,            0, 99",
    "bytes 0-99/*,              0, 99",
    "bytes 5-9/1000,            5, 9",
    "0-9/10,                    0, 9",
    "0-9223372036854775806,     0, 9223372036854775806",
  })
  void bothFormsAreUnderstood(String text, long first, long last) {
    ContentRange range = ContentRange.parse(text);

    assertThat(range).isEqualTo(new ContentRange(first, last));
    assertThat(range.length()).isEqualTo(last - first + 1).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "0",
        "0-",
        "-5",
        "0--1",
        "a-b",
        "0-5-9",
        " 0-5",
        "0-5 ",
        "0 - 5",
        "+0-5",
        "bytes=0-5",
        "bytes 0-5/",
        "items 0-5",
        "bytes */5",
        "0-5/x",
        "٠-٩",
        "0-5\n",
        "5-4",
        "0-9223372036854775807",
        "0-99999999999999999999999",
        "99999999999999999999999-5",
        "bytes 0-99/99",
        "0-0/0"
      })
  void everythingElseIs416(String text) {
    assertThat(refusal(ErrorCode.RANGE_INVALID, () -> ContentRange.parse(text)).detail())
        .isEqualTo(text);
  }

  @Test
  void aHeaderOfAnyLengthIsRefused() {
    assertThat(
            refusal(ErrorCode.RANGE_INVALID, () -> ContentRange.parse("1".repeat(5_000_000)))
                .detail())
        .hasSize(100);
  }

  @Test
  void aRangeIsNeverEmptyAndItsLengthNeverOverflows() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ContentRange(5, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> new ContentRange(-1, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> new ContentRange(0, Long.MAX_VALUE));
  }

  @Test
  void everyRangeIsReadBackFromItsText() {
    Random random = new Random(3);
    for (int i = 0; i < 10_000; i++) {
      long first = random.nextLong(Long.MAX_VALUE - 1) >> random.nextInt(63);
      long last = first + (random.nextLong(Long.MAX_VALUE - first) >> random.nextInt(63));
      if (last < Long.MAX_VALUE) {
        ContentRange range = new ContentRange(first, last);
        assertThat(ContentRange.parse(range.toString())).isEqualTo(range);
      }
    }
  }
}
