package io.hatoba.server.scrub;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;

final class SqliteScrubTest extends ScrubContract {
  @Override
  Database open(Path folder) {
    return TestDatabases.sqlite(folder);
  }
}
