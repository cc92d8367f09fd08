package io.hatoba.server.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteDataSource;

/**
 * Moves SQLite's write-ahead log into the database file, so that neither a commit nor a reader pays
 * for it.
 *
 * <p>SQLite would do this inside a commit whenever the log has 1,000 pages, and all pushes would
 * wait for two syncs and the copy. Here the writer's connection never does. Instead a thread with a
 * connection of its own looks at the log {@link #PAUSE_MILLIS} after a commit, and copies what is
 * there by a PASSIVE checkpoint, which waits for nobody and which nobody waits for.
 *
 * <p>Under an endless stream of writes such a checkpoint never catches the last page, and the log
 * would never be used again from its start. So when more than {@link #LONG_LOG} pages are left
 * after it, the writer makes one more PASSIVE checkpoint between two batches: it has little left to
 * copy, and the next commit starts the log over, unless a reader still needs it. A log that grew
 * beyond 64 MiB in such a time is cut when it starts over ({@code journal_size_limit}).
 */
final class SqliteCheckpointer {
  private static final Logger LOG = Logger.getLogger(SqliteCheckpointer.class);
  private static final long PAUSE_MILLIS = 500;

  /** In pages of 4 KiB: 16 MiB. */
  private static final int LONG_LOG = 4_096;

  private final SQLiteDataSource source;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean dirty;
  private boolean stopped;
  private @Nullable Thread thread;

  SqliteCheckpointer(SQLiteDataSource source) {
    this.source = source;
  }

  void start(SqliteWriter writer) {
    thread = Thread.ofPlatform().name("sqlite-checkpointer").daemon().start(() -> run(writer));
  }

  /** Told by the writer after each batch. */
  void committed() {
    lock.lock();
    try {
      dirty = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread; what is in the log then goes into the file when the writer closes it. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    Thread running = thread;
    if (running != null) {
      try {
        running.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void run(SqliteWriter writer) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      while (awaitWork()) {
        checkpoint(statement, writer);
      }
    } catch (SQLException e) {
      LOG.error("failed to open the connection of the checkpoints; the log grows", e);
    }
  }

  /** Waits for a commit and then a moment more. False when stopped. */
  private boolean awaitWork() {
    lock.lock();
    try {
      while (!dirty && !stopped) {
        changed.awaitUninterruptibly();
      }
      dirty = false;
      long left = TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS);
      while (!stopped && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !stopped;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private static void checkpoint(Statement statement, SqliteWriter writer) {
    try (ResultSet result = statement.executeQuery("PRAGMA wal_checkpoint(PASSIVE)")) {
      result.next();
      int pages = result.getInt(2);
      // "All copied" means all of when it began; the writer has gone on since.
      if (pages > LONG_LOG) {
        writer.submitCheckpoint().join();
      }
    } catch (SQLException | CompletionException e) {
      LOG.warn("failed to move the database's log into its file; trying again later", e);
    }
  }
}
