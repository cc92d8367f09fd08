package io.hatoba.server.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class EntityTagsTest {
  @Test
  void aListOfTagsMatchesEachOfThem() {
    EntityTags tags = EntityTags.parse(List.of("\"a\", W/\"b\" ,\"c,d\"", "\"e\""));
    assertThat(tags.tags()).containsExactly("a", "b", "c,d", "e");
    assertThat(tags.match("c,d")).isTrue();
    assertThat(tags.match("d")).isFalse();
  }

  @Test
  void aStarMatchesAnything() {
    assertThat(EntityTags.parse(List.of(" * ")).match("a")).isTrue();
    assertThat(EntityTags.parse(List.of("\"*\"")).match("a")).isFalse();
  }

  /** sretoolbox PR#49: clients that were given unquoted tags elsewhere send them back so. */
  @Test
  void anUnquotedTagIsUnderstood() {
    assertThat(EntityTags.parse(List.of("sha256:ab")).match("sha256:ab")).isTrue();
  }

  @Test
  void nothingMatchesNothing() {
    assertThat(EntityTags.parse(List.of()).match("")).isFalse();
    assertThat(EntityTags.parse(List.of("")).match("")).isFalse();
    assertThat(EntityTags.parse(List.of("\"unclosed")).match("a")).isFalse();
  }
}
