package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import java.util.List;

/** Looks at how a database answers a query. */
public final class Plans {
  private final Database database;

  public Plans(Database database) {
    this.database = database;
  }

  /**
   * Asserts that a query reads no table from its start. PostgreSQL would do so while tables are
   * small; it is told not to, and so shows whether it would have to.
   *
   * @param parameters names and values in turn
   * @return the plan
   */
  public List<String> assertIndexed(String sql, Object... parameters) {
    List<String> plan =
        database.write(
            handle -> {
              boolean postgres = database.dialect() == Dialect.POSTGRESQL;
              if (postgres) {
                handle.execute("SET LOCAL enable_seqscan = off");
                handle.execute("SET LOCAL enable_bitmapscan = off");
              }
              var query = handle.createQuery((postgres ? "EXPLAIN " : "EXPLAIN QUERY PLAN ") + sql);
              for (int i = 0; i < parameters.length; i += 2) {
                query.bind((String) parameters[i], parameters[i + 1]);
              }
              return query.map((row, context) -> row.getString(postgres ? 1 : 4)).list();
            });
    assertThat(plan)
        .isNotEmpty()
        .noneMatch(line -> line.contains("Seq Scan"))
        .noneMatch(line -> line.startsWith("SCAN"))
        .anyMatch(line -> line.contains("Index") || line.startsWith("SEARCH"));
    return plan;
  }
}
