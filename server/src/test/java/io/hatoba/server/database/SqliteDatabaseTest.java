package io.hatoba.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.server.startup.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

final class SqliteDatabaseTest extends DatabaseContract {
  @Override
  Database open() {
    return TestDatabases.sqlite(dir, MIGRATIONS);
  }

  @Test
  void isTheOnlyProcess() {
    assertThat(database.exclusive()).isTrue();
  }

  @Test
  void aFileThatIsNoDatabaseStopsTheStartWithASentence() throws IOException {
    Files.createDirectory(dir.resolve("other"));
    Files.writeString(
        dir.resolve("other/hatoba.db"), "this is not a database, but long enough".repeat(200));

    assertThatThrownBy(() -> TestDatabases.sqlite(dir.resolve("other"), MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("damaged or not a SQLite database");
  }

  @Test
  void aMissingFolderStopsTheStartWithASentence() {
    assertThatThrownBy(() -> TestDatabases.sqlite(dir.resolve("missing"), MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void aNewerSchemaStopsTheStartWithASentence() {
    database.close();
    TestDatabases.sqlite(dir, new Migrations("classpath:db/newer")).close();

    assertThatThrownBy(() -> TestDatabases.sqlite(dir, MIGRATIONS))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("newer Hatoba")
        .hasMessageContaining("from the future");
  }
}
