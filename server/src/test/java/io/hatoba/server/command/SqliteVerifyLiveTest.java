package io.hatoba.server.command;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;
import java.util.Map;

final class SqliteVerifyLiveTest extends VerifyLiveContract {
  @Override
  Database open(Path dir) {
    return TestDatabases.sqlite(dir);
  }

  @Override
  Map<String, String> environment() {
    return Map.of();
  }
}
