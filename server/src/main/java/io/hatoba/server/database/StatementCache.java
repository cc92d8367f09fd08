package io.hatoba.server.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.DefaultStatementBuilder;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Keeps the prepared statements of one SQLite connection: its driver compiles a text anew each
 * time, which costs as much as a small statement itself. A statement that is in use when its text
 * is asked for again is not shared. Used by the thread that uses the connection.
 */
final class StatementCache extends DefaultStatementBuilder {
  /** Lists of parameters make texts of every length, so the oldest go. */
  private static final int TEXTS = 200;

  private final Map<String, PreparedStatement> idle = new LinkedHashMap<>(16, 0.75f, true);

  /** A handle on a connection that keeps its statements; closing it closes the connection. */
  static Handle handle(Connection connection) {
    Jdbi jdbi = Mappings.register(Jdbi.create(() -> connection));
    jdbi.setStatementBuilderFactory(_ -> new StatementCache());
    return jdbi.open();
  }

  @Override
  public PreparedStatement create(Connection connection, String sql, StatementContext context)
      throws SQLException {
    PreparedStatement kept = idle.remove(sql);
    return kept == null ? super.create(connection, sql, context) : kept;
  }

  /**
   * As {@link #create}, for a statement that is not Jdbi's. To be given back by {@link
   * #close(Connection, String, Statement)}.
   */
  PreparedStatement prepare(Connection connection, String sql) throws SQLException {
    PreparedStatement kept = idle.remove(sql);
    return kept == null ? connection.prepareStatement(sql) : kept;
  }

  @Override
  public void close(Connection connection, String sql, Statement statement) throws SQLException {
    if (!(statement instanceof PreparedStatement prepared) || idle.containsKey(sql)) {
      super.close(connection, sql, statement);
      return;
    }
    prepared.clearParameters();
    prepared.clearBatch();
    idle.put(sql, prepared);
    if (idle.size() > TEXTS) {
      String oldest = idle.keySet().iterator().next();
      PreparedStatement removed = idle.remove(oldest);
      if (removed != null) {
        super.close(connection, oldest, removed);
      }
    }
  }

  /** Called when the handle goes, and with it the connection. */
  @Override
  public void close(Connection connection) {
    idle.clear();
  }
}
