package io.hatoba.server.reclaim;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;

final class PostgresOrphanSweepTest extends OrphanSweepContract {
  @Override
  Database open(Path folder) {
    return TestDatabases.postgres();
  }
}
