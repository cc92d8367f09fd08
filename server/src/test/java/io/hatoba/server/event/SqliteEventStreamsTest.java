package io.hatoba.server.event;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;

class SqliteEventStreamsTest extends EventStreamsContract {
  @Override
  Database open(Path dir) {
    return TestDatabases.sqlite(dir);
  }
}
