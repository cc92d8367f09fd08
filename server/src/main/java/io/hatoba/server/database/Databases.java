package io.hatoba.server.database;

import io.hatoba.server.startup.DataFolder;
import io.hatoba.server.startup.StartupException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Opens the database that the configuration names. */
public final class Databases {
  /** The name of the SQLite file in its folder. */
  public static final String FILE = "hatoba.db";

  /** A server under load commits one batch after another; the turn of a command comes late. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

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
                    folder.resolve(FILE),
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

  /**
   * Checks the address without connecting.
   *
   * @throws StartupException if it is none
   */
  public static void checkAddress(DatabaseConfig config) {
    config
        .url()
        .filter(url -> !url.isBlank())
        .ifPresent(url -> PostgresAddress.parse(url.strip(), config.username(), config.password()));
  }

  /** Whether the configuration names a database that several servers can share. */
  public static boolean isShared(DatabaseConfig config) {
    return config.url().filter(url -> !url.isBlank()).isPresent();
  }

  /**
   * Opens the database as it is, beside a server that may be running: no lock is taken and the
   * schema is not touched.
   *
   * @param folder holds the file if the database is SQLite
   * @throws StartupException if that is impossible, with a sentence that says what to change
   */
  public static Database beside(DatabaseConfig config, Path folder) {
    return config
        .url()
        .filter(url -> !url.isBlank())
        .<Database>map(
            url ->
                PostgresDatabase.beside(
                    PostgresAddress.parse(url.strip(), config.username(), config.password()),
                    config.connectionTimeout()))
        .orElseGet(() -> SqliteFile.beside(sqliteFile(folder), PATIENCE));
  }

  /**
   * The SQLite file in a data folder.
   *
   * @throws StartupException if there is none
   */
  public static Path sqliteFile(Path folder) {
    Path file = folder.toAbsolutePath().normalize().resolve(FILE);
    if (!Files.exists(file)) {
      throw new StartupException(
          "There is no database in %s. Name the data folder with --data, or the database with HATOBA_DATABASE_URL."
              .formatted(file.getParent()));
    }
    return file;
  }

  /** The schema that this program brings a database to: the number of its last migration. */
  public static int schema() {
    return Migrations.OF_THE_PRODUCT.latest();
  }

  /** The schema that a database has; empty if it was not made by this program. */
  public static Optional<Integer> schemaOf(Database database) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    database.dialect() == Dialect.SQLITE
                        ? """
                        SELECT count(*)
                        FROM sqlite_schema
                        WHERE name = 'flyway_schema_history'
                        """
                        : """
                        SELECT count(*)
                        FROM pg_class
                        WHERE oid = to_regclass('flyway_schema_history')
                        """)
                .mapTo(Integer.class)
                .filter(tables -> tables > 0)
                .findOne()
                .flatMap(
                    _ ->
                        handle
                            .createQuery(
                                """
                                SELECT max(CAST(version AS INT))
                                FROM flyway_schema_history
                                WHERE success AND version IS NOT NULL
                                """)
                            .mapTo(Integer.class)
                            .findOne()));
  }
}
