package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.RepositoryName;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScopeTest {
  @Test
  void aScopeIsSplitAtItsFirstAndLastColon() {
    Scope scope = Scope.parse("repository(plugin):host:5000/a/b:pull,push").orElseThrow();

    assertThat(scope.type()).isEqualTo("repository");
    assertThat(scope.name()).isEqualTo("host:5000/a/b");
    assertThat(scope.actions()).containsExactly("pull", "push");
  }

  @Test
  void whatHasNotTheFormIsNoScope() {
    for (String text : List.of("", "x", "a:b", ":a:b", "a::b", "::", ":")) {
      assertThat(Scope.parse(text)).as(text).isEmpty();
    }
    assertThat(Scope.parse("repository:a:").orElseThrow().actions()).isEmpty();
  }

  @Test
  void aPushAsksForPullToo() {
    RepositoryName name = RepositoryName.parse("a/b");

    assertThat(Scope.needing(name, Set.of(Action.PULL))).hasToString("repository:a/b:pull");
    assertThat(Scope.needing(name, Set.of(Action.PUSH))).hasToString("repository:a/b:pull,push");
    assertThat(Scope.needing(name, Set.of(Action.DELETE))).hasToString("repository:a/b:delete");
    assertThat(Scope.CATALOG).hasToString("registry:catalog:*");
  }
}
