package io.hatoba.server.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistryNameTest {
  @Test
  void aNameIsOnePartOfTheGrammar() {
    for (String good :
        List.of("a", "team", "my-registry", "a__b", "a.b", "library", "tags", "x".repeat(64))) {
      assertThat(RegistryName.parse(good).value()).isEqualTo(good);
    }
  }

  @Test
  void everythingElseAndTheWordsOfTheServiceAreRefused() {
    for (String bad :
        List.of(
            "",
            "a/b",
            "Team",
            "-a",
            "a-",
            "a___b",
            "_catalog",
            "v2",
            "token",
            "api",
            "x".repeat(65))) {
      assertThat(
              catchThrowableOfType(RefusedException.class, () -> RegistryName.parse(bad))
                  .refusal()
                  .code())
          .as(bad)
          .isEqualTo(ErrorCode.NAME_INVALID);
      assertThatThrownBy(() -> new RegistryName(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
