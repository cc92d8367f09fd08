package io.hatoba.server.audit;

import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import org.jboss.logging.Logger;

/**
 * Writes rows of the audit log.
 *
 * <p>{@link #record} returns after the row is committed. If the database refuses the row, what it
 * tells of has happened all the same, and its answer must say so: then the row is logged as an
 * error, kept in memory, up to {@value #MOST_KEPT} of them, and written as soon as the database
 * takes it. So a row is lost only if the process ends before, and the log has what it said.
 */
@Singleton
public final class AuditLog {
  private static final Logger LOG = Logger.getLogger(AuditLog.class);
  private static final int MOST_KEPT = 10_000;
  private static final int BATCH = 200;

  private final Database database;
  private final AuditStore store;
  private final LinkedBlockingQueue<AuditRow> kept = new LinkedBlockingQueue<>(MOST_KEPT);

  AuditLog(Database database, AuditStore store) {
    this.database = database;
    this.store = store;
  }

  /** Writes a row, or keeps it. Never throws. */
  public void record(AuditRow row) {
    try {
      database.write(
          handle -> {
            store.insert(handle, List.of(row));
            return row;
          });
    } catch (RuntimeException e) {
      // Whatever it was, the operation is done: this is the last place that knows of it.
      boolean full = !kept.offer(row);
      LOG.errorf(
          e,
          "failed to write an audit row, at=%s actor=%s action=%s target=%s result=%s requestId=%s"
              + " keptForLater=%s",
          row.at(),
          row.actor().principal(),
          row.action(),
          row.target(),
          row.result().identifier(),
          row.requestId(),
          !full);
    }
  }

  /** Takes a row that may be written a little later. Never blocks; a full memory says so. */
  boolean keep(AuditRow row) {
    boolean taken = kept.offer(row);
    if (!taken) {
      LOG.errorf(
          "too many audit rows wait to be written, lost at=%s actor=%s action=%s result=%s",
          row.at(), row.actor().principal(), row.action(), row.result().identifier());
    }
    return taken;
  }

  /** Writes the rows that were kept. What cannot be written stays. */
  void writeKept() {
    List<AuditRow> batch = new ArrayList<>();
    while (kept.drainTo(batch, BATCH) > 0) {
      try {
        database.write(
            handle -> {
              store.insert(handle, batch);
              return batch;
            });
      } catch (RuntimeException e) {
        batch.forEach(this::keep);
        throw e;
      }
      batch.clear();
    }
  }
}
