package io.hatoba.server.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageConfigTest {
  @Test
  void whatTheSpecificationSaysIsShown() {
    ImageConfig config =
        parse(
            """
            {"created":"2026-01-02T03:04:05Z","architecture":"arm64","os":"linux",
             "config":{"User":"app","Env":["A=1"],"Cmd":["run"],"Entrypoint":["/bin/sh"],
               "ExposedPorts":{"80/tcp":{}},"Labels":{"b":"2"},"WorkingDir":"/srv"},
             "history":[{"created_by":"FROM x"},{"created_by":"ENV A=1","empty_layer":true},
               {"created_by":"RUN y"}]}
            """);
    assertThat(config.env()).containsExactly("A=1");
    assertThat(config.exposedPorts()).containsExactly("80/tcp");
    assertThat(config.labels()).isEqualTo(Map.of("b", "2"));
    assertThat(config.history()).hasSize(3);
    assertThat(config.stepsWithLayers())
        .extracting(step -> step.createdBy().orElse(""))
        .containsExactly("FROM x", "RUN y");
  }

  @Test
  void whatHasAnotherFormIsLeftOut() {
    ImageConfig config =
        parse(
            """
            {"os":1,"config":{"Env":"x","Cmd":[1,"a"],"Labels":["x"],"ExposedPorts":"80"},"history":{"a":1}}
            """);
    assertThat(config.os()).isEmpty();
    assertThat(config.cmd()).containsExactly("a");
    assertThat(config.labels()).isEmpty();
    assertThat(config.exposedPorts()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "1",
        "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
      })
  void whatIsNoConfigIsRefused(String text) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(RefusedException.class);
  }

  private static ImageConfig parse(String text) {
    return ImageConfig.parse(text.getBytes(StandardCharsets.UTF_8));
  }
}
