package io.hatoba.server.event;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;

class PostgresEventStreamsTest extends EventStreamsContract {
  @Override
  Database open(Path dir) {
    return TestDatabases.postgres();
  }
}
