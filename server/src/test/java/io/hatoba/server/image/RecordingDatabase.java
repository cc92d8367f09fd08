package io.hatoba.server.image;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** A real database that remembers what was read from it. */
final class RecordingDatabase implements Database {
  private static final SqlLogger SILENT = new SqlLogger() {};

  private final Database real;
  private final Queue<String> queries = new ConcurrentLinkedQueue<>();

  RecordingDatabase(Database real) {
    this.real = real;
  }

  /** The texts of the queries since the last call, with {@code ?} for each parameter. */
  List<String> queries() {
    List<String> all = new ArrayList<>(queries);
    queries.clear();
    return all;
  }

  @Override
  public Dialect dialect() {
    return real.dialect();
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    return real.read(
        handle -> {
          SqlStatements config = handle.getConfig(SqlStatements.class);
          config.setSqlLogger(
              new SqlLogger() {
                @Override
                public void logAfterExecution(StatementContext context) {
                  queries.add(Objects.requireNonNull(context.getParsedSql()).getSql());
                }
              });
          try {
            return work.run(handle);
          } finally {
            config.setSqlLogger(SILENT);
          }
        });
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    return real.write(work);
  }

  @Override
  public boolean exclusive() {
    return real.exclusive();
  }

  @Override
  public void close() {
    real.close();
  }
}
