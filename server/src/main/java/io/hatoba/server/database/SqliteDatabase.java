package io.hatoba.server.database;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.startup.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A SQLite file in WAL mode with full sync, for one process.
 *
 * <p><b>Writes</b> wait in a queue for the one writer thread, which takes what is queued and
 * commits it together ({@link SqliteWriter}); a caller returns after that commit is on the disk.
 *
 * <p><b>Reads</b> run on a few platform threads, since a native call would hold the carrier of a
 * virtual one; each has a connection that cannot write. They neither wait for the writer nor hold
 * it up.
 *
 * <p><b>Checkpoints</b> (moving the log into the file) run beside the writer and not in its commits
 * ({@link SqliteCheckpointer}).
 */
final class SqliteDatabase implements Database {
  private static final int WAITING_READS = 16_384;

  private final Gate gate = new Gate();
  private final SqliteWriter writer;
  private final SqliteCheckpointer checkpointer;
  private final SqliteReaders readers;
  private final ThreadPoolExecutor readThreads;

  private SqliteDatabase(
      SqliteWriter writer,
      SqliteCheckpointer checkpointer,
      SqliteReaders readers,
      int readThreads) {
    this.writer = writer;
    this.checkpointer = checkpointer;
    this.readers = readers;
    this.readThreads =
        new ThreadPoolExecutor(
            readThreads,
            readThreads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_READS),
            Thread.ofPlatform().name("sqlite-reader-", 0).daemon().factory());
  }

  /**
   * Opens the file, makes it if it is missing, and brings its schema up to date.
   *
   * @throws StartupException if it cannot be opened or is not a database of this program
   */
  static SqliteDatabase open(
      Path file, Migrations migrations, int readThreads, Duration busyTimeout) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new StartupException(
          "The folder %s of the database file does not exist. Create it, or set hatoba.data."
              .formatted(folder));
    }
    makePrivate(file);
    SQLiteDataSource writable = writable(file, busyTimeout);
    check(file, writable);
    migrations.apply(writable, Dialect.SQLITE);
    SqliteCheckpointer checkpointer = new SqliteCheckpointer(writable);
    SqliteWriter writer = new SqliteWriter(writable, checkpointer);
    SqliteReaders readers = new SqliteReaders(readable(file, busyTimeout));
    checkpointer.start(writer);
    return new SqliteDatabase(writer, checkpointer, readers, readThreads);
  }

  @Override
  public Dialect dialect() {
    return Dialect.SQLITE;
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    gate.enter();
    try {
      CompletableFuture<T> answer =
          CompletableFuture.supplyAsync(
              () -> readers.inTransaction(handle -> gate.run(work, handle)), readThreads);
      return await(answer, false);
    } catch (RejectedExecutionException e) {
      throw new RefusedException(
          new Refusal.Unavailable(
              "too many requests are waiting for the database; try again", Duration.ofSeconds(2)));
    } finally {
      gate.leave();
    }
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    gate.enter();
    try {
      return await(writer.submit(handle -> gate.run(work, handle)), true);
    } finally {
      gate.leave();
    }
  }

  @Override
  public CompletionStage<Void> writeBehind(Work<?> work) {
    gate.enter();
    return writer
        .submit(handle -> gate.run(work, handle))
        .handle(
            (_, failure) -> {
              gate.leave();
              if (failure != null) {
                throw new CompletionException(DatabaseErrors.translate(failure, true));
              }
              return null;
            });
  }

  @Override
  public boolean exclusive() {
    return true;
  }

  @Override
  public void close() {
    if (!gate.close()) {
      return;
    }
    checkpointer.stop();
    readThreads.close();
    readers.close();
    writer.close();
  }

  /** How many writes wait for the writer to take them. */
  int waitingWrites() {
    return writer.waiting();
  }

  private static <T extends @Nullable Object> T await(
      CompletableFuture<T> answer, boolean writing) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      switch (DatabaseErrors.translate(cause, writing)) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case Throwable failure -> throw new IllegalStateException(failure);
      }
    }
  }

  /** The file holds the keys of the service. Its log and index get the same rights from SQLite. */
  private static void makePrivate(Path file) {
    Set<PosixFilePermission> ownerOnly = PosixFilePermissions.fromString("rw-------");
    try {
      if (Files.exists(file)) {
        Files.setPosixFilePermissions(file, ownerOnly);
      } else {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(ownerOnly));
      }
    } catch (IOException e) {
      throw new StartupException(
          "The database file %s cannot be made readable by its owner only (%s). Give this user the file and its folder, or set hatoba.data to another folder."
              .formatted(file, e.getMessage()),
          e);
    }
  }

  private static SQLiteDataSource writable(Path file, Duration busyTimeout) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(Math.toIntExact(busyTimeout.toMillis()));
    config.enforceForeignKeys(true);
    config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    config.setPragma(SQLiteConfig.Pragma.JOURNAL_SIZE_LIMIT, String.valueOf(64 << 20));
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  private static SQLiteDataSource readable(Path file, Duration busyTimeout) {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(Math.toIntExact(busyTimeout.toMillis()));
    config.setTransactionMode(SQLiteConfig.TransactionMode.DEFERRED);
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  /** Opens the file once, so that what is wrong with it is told in one sentence. */
  private static void check(Path file, SQLiteDataSource source) {
    try (var connection = source.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version");
      statement.execute("SELECT count(*) FROM sqlite_schema");
      statement.execute("BEGIN IMMEDIATE");
      statement.execute("CREATE TABLE hatoba_write_probe (x INTEGER)");
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      throw new StartupException(sentence(file, e), e);
    }
  }

  private static String sentence(Path file, SQLException failure) {
    Optional<SQLiteErrorCode> code =
        failure instanceof SQLiteException sqlite
            ? Optional.of(sqlite.getResultCode())
            : Optional.empty();
    int primary = code.map(found -> found.code & 0xff).orElse(0);
    if (primary == SQLiteErrorCode.SQLITE_NOTADB.code
        || primary == SQLiteErrorCode.SQLITE_CORRUPT.code) {
      return "The database file %s is damaged or not a SQLite database. Restore it from a backup; do not delete it, it names every stored object."
          .formatted(file);
    }
    if (primary == SQLiteErrorCode.SQLITE_FULL.code) {
      return "The disk of the database file %s is full. Free space on it and start again."
          .formatted(file);
    }
    if (primary == SQLiteErrorCode.SQLITE_BUSY.code) {
      return "The database file %s is locked by another program. Stop that program and start again."
          .formatted(file);
    }
    return "The database file %s cannot be opened for writing (%s). Check that this user may write the file and its folder, or set hatoba.data to another folder."
        .formatted(file, failure.getMessage());
  }
}
