package io.hatoba.server.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Real databases for tests, with the product's schema and nothing in it.
 *
 * <pre>
 * abstract class TagsContract {
 *   abstract Database open(Path dir);
 *   …
 * }
 * final class SqliteTagsTest extends TagsContract {
 *   Database open(Path dir) { return TestDatabases.sqlite(dir); }
 * }
 * final class PostgresTagsTest extends TagsContract {
 *   Database open(Path dir) { return TestDatabases.postgres(); }
 * }
 * </pre>
 *
 * <p>Whoever opens one closes it. PostgreSQL is started once for all tests of a run.
 */
public final class TestDatabases {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final AtomicInteger COUNTER = new AtomicInteger();

  private TestDatabases() {}

  /** SQLite in {@code dir/hatoba.db}, as in production; opens again what is there. */
  public static Database sqlite(Path dir) {
    return sqlite(dir, Migrations.OF_THE_PRODUCT);
  }

  /** SQLite as a version of the product left it whose last migration had this number. */
  public static Database sqliteOf(int lastMigration, Path dir) {
    return sqlite(dir, migrationsUpTo(lastMigration, dir));
  }

  /** PostgreSQL as a version of the product left it whose last migration had this number. */
  public static Database postgresOf(int lastMigration, String url, Path dir) {
    return postgres(url, migrationsUpTo(lastMigration, dir));
  }

  private static Migrations migrationsUpTo(int last, Path dir) {
    try {
      Path some = Files.createDirectories(dir.resolve("migrations-" + last));
      URL all = Objects.requireNonNull(TestDatabases.class.getResource("/db/migration"));
      try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(all.toURI()), "V*.sql")) {
        for (Path file : files) {
          String name = String.valueOf(file.getFileName());
          if (Integer.parseInt(name.substring(1, 5)) <= last) {
            Files.copy(file, some.resolve(name));
          }
        }
      }
      return new Migrations("filesystem:" + some);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A new PostgreSQL database. */
  public static Database postgres() {
    return postgres(newPostgresUrl());
  }

  /** Opens a PostgreSQL database of {@link #newPostgresUrl()} (again, or a second node on it). */
  public static Database postgres(String url) {
    return postgres(url, Migrations.OF_THE_PRODUCT);
  }

  /** Makes an empty PostgreSQL database and returns its JDBC URL with user and password. */
  public static String newPostgresUrl() {
    String name = "test_" + COUNTER.incrementAndGet();
    EmbeddedPostgres server = Server.RUNNING;
    try (var connection = server.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return server.getJdbcUrl("postgres", name);
  }

  static SqliteDatabase sqlite(Path dir, Migrations migrations) {
    return SqliteDatabase.open(dir.resolve("hatoba.db"), migrations, 4, TIMEOUT);
  }

  static PostgresDatabase postgres(String url, Migrations migrations) {
    return PostgresDatabase.open(
        PostgresAddress.parse(url, Optional.empty(), Optional.empty()), migrations, 8, TIMEOUT);
  }

  /** Started by the first test that needs it; ends with the JVM. */
  private static final class Server {
    static final EmbeddedPostgres RUNNING = start();

    private static EmbeddedPostgres start() {
      try {
        return EmbeddedPostgres.builder().setServerConfig("max_connections", "300").start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
