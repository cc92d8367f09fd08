package io.hatoba.server.database;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteDataSource;

/**
 * The one thread that writes to SQLite, by group commit:
 *
 * <pre>
 * BEGIN IMMEDIATE                       takes what is queued, up to {@link #BATCH} jobs
 *   SAVEPOINT job … RELEASE job         each job; one that throws is rolled back alone
 * COMMIT                                one sync for all
 * futures complete                      and not before
 * </pre>
 *
 * <p>It never waits to fill a batch. If the commit, or the transaction as a whole, fails, nothing
 * of the batch is stored and every job of it fails; if a rule of the schema is what refused the
 * commit, the jobs are run again one by one, so that only the guilty one fails. After such a
 * failure the connection is replaced.
 */
final class SqliteWriter implements AutoCloseable {
  /** The most jobs in one commit. */
  static final int BATCH = 256;

  private static final Logger LOG = Logger.getLogger(SqliteWriter.class);
  private static final int WAITING = 16_384;

  private final SQLiteDataSource source;
  private final SqliteCheckpointer checkpointer;
  private final BlockingQueue<Task> queue = new ArrayBlockingQueue<>(WAITING);
  private final Thread thread;
  private @Nullable Session session;

  SqliteWriter(SQLiteDataSource source, SqliteCheckpointer checkpointer) {
    this.source = source;
    this.checkpointer = checkpointer;
    this.thread = Thread.ofPlatform().name("sqlite-writer").daemon().start(this::run);
  }

  /** Queues work; the future completes after the commit that contains it. */
  <T extends @Nullable Object> CompletableFuture<T> submit(Database.Work<T> work) {
    Job<T> job = new Job<>(work);
    if (!queue.offer(job)) {
      throw new RefusedException(
          new Refusal.Unavailable(
              "too many changes are waiting for the database; try again", Duration.ofSeconds(2)));
    }
    return job.future;
  }

  /** How many tasks wait to be taken. */
  int waiting() {
    return queue.size();
  }

  /**
   * Queues a checkpoint by the writer's own connection, between two batches; completes when it is
   * done.
   */
  CompletableFuture<Void> submitCheckpoint() {
    Checkpoint checkpoint = new Checkpoint(new CompletableFuture<>());
    if (!queue.offer(checkpoint)) {
      checkpoint.done.complete(null); // a full queue has better things to do
    }
    return checkpoint.done;
  }

  /** Ends the thread after what is queued. The caller has made sure that nothing comes any more. */
  @Override
  public void close() {
    Stop stop = new Stop();
    try {
      queue.put(stop);
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    List<Task> taken = new ArrayList<>(BATCH);
    boolean running = true;
    while (running) {
      try {
        taken.add(queue.take());
      } catch (InterruptedException e) {
        LOG.warn("ignored an interrupt of the writer");
        continue;
      }
      queue.drainTo(taken, BATCH - 1);
      List<Job<?>> batch = new ArrayList<>(taken.size());
      for (Task task : taken) {
        switch (task) {
          case Job<?> job -> batch.add(job);
          case Checkpoint checkpoint -> checkpoint(checkpoint);
          case Stop _ -> running = false;
        }
      }
      if (!batch.isEmpty()) {
        write(batch);
        checkpointer.committed();
      }
      taken.clear();
    }
    closeSession();
  }

  private void write(List<Job<?>> batch) {
    try {
      Session open = session();
      open.execute("BEGIN IMMEDIATE");
      for (Job<?> job : batch) {
        open.execute("SAVEPOINT job");
        if (!job.run(open.handle)) {
          rollBack(open, job);
        }
        open.execute("RELEASE job");
      }
      open.execute("COMMIT");
    } catch (SQLException | RuntimeException | Error e) {
      closeSession();
      failed(batch, e);
      return;
    }
    batch.forEach(Job::complete);
  }

  private static void rollBack(Session open, Job<?> job) throws SQLException {
    try {
      open.execute("ROLLBACK TO job");
    } catch (SQLException e) {
      // What made the job fail has ended the whole transaction; a full disk may do that.
      SQLException lost =
          new SQLException("the transaction was lost by one of its jobs", job.failure);
      lost.addSuppressed(e);
      throw lost;
    }
  }

  private void failed(List<Job<?>> batch, Throwable failure) {
    if (batch.size() == 1 || !DatabaseErrors.isConstraint(failure)) {
      batch.forEach(job -> job.fail(failure));
      return;
    }
    for (Job<?> job : batch) {
      if (job.failure == null) {
        write(List.of(job));
      } else {
        job.complete();
      }
    }
  }

  private void checkpoint(Checkpoint checkpoint) {
    try {
      session().execute("PRAGMA wal_checkpoint(PASSIVE)");
      checkpoint.done.complete(null);
    } catch (SQLException | RuntimeException e) {
      checkpoint.done.completeExceptionally(e);
    }
  }

  private Session session() throws SQLException {
    Session open = session;
    if (open == null) {
      open = Session.open(source);
      session = open;
    }
    return open;
  }

  private void closeSession() {
    Session open = session;
    session = null;
    if (open == null) {
      return;
    }
    try {
      open.close();
    } catch (SQLException | RuntimeException e) {
      LOG.warn("failed to close the writer's connection", e);
    }
  }

  /** A connection with what hangs on it. Closing it rolls back what is open. */
  private record Session(Connection connection, Statement statement, Handle handle) {
    static Session open(SQLiteDataSource source) throws SQLException {
      Connection connection = source.getConnection();
      Statement statement = connection.createStatement();
      statement.execute("PRAGMA wal_autocheckpoint = 0");
      return new Session(connection, statement, StatementCache.handle(connection));
    }

    void execute(String sql) throws SQLException {
      statement.execute(sql);
    }

    void close() throws SQLException {
      connection.close();
    }
  }

  private sealed interface Task {}

  private record Checkpoint(CompletableFuture<Void> done) implements Task {}

  private record Stop() implements Task {}

  /** One caller's work and what came of it. Touched by the writer alone until it completes. */
  private static final class Job<T extends @Nullable Object> implements Task {
    private final Database.Work<T> work;
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private @Nullable T value;
    private @Nullable Throwable failure;

    Job(Database.Work<T> work) {
      this.work = work;
    }

    boolean run(Handle handle) {
      try {
        value = work.run(handle);
        failure = null;
        return true;
      } catch (RuntimeException | Error e) {
        failure = e;
        return false;
      }
    }

    @SuppressWarnings(
        "NullAway") // the value is what the work returned, null only where T allows it
    void complete() {
      if (failure == null) {
        future.complete(value);
      } else {
        future.completeExceptionally(failure);
      }
    }

    void fail(Throwable cause) {
      future.completeExceptionally(failure == null ? cause : failure);
    }
  }
}
