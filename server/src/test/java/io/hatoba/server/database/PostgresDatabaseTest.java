package io.hatoba.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.server.startup.StartupException;
import org.junit.jupiter.api.Test;

final class PostgresDatabaseTest extends DatabaseContract {
  private final String url = TestDatabases.newPostgresUrl();

  @Override
  Database open() {
    return TestDatabases.postgres(url, MIGRATIONS);
  }

  @Test
  void otherServersMayUseItToo() {
    assertThat(database.exclusive()).isFalse();
  }

  @Test
  void aNewerSchemaStopsTheStartWithASentence() {
    database.close();
    TestDatabases.postgres(url, new Migrations("classpath:db/newer")).close();

    assertThatThrownBy(() -> TestDatabases.postgres(url, MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("newer Hatoba")
        .hasMessageContaining("from the future");
  }
}
