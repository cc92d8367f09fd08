package io.hatoba.server.image;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;

final class SqliteListPlansTest extends ListPlansContract {
  @Override
  Database open(Path dir) {
    return TestDatabases.sqlite(dir);
  }
}
