package io.hatoba.server.audit;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;

class SqliteAuditedContentTest extends AuditedContentContract {
  @Override
  Database open(Path dir) {
    return TestDatabases.sqlite(dir);
  }
}
