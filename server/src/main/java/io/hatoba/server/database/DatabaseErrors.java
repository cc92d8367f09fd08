package io.hatoba.server.database;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Tells an outage of the database, which a later try may not meet, from everything else. */
final class DatabaseErrors {
  private static final Logger LOG = Logger.getLogger(DatabaseErrors.class);

  private DatabaseErrors() {}

  /**
   * What the caller of a failed transaction gets: an outage becomes a refusal with {@code
   * UNAVAILABLE} and is logged with what to do; all else stays as it is.
   *
   * @param writing whether the transaction was one that may write; otherwise a "read-only" failure
   *     is a defect of the work
   */
  static Throwable translate(Throwable failure, boolean writing) {
    if (failure instanceof RefusedException || failure instanceof Error) {
      return failure;
    }
    Optional<Outage> outage = sqlCause(failure).flatMap(sql -> outage(sql, writing));
    if (outage.isEmpty()) {
      return failure;
    }
    Outage found = outage.get();
    if (found == Outage.BUSY) {
      LOG.warn(found.log, failure);
    } else {
      LOG.error(found.log, failure);
    }
    return new RefusedException(new Refusal.Unavailable(found.answer, found.retryAfter));
  }

  /** As {@link #translate}, thrown. */
  static RuntimeException translated(RuntimeException failure, boolean writing) {
    return translate(failure, writing) instanceof RuntimeException translated
        ? translated
        : failure;
  }

  /** Whether the same work may succeed when it is simply run again (serialisation, deadlock). */
  static boolean isTransient(Throwable failure) {
    return sqlCause(failure)
        .map(SQLException::getSQLState)
        .filter(state -> state.equals("40001") || state.equals("40P01"))
        .isPresent();
  }

  /** Whether a row was gone to which one that was written refers. */
  static boolean isMissingReference(Throwable failure) {
    return sqlCause(failure).map(SQLException::getSQLState).filter("23503"::equals).isPresent();
  }

  /** Whether it is a rule of the schema that refused, and not the machine. */
  static boolean isConstraint(Throwable failure) {
    return sqlCause(failure)
        .filter(
            sql ->
                sql instanceof SQLiteException sqlite
                    ? (sqlite.getResultCode().code & 0xff) == SQLiteErrorCode.SQLITE_CONSTRAINT.code
                    : sql.getSQLState() != null && sql.getSQLState().startsWith("23"))
        .isPresent();
  }

  /** The SQL exception nearest to the cause of all. */
  static Optional<SQLException> sqlCause(Throwable failure) {
    Optional<SQLException> found = Optional.empty();
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < 20; depth++) {
      if (cause instanceof SQLException sql
          && (sql.getSQLState() != null || sql instanceof SQLiteException || found.isEmpty())) {
        found = Optional.of(sql);
      }
      cause = cause.getCause();
    }
    return found;
  }

  private static Optional<Outage> outage(SQLException failure, boolean writing) {
    if (failure instanceof SQLiteException sqlite) {
      return sqliteOutage(sqlite, writing);
    }
    String state = failure.getSQLState();
    if (state == null) {
      return failure instanceof SQLTransientConnectionException
          ? Optional.of(Outage.NO_CONNECTION)
          : Optional.empty();
    }
    return switch (state) {
      case "53100" -> Optional.of(Outage.FULL);
      case "53200", "53300", "53400" -> Optional.of(Outage.EXHAUSTED);
      case "25006" -> writing ? Optional.of(Outage.READ_ONLY) : Optional.empty();
      case "57P01", "57P02", "57P03", "58030", "28P01", "28000", "3D000" ->
          Optional.of(Outage.UNREACHABLE);
      default -> state.startsWith("08") ? Optional.of(Outage.UNREACHABLE) : Optional.empty();
    };
  }

  private static Optional<Outage> sqliteOutage(SQLiteException failure, boolean writing) {
    int primary = failure.getResultCode().code & 0xff;
    if (primary == SQLiteErrorCode.SQLITE_FULL.code) {
      return Optional.of(Outage.FULL);
    }
    if (primary == SQLiteErrorCode.SQLITE_READONLY.code) {
      return writing ? Optional.of(Outage.READ_ONLY) : Optional.empty();
    }
    if (primary == SQLiteErrorCode.SQLITE_BUSY.code) {
      return Optional.of(Outage.BUSY);
    }
    if (primary == SQLiteErrorCode.SQLITE_IOERR.code
        || primary == SQLiteErrorCode.SQLITE_CANTOPEN.code
        || primary == SQLiteErrorCode.SQLITE_CORRUPT.code
        || primary == SQLiteErrorCode.SQLITE_NOTADB.code) {
      return Optional.of(Outage.BROKEN);
    }
    return Optional.empty();
  }

  /** The kinds of outage: what the log says to the operator, and what the caller is told. */
  private enum Outage {
    FULL(
        "the disk of the database is full: free space on it; writes are refused until then and nothing acknowledged is lost",
        "the registry has no space left; try again later",
        Duration.ofSeconds(30)),
    READ_ONLY(
        "the database is read-only: check the mount, the permissions and, for postgresql, that this is the primary",
        "the registry cannot store anything at the moment; try again later",
        Duration.ofSeconds(30)),
    BROKEN(
        "the database file cannot be read or written: check the disk; if it is damaged, stop the server and restore a backup",
        "the registry's database does not work at the moment; try again later",
        Duration.ofSeconds(30)),
    UNREACHABLE(
        "failed to reach the database: check that it runs and that hatoba.database.* is right",
        "the registry's database cannot be reached at the moment; try again later",
        Duration.ofSeconds(5)),
    EXHAUSTED(
        "the database has no resources left for another connection: raise its limits or lower hatoba.database.pool-size",
        "the registry's database is overloaded; try again later",
        Duration.ofSeconds(5)),
    NO_CONNECTION(
        "no database connection came free in time: the database is slow, unreachable, or hatoba.database.pool-size is too small",
        "the registry's database is overloaded or cannot be reached; try again later",
        Duration.ofSeconds(5)),
    BUSY(
        "the database file stayed locked by another process",
        "the registry's database is busy; try again later",
        Duration.ofSeconds(2));

    private final String log;
    private final String answer;
    private final Duration retryAfter;

    Outage(String log, String answer, Duration retryAfter) {
      this.log = log;
      this.answer = answer;
      this.retryAfter = retryAfter;
    }
  }
}
