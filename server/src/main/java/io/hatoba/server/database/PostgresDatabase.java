package io.hatoba.server.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.startup.StartupException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL database, which other servers use at the same time.
 *
 * <p><b>Writes</b> run in READ COMMITTED: work that checks before it writes locks what it checked
 * ({@link Dialect#forShare()}). A serialisation failure or a deadlock runs the work again, up to
 * {@link #TRIES} times with growing random pauses. A statement that fails spoils its whole
 * transaction, so work does not go on after one. <b>Reads</b> run in REPEATABLE READ, READ ONLY, on
 * connections of their own.
 *
 * <p>A server that says nothing for a minute is taken for hung: the connection is given up, and its
 * caller refused.
 *
 * <p>If the connection breaks while a commit is under way, the caller is refused although the
 * commit may have succeeded.
 */
final class PostgresDatabase implements Database {
  private static final Logger LOG = Logger.getLogger(PostgresDatabase.class);
  private static final int TRIES_FOR_A_REFERENCE = 3;
  private static final int TRIES = 8;
  private static final int OLDEST = 140_000;

  /** Far more than a statement takes here, and less than a caller would wait for a hung server. */
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);

  private final Gate gate = new Gate();
  private final HikariDataSource writers;
  private final HikariDataSource readers;
  private final Jdbi writing;
  private final Jdbi reading;

  private PostgresDatabase(HikariDataSource writers, HikariDataSource readers) {
    this.writers = writers;
    this.readers = readers;
    this.writing = Mappings.register(Jdbi.create(writers));
    this.reading = Mappings.register(Jdbi.create(readers));
  }

  /**
   * Connects and brings the schema up to date.
   *
   * @throws StartupException if it cannot be reached, refuses the user, or is too old
   */
  static PostgresDatabase open(
      PostgresAddress address, Migrations migrations, int poolSize, Duration connectionTimeout) {
    PGSimpleDataSource source = address.dataSource(connectionTimeout);
    check(source, address);
    migrations.apply(source, Dialect.POSTGRESQL);
    return connect(source, poolSize, connectionTimeout);
  }

  /**
   * Connects to a database as it is, for a command beside the servers.
   *
   * @throws StartupException if it cannot be reached, refuses the user, or is too old
   */
  static PostgresDatabase beside(PostgresAddress address, Duration connectionTimeout) {
    PGSimpleDataSource source = address.dataSource(connectionTimeout);
    check(source, address);
    return connect(source, 1, connectionTimeout);
  }

  private static PostgresDatabase connect(
      PGSimpleDataSource source, int poolSize, Duration connectionTimeout) {
    limitSilence(source);
    HikariConfig writers = pool(source, "writers", poolSize, connectionTimeout);
    HikariConfig readers = pool(source, "readers", poolSize, connectionTimeout);
    readers.setReadOnly(true);
    readers.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
    return new PostgresDatabase(new HikariDataSource(writers), new HikariDataSource(readers));
  }

  @Override
  public Dialect dialect() {
    return Dialect.POSTGRESQL;
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    gate.enter();
    try {
      return reading.inTransaction(handle -> gate.run(work, handle));
    } catch (RuntimeException e) {
      throw DatabaseErrors.translated(e, false);
    } finally {
      gate.leave();
    }
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    gate.enter();
    try {
      for (int attempt = 1; ; attempt++) {
        try {
          return writing.inTransaction(handle -> gate.run(work, handle));
        } catch (RuntimeException e) {
          // What it referred to may have gone between two statements; another look finds out.
          boolean wentBetween =
              attempt < TRIES_FOR_A_REFERENCE && DatabaseErrors.isMissingReference(e);
          if (!wentBetween && !DatabaseErrors.isTransient(e)) {
            throw DatabaseErrors.translated(e, true);
          }
          backOff(attempt, e);
        }
      }
    } finally {
      gate.leave();
    }
  }

  @Override
  public boolean exclusive() {
    return false;
  }

  @Override
  public void close() {
    if (gate.close()) {
      readers.close();
      writers.close();
    }
  }

  private static void backOff(int attempt, RuntimeException failure) {
    if (attempt >= TRIES) {
      LOG.warn("gave up on a transaction that collided with others again and again", failure);
      throw new RefusedException(
          new Refusal.Unavailable(
              "too many changes to the same content at once; try again", Duration.ofSeconds(1)));
    }
    long most = TimeUnit.MILLISECONDS.toNanos(4L << Math.min(attempt, 6));
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most / 4, most));
  }

  /**
   * Of the connections made from now on: migrations take their time. The URL may say {@code
   * socketTimeout} itself.
   */
  private static void limitSilence(PGSimpleDataSource source) {
    if (source.getSocketTimeout() == 0) {
      source.setSocketTimeout(Math.toIntExact(LONGEST_SILENCE.toSeconds()));
    }
  }

  private static HikariConfig pool(
      PGSimpleDataSource source, String name, int size, Duration connectionTimeout) {
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("postgresql-" + name);
    pool.setDataSource(source);
    pool.setMaximumPoolSize(size);
    pool.setConnectionTimeout(connectionTimeout.toMillis());
    pool.setValidationTimeout(Math.min(5_000, connectionTimeout.toMillis()));
    // Acknowledged is durable, whatever the server's default; a stricter one stays.
    pool.setConnectionInitSql(
        """
        SELECT set_config('synchronous_commit', 'on', FALSE)
        WHERE current_setting('synchronous_commit') IN ('off', 'local')
        """);
    return pool;
  }

  private static void check(PGSimpleDataSource source, PostgresAddress address) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT CAST(current_setting('server_version_num') AS INT) AS version,
                  pg_is_in_recovery() AS standby
                """)) {
      row.next();
      if (row.getInt("version") < OLDEST) {
        throw new StartupException(
            "The PostgreSQL at %s is version %d. Hatoba needs 14 or later: upgrade it, or set hatoba.database.url to another."
                .formatted(address.place(), row.getInt("version") / 10_000));
      }
      if (row.getBoolean("standby")) {
        throw new StartupException(
            "The PostgreSQL at %s is a read-only standby. Set hatoba.database.url to the primary."
                .formatted(address.place()));
      }
    } catch (SQLException e) {
      throw new StartupException(sentence(address, e), e);
    }
  }

  private static String sentence(PostgresAddress address, SQLException failure) {
    String state = String.valueOf(failure.getSQLState());
    return switch (state) {
      case "28P01", "28000" ->
          "PostgreSQL at %s refuses the user or the password. Check hatoba.database.username and hatoba.database.password."
              .formatted(address.place());
      case "3D000" ->
          "PostgreSQL at %s has no such database. Create it, or correct hatoba.database.url."
              .formatted(address.place());
      case "53300" ->
          "PostgreSQL at %s has no connection left. Raise its max_connections, or lower hatoba.database.pool-size."
              .formatted(address.place());
      default ->
          "PostgreSQL at %s cannot be reached (%s). Check that it runs and that hatoba.database.url is right."
              .formatted(address.place(), failure.getMessage());
    };
  }
}
