package io.hatoba.server.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChartYamlTest {
  @Test
  void aChartIsReadAsItIs() {
    assertThat(
            ChartYaml.toJson(
                """
                apiVersion: v2
                name: web
                version: 1.2.3
                deprecated: false
                annotations:
                  since: 2026-01-02
                dependencies:
                  - name: db
                    version: ">= 1"
                """))
        .hasValueSatisfying(
            json -> {
              assertThat(json.path("name").textValue()).isEqualTo("web");
              assertThat(json.path("deprecated").booleanValue()).isFalse();
              assertThat(json.path("dependencies").path(0).path("version").textValue())
                  .isEqualTo(">= 1");
              assertThat(json.path("annotations").path("since").textValue())
                  .isEqualTo("2026-01-02T00:00:00Z");
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "- a",
        "text",
        "a: [",
        "a: 1\na: 2",
        "a: !!javax.script.ScriptEngineManager [x]",
        "a: !!java.net.URL ['http://127.0.0.1/']",
        "a: &x [*x]",
        "? &a {x: *a}\n: 1"
      })
  void whatIsNoChartIsNone(String text) {
    assertThat(ChartYaml.toJson(text)).isEmpty();
  }

  @Test
  void aliasesDoNotGrow() {
    StringBuilder text = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++) {
      String alias = "*a" + (i - 1);
      text.append("a%d: &a%d [".formatted(i, i))
          .append(String.join(",", java.util.Collections.nCopies(10, alias)))
          .append("]\n");
    }
    assertThat(ChartYaml.toJson(text.toString())).isEmpty();
  }

  @Test
  void depthIsBounded() {
    assertThat(ChartYaml.toJson("a: " + "[".repeat(10_000) + "]".repeat(10_000))).isEmpty();
  }
}
