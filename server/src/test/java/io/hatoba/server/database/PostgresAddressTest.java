package io.hatoba.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.server.startup.Secret;
import io.hatoba.server.startup.StartupException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PostgresAddressTest {
  @Test
  void aUrlWithUserAndPasswordIsTakenApart() {
    PostgresAddress address = parse("postgresql://hatoba:p%40ss+w%3Ard@db.example:5433/registry");

    assertThat(address.jdbcUrl()).isEqualTo("jdbc:postgresql://db.example:5433/registry");
    assertThat(address.username()).contains("hatoba");
    assertThat(address.password()).map(Secret::reveal).contains("p@ss+w:rd");
  }

  @Test
  void parametersStay() {
    assertThat(parse("postgres://db/registry?sslmode=require").jdbcUrl())
        .isEqualTo("jdbc:postgresql://db/registry?sslmode=require");
    assertThat(parse("jdbc:postgresql://db/registry?sslmode=require").jdbcUrl())
        .isEqualTo("jdbc:postgresql://db/registry?sslmode=require");
  }

  @Test
  void theSettingsWinOverTheUrl() {
    PostgresAddress address =
        PostgresAddress.parse(
            "postgresql://a:b@db/registry", Optional.of("kim"), Optional.of(new Secret("secret")));

    assertThat(address.username()).contains("kim");
    assertThat(address.password()).map(Secret::reveal).contains("secret");
  }

  @Test
  void aPasswordIsNeverPrinted() {
    assertThat(parse("postgresql://hatoba:hidden@db/registry")).asString().doesNotContain("hidden");
    assertThat(parse("jdbc:postgresql://db/registry?password=hidden"))
        .asString()
        .doesNotContain("hidden");
  }

  @Test
  void whatIsNoPostgresqlUrlStopsTheStartWithASentence() {
    assertThatThrownBy(() -> parse("mysql://db/registry"))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("hatoba.database.url");
    assertThatThrownBy(() -> parse("postgresql://a:b c@db/registry"))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("hatoba.database.password");
  }

  private static PostgresAddress parse(String url) {
    return PostgresAddress.parse(url, Optional.empty(), Optional.empty());
  }
}
