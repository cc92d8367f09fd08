package io.hatoba.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PostgresVerifyLiveTest extends VerifyLiveContract {
  private final String url = TestDatabases.newPostgresUrl();

  @Override
  Database open(Path dir) {
    return TestDatabases.postgres(url);
  }

  @Override
  Map<String, String> environment() {
    return Map.of("HATOBA_DATABASE_URL", url);
  }

  @Test
  void aBackupIsLeftToPgDump() {
    Ran ran = Ran.command(environment(), "", List.of("backup", data.resolve("b").toString()));

    assertThat(ran.ends(ExitCode.FAILED).err()).contains("pg_dump");
    assertThat(data.resolve("b")).doesNotExist();
  }
}
