package io.hatoba.server.startup;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.startup.Settings.Outcome;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @TempDir Path folder;

  /** A bit of everything that a setting can be. */
  @ConfigMapping(prefix = "hatoba.probe")
  interface Probe {
    @WithDefault("5000")
    @Range(min = "0", max = "65535")
    int port();

    @WithDefault("30s")
    @Range(min = "1s", max = "1h")
    Duration stopTimeout();

    @WithDefault("4M")
    @Range(min = "64K", max = "64M")
    MemorySize limit();

    @WithDefault("true")
    boolean sparse();

    @WithDefault("one-way")
    Way way();

    Optional<Secret> password();

    Optional<List<String>> proxies();

    Optional<String> url();

    Nested nested();

    interface Nested {
      Optional<String> name();
    }

    enum Way {
      ONE_WAY,
      OTHER_WAY
    }
  }

  private static final List<Setting> SETTINGS = Setting.of(List.of(Probe.class));

  @Test
  void withoutAnyWordTheDefaultsApply() {
    assertThat(accepted(read(List.of(), Map.of())))
        .isEqualTo(
            Map.of(
                "hatoba.probe.port", "5000",
                "hatoba.probe.stop-timeout", "30s",
                "hatoba.probe.limit", "4M",
                "hatoba.probe.sparse", "true",
                "hatoba.probe.way", "one-way"));
  }

  @Test
  void flagsBeatSystemPropertiesBeatEnvironmentBeatFile() throws IOException {
    Path file =
        file("hatoba.probe.port=1", "hatoba.probe.nested.name=file", "hatoba.probe.way=other-way");
    Map<String, String> environment =
        Map.of("HATOBA_PROBE_PORT", "2", "HATOBA_PROBE_NESTED_NAME", "environment");
    Properties properties = new Properties();
    properties.setProperty("hatoba.probe.port", "3");
    Outcome outcome =
        Settings.read(
            SETTINGS,
            List.of("--config", file.toString(), "--probe-port=4"),
            environment,
            properties);
    assertThat(accepted(outcome))
        .containsEntry("hatoba.probe.port", "4")
        .containsEntry("hatoba.probe.nested.name", "environment")
        .containsEntry("hatoba.probe.way", "other-way");
    Outcome withoutFlag =
        Settings.read(SETTINGS, List.of("--config", file.toString()), environment, properties);
    assertThat(accepted(withoutFlag)).containsEntry("hatoba.probe.port", "3");
  }

  @Test
  void theFileMayBeNamedByTheEnvironment() throws IOException {
    Path file = file("hatoba.probe.port=1");
    assertThat(accepted(read(List.of(), Map.of("HATOBA_CONFIG", file.toString()))))
        .containsEntry("hatoba.probe.port", "1");
  }

  @Test
  void flagsAreWrittenWithOrWithoutEqualsSignAndDots() {
    assertThat(accepted(read(List.of("--probe-port", "1"), Map.of())))
        .containsEntry("hatoba.probe.port", "1");
    assertThat(accepted(read(List.of("--probe.nested.name=a=b"), Map.of())))
        .containsEntry("hatoba.probe.nested.name", "a=b");
  }

  @Test
  void anUnknownKeyStopsTheStartWhereverItStands() throws IOException {
    Path file = file("hatoba.probe.prot=1", "unrelated=2");
    Properties properties = new Properties();
    properties.setProperty("hatoba.probe.limits", "4M");
    properties.setProperty("other.key", "1");
    Outcome outcome =
        Settings.read(
            SETTINGS,
            List.of("--config", file.toString(), "--probe-portt", "1"),
            Map.of("HATOBA_PROBE_WAYS", "x", "OTHER", "1"),
            properties);
    assertThat(refused(outcome))
        .containsExactlyInAnyOrder(
            "hatoba.probe.prot in the file %s is not a setting. Did you mean hatoba.probe.port? Remove it, or see docs/reference/configuration.md."
                .formatted(file),
            "unrelated in the file %s is not a setting. Remove it, or see docs/reference/configuration.md."
                .formatted(file),
            "The environment variable HATOBA_PROBE_WAYS is not a setting. Did you mean HATOBA_PROBE_WAY? Remove it, or see docs/reference/configuration.md.",
            "hatoba.probe.limits in the system property -Dhatoba.probe.limits is not a setting. Did you mean hatoba.probe.limit? Remove it, or see docs/reference/configuration.md.",
            "--probe-portt is not a flag. Did you mean --probe-port? --help lists the flags.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port | abc | a whole number from 0 to 65535",
        "port | 65536 | a whole number from 0 to 65535",
        "port | -1 | a whole number from 0 to 65535",
        "port | 99999999999 | a whole number from 0 to 65535",
        "stop-timeout | soon | a time such as 500ms, 30s, 5m or 2h, from 1s to 1h",
        "stop-timeout | 0s | a time such as 500ms, 30s, 5m or 2h, from 1s to 1h",
        "stop-timeout | 61m | a time such as 500ms, 30s, 5m or 2h, from 1s to 1h",
        "limit | 1 | a size such as 20K, 4M or 1G, from 64K to 64M",
        "limit | 65M | a size such as 20K, 4M or 1G, from 64K to 64M",
        "limit | big | a size such as 20K, 4M or 1G, from 64K to 64M",
        "sparse | yes | true or false",
        "sparse | treu | true or false",
        "way | up | one of one-way, other-way",
      })
  void aWrongValueIsRefusedWithKeyValuePlaceAndForm(String name, String value, String form) {
    String variable = "HATOBA_PROBE_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    assertThat(refused(read(List.of(), Map.of(variable, value))))
        .containsExactly(
            "hatoba.probe.%s is '%s' in the environment variable %s. It must be %s."
                .formatted(name, value, variable, form));
  }

  @ParameterizedTest
  @CsvSource({
    "port, 0",
    "port, 65535",
    "stop-timeout, 1s",
    "stop-timeout, PT1H",
    "stop-timeout, 1500ms",
    "limit, 65536",
    "limit, 64M",
    "sparse, false",
    "way, other-way",
    "proxies, '10.0.0.0/8,127.0.0.1'"
  })
  void theLimitsThemselvesAreAllowed(String name, String value) {
    assertThat(accepted(read(List.of("--probe-" + name, value), Map.of())))
        .containsEntry("hatoba.probe." + name, value);
  }

  @Test
  void anEmptyValueIsAMistake() {
    assertThat(refused(read(List.of("--probe-url="), Map.of())))
        .containsExactly(
            "hatoba.probe.url in the flag --probe-url is empty. Give it a value, or remove it.");
  }

  @Test
  void allMistakesAreToldAtOnce() {
    assertThat(refused(read(List.of("--probe-port", "x", "--probe-way", "y", "stray"), Map.of())))
        .hasSize(3);
  }

  @Test
  void aSecretIsNoFlagAndIsNotShown() {
    assertThat(refused(read(List.of("--probe-password", "hunter2"), Map.of())))
        .singleElement()
        .asString()
        .contains("HATOBA_PROBE_PASSWORD", "hatoba.probe.password")
        .doesNotContain("hunter2");
    Outcome accepted = read(List.of(), Map.of("HATOBA_PROBE_PASSWORD", "hunter2"));
    assertThat(accepted(accepted)).containsEntry("hatoba.probe.password", "hunter2");
    assertThat(accepted.toString()).doesNotContain("hunter2");
  }

  @Test
  void thePasswordInAWrongUrlIsNotShown() {
    List<Setting> settings = Setting.of(List.of(Url.class));
    Outcome outcome =
        Settings.read(
            settings,
            List.of(),
            Map.of("HATOBA_URL_PORT", "postgresql://kim:hunter2@db/hatoba"),
            new Properties());
    assertThat(refused(outcome))
        .singleElement()
        .asString()
        .contains("postgresql://***@db/hatoba")
        .doesNotContain("hunter2");
  }

  @ConfigMapping(prefix = "hatoba.url")
  interface Url {
    @WithDefault("1")
    int port();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HATOBA_SERVICE_HOST",
        "HATOBA_SERVICE_PORT",
        "HATOBA_SERVICE_PORT_HTTP",
        "HATOBA_PORT_5000_TCP",
        "HATOBA_PORT_5000_TCP_ADDR",
        "HATOBA_DB_SERVICE_HOST"
      })
  void whatKubernetesSetsForAServiceIsNobodysMistake(String variable) {
    accepted(read(List.of(), Map.of(variable, "10.0.0.1")));
    assertThat(accepted(read(List.of(), Map.of("HATOBA_PROBE_PORT", "tcp://10.0.0.1:5000"))))
        .containsEntry("hatoba.probe.port", "5000");
  }

  @Test
  void aMissingFileIsTold() {
    Path missing = folder.resolve("missing.properties");
    assertThat(refused(read(List.of("--config", missing.toString()), Map.of())))
        .containsExactly(
            "The settings file %s does not exist. Correct --config or HATOBA_CONFIG."
                .formatted(missing));
  }

  @Test
  void aFlagWithoutValueIsTold() {
    assertThat(refused(read(List.of("--probe-port"), Map.of())))
        .containsExactly(
            "The flag --probe-port needs a value: write --probe-port VALUE or --probe-port=VALUE.");
  }

  @Test
  void helpAndVersionWinOverMistakes() {
    assertThat(read(List.of("--nonsense", "--help"), Map.of())).isInstanceOf(Outcome.Help.class);
    assertThat(read(List.of("--version"), Map.of())).isInstanceOf(Outcome.Version.class);
  }

  private static Outcome read(List<String> arguments, Map<String, String> environment) {
    return Settings.read(SETTINGS, arguments, environment, new Properties());
  }

  private static Map<String, String> accepted(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Accepted.class);
    return ((Outcome.Accepted) outcome).values();
  }

  private static List<String> refused(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Refused.class);
    return ((Outcome.Refused) outcome).sentences();
  }

  private Path file(String... lines) throws IOException {
    return Files.write(folder.resolve("hatoba.properties"), List.of(lines));
  }
}
