package io.hatoba.oci;

import static io.hatoba.oci.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RepositoryNameTest {
  /** The grammar as the specification prints it. */
  private static final Pattern SPECIFICATION =
      Pattern.compile("[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(\\/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "0",
        "library/alpine",
        "a__b",
        "a--b",
        "a-------b",
        "a.b",
        "a_b",
        "a.b_c__d-e--f/0",
        "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p",
        "a/blobs/b",
        "a/manifests/latest",
        "a/tags/list",
        "a/blobs/uploads",
        "a/referrers/x",
        "blobs",
        "uploads/uploads",
        "xn--bcher-kva/x"
      })
  void namesOfTheGrammarAreTaken(String name) {
    assertThat(RepositoryName.parse(name)).hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "a___b",
        "a..b",
        "a._b",
        "a_.b",
        "a-_b",
        "-a",
        "a-",
        ".a",
        "a.",
        "_a",
        "a_",
        "_catalog",
        "_oci/ext",
        "A",
        "aB",
        "a b",
        "a:b",
        "a@b",
        "a\\b",
        "ä",
        "a/ä",
        "\u0130",
        "a\n",
        "\na",
        "a/b\u0000",
        "a%2fb",
        "../a",
        "a/../b",
        ".",
        "..",
        "a/.b",
        "٣",
        "🕊"
      })
  void everythingElseIsRefused(String name) {
    refusal(ErrorCode.NAME_INVALID, () -> RepositoryName.parse(name));
    assertThatIllegalArgumentException().isThrownBy(() -> new RepositoryName(name));
  }

  @ParameterizedTest
  @CsvSource({
    "'',      empty",
    "a//b,    no empty part",
    "a/,      no empty part",
    "teamA/b, 'A'",
    "a/ä,     position 3",
    "a___b,   between",
    "a..b,    between",
  })
  void theMessageSaysWhatIsWrong(String name, String part) {
    assertThat(refusal(ErrorCode.NAME_INVALID, () -> RepositoryName.parse(name)))
        .returns(name, Refusal::detail)
        .extracting(Refusal::message)
        .asString()
        .contains(part);
  }

  @Test
  void theLimitIs255Characters() {
    assertThat(RepositoryName.parse("a".repeat(255)).value()).hasSize(255);
    assertThat(RepositoryName.parse("a/".repeat(127) + "a").value()).hasSize(255);

    Refusal refusal = refusal(ErrorCode.NAME_INVALID, () -> RepositoryName.parse("a".repeat(256)));
    assertThat(refusal.message()).contains("255", "256");
    assertThat(refusal.detail()).hasSize(255);
  }

  @Test
  void aNameOfAnyLengthIsRefusedWithoutLookingAtItsEnd() {
    refusal(ErrorCode.NAME_INVALID, () -> RepositoryName.parse("a-".repeat(5_000_000)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RepositoryName("a/".repeat(5_000_000) + "a"));
  }

  @Test
  void thePartBeforeTheFirstSlashIsTheRegistry() {
    RepositoryName deep = RepositoryName.parse("team/tools/app");
    assertThat(deep.registry()).isEqualTo("team");
    assertThat(deep.image()).isEqualTo("tools/app");

    RepositoryName flat = RepositoryName.parse("team");
    assertThat(flat.registry()).isEqualTo("team");
    assertThat(flat.image()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void parsingAgreesWithTheGrammarOfTheSpecification(long seed) {
    Random random = new Random(seed);
    String alphabet = "aab09._-//_-B é";
    int taken = 0;
    for (int i = 0; i < 20_000; i++) {
      String text = RandomText.of(random, alphabet, 12);
      if (SPECIFICATION.matcher(text).matches()) {
        taken++;
        assertThat(RepositoryName.parse(text).value()).isEqualTo(text);
      } else {
        assertThat(refusal(ErrorCode.NAME_INVALID, () -> RepositoryName.parse(text)).detail())
            .isEqualTo(text);
      }
    }
    assertThat(taken).isBetween(500, 19_500);
  }
}
