package io.hatoba.server.database;

import io.hatoba.server.startup.DataFolder;
import io.hatoba.server.startup.StartupException;
import java.util.Optional;

/** Opens the database that the configuration names. */
public final class Databases {
  private Databases() {}

  /**
   * Connects, brings the schema up to date and returns a database ready for use.
   *
   * @param folder holds the file if the database is SQLite; its lock makes this the only process
   * @throws StartupException if that is impossible, with a sentence that says what to change
   */
  public static Database open(DatabaseConfig config, DataFolder folder) {
    return openShared(config)
        .orElseGet(
            () ->
                SqliteDatabase.open(
                    folder.resolve("hatoba.db"),
                    Migrations.OF_THE_PRODUCT,
                    config.readThreads(),
                    config.connectionTimeout()));
  }

  /**
   * As {@link #open}, if the configuration names a database that several servers can share; no
   * folder is needed for that.
   */
  public static Optional<Database> openShared(DatabaseConfig config) {
    return config
        .url()
        .filter(url -> !url.isBlank())
        .map(
            url ->
                PostgresDatabase.open(
                    PostgresAddress.parse(url.strip(), config.username(), config.password()),
                    Migrations.OF_THE_PRODUCT,
                    config.poolSize(),
                    config.connectionTimeout()));
  }
}
