package io.hatoba.server.auth;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;

/** The databases that tests of this and the packages below run on. */
public enum TestDatabaseKind {
  SQLITE {
    @Override
    public Database open(Path dir) {
      return TestDatabases.sqlite(dir);
    }
  },
  POSTGRESQL {
    @Override
    public Database open(Path dir) {
      return TestDatabases.postgres();
    }
  };

  /** A new, empty one. */
  public abstract Database open(Path dir);
}
