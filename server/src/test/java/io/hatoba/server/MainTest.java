package io.hatoba.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.database.DatabaseConfig;
import io.hatoba.server.startup.Secret;
import io.hatoba.server.startup.Settings;
import io.hatoba.server.startup.Settings.Outcome;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "correct horse battery staple",
        "${HOME}",
        "${HOME:x}",
        "a$b$$c",
        "$",
        "${",
        "}",
        "\\",
        "a\\b\\\\c",
        "\\$",
        "\\${HOME}",
        "\\\\${HOME}",
        "$\\{HOME}",
        "#{HOME}",
        "\\u0041,b\\,c",
        "パス${ワード}"
      })
  void whatIsGivenArrivesUnchanged(String value) {
    SmallRyeConfig config =
        running(
            Map.of(
                "HATOBA_ADMIN_PASSWORD", value,
                "HATOBA_BOOTSTRAP_ACCESS_KEY", "key:" + value,
                "HATOBA_BOOTSTRAP_REGISTRY", value,
                "HATOBA_DATABASE_PASSWORD", value));

    ServerConfig server = config.getConfigMapping(ServerConfig.class);
    assertThat(server.adminPassword()).map(Secret::reveal).contains(value);
    assertThat(server.bootstrap().accessKey()).map(Secret::reveal).contains("key:" + value);
    assertThat(server.bootstrap().registry()).isEqualTo(value);
    assertThat(config.getConfigMapping(DatabaseConfig.class).password())
        .map(Secret::reveal)
        .contains(value);
  }

  @Test
  void aSecretThatIsNotGivenIsAbsent() {
    SmallRyeConfig config = running(Map.of());

    assertThat(config.getConfigMapping(ServerConfig.class).adminPassword()).isEmpty();
    assertThat(config.getConfigMapping(ServerConfig.class).bootstrap().accessKey()).isEmpty();
    assertThat(config.getConfigMapping(DatabaseConfig.class).password()).isEmpty();
  }

  /** The settings as features read them, made of the system properties that the program sets. */
  private static SmallRyeConfig running(Map<String, String> environment) {
    Outcome outcome = Settings.read(Features.settings(), List.of(), environment, new Properties());
    assertThat(outcome).isInstanceOf(Outcome.Accepted.class);
    Map<String, String> properties = new TreeMap<>();
    ((Outcome.Accepted) outcome)
        .values()
        .forEach((key, value) -> properties.put(key, Main.literal(value)));
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDiscoveredConverters()
        .withMapping(ServerConfig.class)
        .withMapping(DatabaseConfig.class)
        .withMappingIgnore("**")
        .withSources(new PropertiesConfigSource(properties, "system properties", 400))
        .build();
  }
}
