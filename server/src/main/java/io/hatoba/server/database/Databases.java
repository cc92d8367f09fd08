package io.hatoba.server.database;

import io.hatoba.server.startup.DataFolder;
import io.hatoba.server.startup.StartupException;
import java.time.Duration;

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
    between("pool-size", config.poolSize(), 1, 200);
    between("read-threads", config.readThreads(), 1, 64);
    Duration timeout = config.connectionTimeout();
    if (timeout.toMillis() < 250 || timeout.toMinutes() > 5) {
      throw new StartupException("hatoba.database.connection-timeout is from 250ms to 5m.");
    }
    return config
        .url()
        .filter(url -> !url.isBlank())
        .<Database>map(
            url ->
                PostgresDatabase.open(
                    PostgresAddress.parse(url.strip(), config.username(), config.password()),
                    Migrations.OF_THE_PRODUCT,
                    config.poolSize(),
                    timeout))
        .orElseGet(
            () ->
                SqliteDatabase.open(
                    folder.resolve("hatoba.db"),
                    Migrations.OF_THE_PRODUCT,
                    config.readThreads(),
                    timeout));
  }

  private static void between(String key, int value, int least, int most) {
    if (value < least || value > most) {
      throw new StartupException(
          "hatoba.database.%s is from %d to %d, not %d.".formatted(key, least, most, value));
    }
  }
}
