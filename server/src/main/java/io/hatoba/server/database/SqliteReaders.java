package io.hatoba.server.database;

import io.hatoba.oci.RefusedException;
import java.sql.SQLException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteDataSource;

/**
 * The connections that cannot write. There are as many as have read at once; each keeps its
 * prepared statements, which a general pool of connections would throw away with every return.
 */
final class SqliteReaders implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(SqliteReaders.class);

  private final SQLiteDataSource source;
  private final ConcurrentLinkedQueue<Handle> idle = new ConcurrentLinkedQueue<>();

  SqliteReaders(SQLiteDataSource source) {
    this.source = source;
  }

  /** Runs read-only work on one snapshot. */
  <T extends @Nullable Object> T inTransaction(Database.Work<T> work) {
    Handle kept = idle.poll();
    Handle handle = kept == null ? open() : kept;
    boolean usable = false;
    try {
      T result = handle.inTransaction(work::run);
      usable = true;
      return result;
    } catch (RefusedException e) {
      usable = true;
      throw e;
    } finally {
      if (usable) {
        idle.add(handle);
      } else {
        close(handle);
      }
    }
  }

  /** To be called when nothing reads any more. */
  @Override
  public void close() {
    for (Handle handle = idle.poll(); handle != null; handle = idle.poll()) {
      close(handle);
    }
  }

  private Handle open() {
    try {
      return StatementCache.handle(source.getConnection());
    } catch (SQLException e) {
      throw new ConnectionException(e);
    }
  }

  private static void close(Handle handle) {
    try {
      handle.close();
    } catch (RuntimeException e) {
      LOG.warn("failed to close a connection", e);
    }
  }
}
