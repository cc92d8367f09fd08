package io.hatoba.server.reclaim;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;

final class SqliteOrphanSweepTest extends OrphanSweepContract {
  @Override
  Database open(Path folder) {
    return TestDatabases.sqlite(folder);
  }
}
