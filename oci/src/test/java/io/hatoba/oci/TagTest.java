package io.hatoba.oci;

import static io.hatoba.oci.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TagTest {
  private static final Pattern SPECIFICATION = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "latest",
        "_",
        "__",
        "1",
        "v1.2.3",
        "V1",
        "1.0.0_build.5",
        "a..b",
        "a.-_",
        "sha256-44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "sha256-44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a.sig"
      })
  void tagsOfTheGrammarAreTaken(String name) {
    assertThat(Tag.parse(name)).hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", ".", "-", ".a", "-a", "a b", "a:b", "a+b", "a/b", "ä", "a\n", "\u0000", "a@b", "٣"
      })
  void everythingElseIsRefused(String name) {
    assertThat(refusal(ErrorCode.TAG_INVALID, () -> Tag.parse(name)).detail()).isEqualTo(name);
    assertThatIllegalArgumentException().isThrownBy(() -> new Tag(name));
  }

  @Test
  void theLimitIs128Characters() {
    assertThat(Tag.parse("a".repeat(128)).name()).hasSize(128);
    assertThat(refusal(ErrorCode.TAG_INVALID, () -> Tag.parse("a".repeat(129))))
        .satisfies(refusal -> assertThat(refusal.message()).contains("128", "129"))
        .satisfies(refusal -> assertThat(refusal.detail()).hasSize(128));
    refusal(ErrorCode.TAG_INVALID, () -> Tag.parse("a".repeat(5_000_000)));
  }

  @Test
  void tagsAreCaseSensitiveAndSortByBytes() {
    assertThat(Tag.parse("a")).isNotEqualTo(Tag.parse("A"));
    assertThat(new Tag[] {Tag.parse("a"), Tag.parse("_"), Tag.parse("B"), Tag.parse("1")})
        .satisfies(
            tags -> {
              Arrays.sort(tags);
              assertThat(tags).extracting(Tag::name).containsExactly("1", "B", "_", "a");
            });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void parsingAgreesWithTheGrammarOfTheSpecification(long seed) {
    Random random = new Random(seed);
    int taken = 0;
    for (int i = 0; i < 20_000; i++) {
      String text = RandomText.of(random, "aZ9_.-.-aZ9_:é", 8);
      if (SPECIFICATION.matcher(text).matches()) {
        taken++;
        assertThat(Tag.parse(text).name()).isEqualTo(text);
      } else {
        refusal(ErrorCode.TAG_INVALID, () -> Tag.parse(text));
      }
    }
    assertThat(taken).isBetween(500, 19_500);
  }
}
