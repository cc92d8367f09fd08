package io.hatoba.server.database;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.startup.StartupException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * A SQLite file as it is, for a command: one connection, one transaction at a time, no migration.
 *
 * <p>{@link #beside} opens the file of a server that may be running in another process; WAL mode
 * lets both read at any time and write in turn. {@link #sole} opens a file that nobody else uses,
 * {@link #frozen} one that nobody may change: it makes no file beside it and takes no lock, so that
 * it works on a read-only disk.
 */
public final class SqliteFile implements Database {
  private static final int MOST_PROBLEMS = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private final Connection connection;
  private final Statement statement;
  private final Handle handle;
  private final boolean exclusive;

  private SqliteFile(Connection connection, boolean exclusive) throws SQLException {
    this.connection = connection;
    this.statement = connection.createStatement();
    this.handle = StatementCache.handle(connection);
    this.exclusive = exclusive;
  }

  /**
   * Opens the file of a server that may be running.
   *
   * @param patience how long a write waits for the server's
   * @throws StartupException if there is no such file, or it is no database
   */
  public static SqliteFile beside(Path file, Duration patience) {
    SQLiteConfig config = config(patience);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.enforceForeignKeys(true);
    SqliteFile opened = open(file, config, "", false);
    // What is in the log is the server's to move.
    opened.leaveLogAlone();
    return opened;
  }

  /**
   * Opens a file for change that nobody else uses. It stays one file.
   *
   * @throws StartupException if there is no such file, or it is no database
   */
  public static SqliteFile sole(Path file) {
    SQLiteConfig config = config(Duration.ofSeconds(1));
    config.setJournalMode(SQLiteConfig.JournalMode.DELETE);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.enforceForeignKeys(true);
    return open(file, config, "", true);
  }

  /**
   * Opens a file that nobody changes.
   *
   * @throws StartupException if there is no such file, or it is no database
   */
  public static SqliteFile frozen(Path file) {
    SQLiteConfig config = config(Duration.ofSeconds(1));
    config.setReadOnly(true);
    return open(file, config, "?immutable=1", true);
  }

  private static SQLiteConfig config(Duration patience) {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(Math.toIntExact(patience.toMillis()));
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    return config;
  }

  private static SqliteFile open(
      Path file, SQLiteConfig config, String parameters, boolean exclusive) {
    if (!Files.isRegularFile(file)) {
      throw new StartupException("There is no database file %s.".formatted(file));
    }
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:file:" + file.toAbsolutePath().toUri().getRawPath() + parameters);
    try {
      Connection connection = source.getConnection();
      try {
        SqliteFile opened = new SqliteFile(connection, exclusive);
        opened.readSchema();
        return opened;
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    } catch (SQLException e) {
      throw new StartupException(
          "The database file %s cannot be read (%s). It is damaged, not a SQLite database, or this user may not read it and write beside it."
              .formatted(file, e.getMessage()),
          e);
    }
  }

  @Override
  public Dialect dialect() {
    return Dialect.SQLITE;
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    return transaction("BEGIN DEFERRED", work, false);
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    return transaction("BEGIN IMMEDIATE", work, true);
  }

  @Override
  public boolean exclusive() {
    return exclusive;
  }

  /**
   * Writes all that is committed now, as one snapshot, to a new file. Whoever reads and writes the
   * database goes on meanwhile; its log grows until this has ended.
   *
   * @param file does not exist; is whole when this returns, but not yet synced
   */
  public void copyTo(Path file) {
    lock.lock();
    try (PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
      copy.setString(1, file.toString());
      copy.execute();
    } catch (SQLException e) {
      throw failed(e, true);
    } finally {
      lock.unlock();
    }
  }

  /** What SQLite finds wrong with the file itself; empty if it is sound. */
  public List<String> problems() {
    lock.lock();
    try {
      List<String> problems = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery("PRAGMA integrity_check(" + MOST_PROBLEMS + ")")) {
        while (rows.next()) {
          String row = rows.getString(1);
          if (!row.equals("ok")) {
            problems.add(row);
          }
        }
      }
      if (!problems.isEmpty()) {
        return problems;
      }
      try (ResultSet rows = statement.executeQuery("PRAGMA foreign_key_check")) {
        while (rows.next() && problems.size() < MOST_PROBLEMS) {
          problems.add(
              "a row of %s names a row of %s that is not there"
                  .formatted(rows.getString(1), rows.getString(3)));
        }
      }
      return problems;
    } catch (SQLException e) {
      return List.of(String.valueOf(e.getMessage()));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      statement.close();
      handle.close();
    } catch (SQLException e) {
      throw failed(e, true);
    } finally {
      lock.unlock();
    }
  }

  private <T extends @Nullable Object> T transaction(String begin, Work<T> work, boolean writing) {
    lock.lock();
    try {
      statement.execute(begin);
      boolean done = false;
      try {
        T result = work.run(handle);
        statement.execute("COMMIT");
        done = true;
        return result;
      } finally {
        if (!done) {
          statement.execute("ROLLBACK");
        }
      }
    } catch (SQLException e) {
      throw failed(e, writing);
    } catch (RuntimeException e) {
      throw DatabaseErrors.translated(e, writing);
    } finally {
      lock.unlock();
    }
  }

  /** Fails if the file is no database. */
  private void readSchema() throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT count(*) FROM sqlite_schema")) {
      row.next();
    }
  }

  private void leaveLogAlone() {
    try (ResultSet row = statement.executeQuery("PRAGMA wal_autocheckpoint = 0")) {
      row.next();
    } catch (SQLException e) {
      throw failed(e, true);
    }
  }

  private static RuntimeException failed(SQLException failure, boolean writing) {
    return DatabaseErrors.translate(failure, writing) instanceof RefusedException refused
        ? refused
        : new RefusedException(
            new Refusal.Unavailable(
                "the database cannot do that (%s)".formatted(failure.getMessage()),
                Duration.ofSeconds(1)));
  }
}
