package io.hatoba.server.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamePatternTest {
  /** The first eight are the guide's table of patterns (複製対象フィルタ). */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "path/* | path/hello-world | true",
        "path/* | path/my/hello-world | false",
        "path/** | path/hello-world | true",
        "path/** | path/my/hello-world | true",
        "1.? | 1.0 | true",
        "1.? | 1.01 | false",
        "{path,ncr}/** | ncr/hello-world | true",
        "{path,ncr}/** | nhn/hello-world | false",
        "* | app | true",
        "* | a/b | false",
        "** | a/b/c | true",
        "app | app | true",
        "app | apps | false",
        "app | ap | false",
        "App | app | false",
        "? | / | false",
        "a?c | a/c | false",
        "**/app | x/y/app | true",
        "**/app | app | false",
        "{**/,}app | app | true",
        "ci-*-{x,y{1,2}} | ci-7-y2 | true",
        "ci-*-{x,y{1,2}} | ci-7-y3 | false",
        "v{1,} | v | true",
        "v{} | v | true",
        "a,b | a,b | true",
        "a\\*b | a*b | true",
        "a\\*b | axb | false",
        "\\{a\\,b\\} | {a,b} | true",
        "*** | a/b | true",
        "a**b | ab | true",
      })
  void matchesAsDocumented(String pattern, String name, boolean expected) {
    assertThat(NamePattern.parse(pattern).matches(name)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "a{b, 2",
    "a{b{c}, 2",
    "ab}, 3",
    "abc\\, 4",
    "a b, 2",
    "[a-z], 1",
    "{{{{{{{{{a}}}}}}}}}, 9",
  })
  void aWrongPatternPointsAtTheCharacter(String pattern, int position) {
    assertThat(refusal(pattern).message()).contains("position " + position + " ");
  }

  @Test
  void aPatternHasAtLeastOneAndAtMost256Characters() {
    assertThat(refusal("").message()).contains("must not be empty");
    assertThat(refusal("a".repeat(257)).message()).contains("257");
    assertThat(NamePattern.parse("a".repeat(256)).matches("a".repeat(256))).isTrue();
  }

  @Test
  void theLiteralPrefixIsWhatEveryMatchBeginsWith() {
    assertThat(NamePattern.parse("team/a/*").literalPrefix()).isEqualTo("team/a/");
    assertThat(NamePattern.parse("te\\*m/{a,b}").literalPrefix()).isEqualTo("te*m/");
    assertThat(NamePattern.parse("**").literalPrefix()).isEmpty();
    assertThat(NamePattern.parse("team/app").isLiteral()).isTrue();
    assertThat(NamePattern.parse("team/app*").isLiteral()).isFalse();
    assertThat(NamePattern.parse("team/{}").isLiteral()).isFalse();
  }

  @Test
  void patternsAreTheSameByText() {
    assertThat(NamePattern.parse("a/*"))
        .isEqualTo(NamePattern.parse("a/*"))
        .hasSameHashCodeAs(NamePattern.parse("a/*"))
        .isNotEqualTo(NamePattern.parse("a/**"))
        .hasToString("a/*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**a**b",
        "{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}b",
        "{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}{*,**}b",
        "{{{{{{{{*,a},*},*},*},*},*},*},*}{{{{{{{{*,a},*},*},*},*},*},*},*}b",
        "{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}b",
      })
  void noPatternIsSlow(String hostile) {
    NamePattern pattern = NamePattern.parse(hostile);
    AtomicBoolean matched = new AtomicBoolean(true);

    // By back-tracking the age of the universe would not do; here it takes microseconds.
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(60), () -> matched.set(pattern.matches("a".repeat(255))));

    assertThat(matched).isFalse();
  }

  @Test
  void agreesWithANaiveMatcher() {
    long seed = Long.getLong("hatoba.seed", 20261124);
    Random random = new Random(seed);
    int matches = 0;
    for (int i = 0; i < 60_000; i++) {
      String pattern = pattern(random, 0);
      String name = text(random, "ab/", random.nextInt(7));
      if (pattern.isEmpty()) {
        continue;
      }
      boolean expected =
          Naive.expand(Naive.marked(pattern)).stream()
              .anyMatch(each -> Naive.matches(each, 0, name, 0));
      NamePattern parsed = NamePattern.parse(pattern);
      assertThat(parsed.matches(name))
          .as("%s on %s, seed %d", pattern, name, seed)
          .isEqualTo(expected);
      if (expected) {
        matches++;
        assertThat(name).startsWith(parsed.literalPrefix());
      }
    }
    assertThat(matches).isGreaterThan(1_000);
  }

  @Test
  void aFilterIncludesOrExcludes() {
    PatternFilter only = PatternFilter.including("ci/**");
    PatternFilter allBut =
        new PatternFilter(PatternFilter.Match.EXCLUDE, NamePattern.parse("ci/**"));

    assertThat(only.selects("ci/a")).isTrue();
    assertThat(only.selects("a")).isFalse();
    assertThat(only.literalPrefix()).isEqualTo("ci/");
    assertThat(allBut.selects("ci/a")).isFalse();
    assertThat(allBut.selects("a")).isTrue();
    assertThat(allBut.literalPrefix()).isEmpty();
    assertThat(PatternFilter.EVERYTHING.selects("any/thing")).isTrue();
    assertThat(PatternFilter.Match.of("exclude")).contains(PatternFilter.Match.EXCLUDE);
    assertThat(PatternFilter.Match.of("EXCLUDE")).isEmpty();
  }

  private static Refusal refusal(String pattern) {
    return catchThrowableOfType(RefusedException.class, () -> NamePattern.parse(pattern)).refusal();
  }

  private static String pattern(Random random, int depth) {
    StringBuilder pattern = new StringBuilder();
    int parts = random.nextInt(5);
    for (int i = 0; i < parts; i++) {
      switch (random.nextInt(depth < 2 ? 7 : 6)) {
        case 0 -> pattern.append('*');
        case 1 -> pattern.append("**");
        case 2 -> pattern.append('?');
        case 6 -> {
          pattern.append('{').append(pattern(random, depth + 1));
          for (int more = random.nextInt(3); more > 0; more--) {
            pattern.append(',').append(pattern(random, depth + 1));
          }
          pattern.append('}');
        }
        default -> pattern.append(text(random, "ab/", 1));
      }
    }
    return pattern.toString();
  }

  private static String text(Random random, String alphabet, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  /** Expands braces, then tries everything. */
  private static final class Naive {
    /** With # for **, since stars that meet where braces are joined are two runs. */
    static String marked(String pattern) {
      return pattern.replace("**", "#");
    }

    static List<String> expand(String pattern) {
      int open = pattern.indexOf('{');
      if (open < 0) {
        return List.of(pattern);
      }
      List<String> expanded = new ArrayList<>();
      int depth = 0;
      int from = open + 1;
      for (int i = open; i < pattern.length(); i++) {
        char c = pattern.charAt(i);
        if (c == '{') {
          depth++;
        } else if (depth == 1 && (c == ',' || c == '}')) {
          for (String inner : expand(pattern.substring(from, i))) {
            expanded.add(pattern.substring(0, open) + inner);
          }
          from = i + 1;
        }
        if (c == '}' && --depth == 0) {
          String rest = pattern.substring(i + 1);
          return expanded.stream().flatMap(start -> ends(start, rest)).toList();
        }
      }
      throw new IllegalArgumentException(pattern);
    }

    private static Stream<String> ends(String start, String rest) {
      return expand(rest).stream().map(end -> start + end);
    }

    static boolean matches(String pattern, int p, String name, int n) {
      if (p == pattern.length()) {
        return n == name.length();
      }
      char c = pattern.charAt(p);
      if (c == '*' || c == '#') {
        boolean slashes = c == '#';
        for (int i = n; i <= name.length(); i++) {
          if (matches(pattern, p + 1, name, i)) {
            return true;
          }
          if (i < name.length() && !slashes && name.charAt(i) == '/') {
            return false;
          }
        }
        return false;
      }
      if (n == name.length() || (c == '?' && name.charAt(n) == '/')) {
        return false;
      }
      return (c == '?' || c == name.charAt(n)) && matches(pattern, p + 1, name, n + 1);
    }
  }
}
