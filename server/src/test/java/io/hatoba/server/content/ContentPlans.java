package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.database.Dialect;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How a database finds what it is asked for. */
abstract class ContentPlans extends ContentContract {
  /** The plan of the first query that an action runs. */
  PlanAssert planOf(Runnable action) {
    content.spy.queries();
    action.run();
    String query = content.spy.queries().getFirst();
    return plan(query);
  }

  /** The plans of all queries that an action runs; of those that only add rows there are none. */
  List<PlanAssert> plansOf(Runnable action) {
    content.spy.queries();
    action.run();
    return content.spy.queries().stream()
        .filter(query -> !query.stripLeading().startsWith("INSERT"))
        .distinct()
        .map(this::plan)
        .toList();
  }

  private PlanAssert plan(String query) {
    return new PlanAssert(
        query, content.database().dialect() == Dialect.SQLITE ? sqlite(query) : postgres(query));
  }

  private List<String> sqlite(String query) {
    return content
        .database()
        .read(
            handle -> {
              try (PreparedStatement statement =
                  handle.getConnection().prepareStatement("EXPLAIN QUERY PLAN " + query)) {
                int parameters = statement.getParameterMetaData().getParameterCount();
                for (int i = 1; i <= parameters; i++) {
                  statement.setObject(i, 1);
                }
                return column(statement.executeQuery(), "detail");
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private List<String> postgres(String query) {
    StringBuilder numbered = new StringBuilder();
    int number = 0;
    for (int i = 0; i < query.length(); i++) {
      char c = query.charAt(i);
      numbered.append(c == '?' ? "$" + ++number : String.valueOf(c));
    }
    String nulls = String.join(", ", Collections.nCopies(number, "NULL"));
    return content
        .database()
        .read(
            handle -> {
              try (Statement statement = handle.getConnection().createStatement()) {
                statement.execute("SET LOCAL plan_cache_mode = force_generic_plan");
                statement.execute("SET LOCAL enable_seqscan = off");
                statement.execute("SET LOCAL enable_bitmapscan = off");
                statement.execute("PREPARE listed AS " + numbered);
                List<String> plan =
                    column(
                        statement.executeQuery("EXPLAIN EXECUTE listed(%s)".formatted(nulls)),
                        "QUERY PLAN");
                statement.execute("DEALLOCATE listed");
                return plan;
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private static List<String> column(ResultSet rows, String name) throws SQLException {
    List<String> lines = new ArrayList<>();
    while (rows.next()) {
      lines.add(rows.getString(name));
    }
    return lines;
  }

  /** What a plan must be like. */
  record PlanAssert(String query, List<String> plan) {
    /** Reads this index, in its order. */
    void reads(String postgres, String sqlite) {
      isIndexed();
      assertThat(String.join("\n", plan))
          .containsAnyOf(" " + postgres + " ", "USING " + sqlite, "USING COVERING " + sqlite);
    }

    /** Uses these indexes, each by one of its names. */
    @SafeVarargs
    final void looksUp(List<String>... indexes) {
      for (List<String> names : indexes) {
        assertThat(String.join("\n", plan)).containsAnyOf(names.toArray(String[]::new));
      }
    }

    /** Looks up what it needs: reads no table from its start to its end. */
    void scansNothing() {
      assertThat(plan).as(query).isNotEmpty();
      assertThat(plan.stream().filter(line -> !isSmall(line)).toList())
          .as(query)
          .noneMatch(line -> line.contains("Seq Scan") || line.contains("SCAN "));
    }

    /** Of registries and repositories a test has a few, and reads them rightly. */
    private static boolean isSmall(String line) {
      return line.strip().equals("SCAN r")
          || line.contains("SCAN g")
          || line.contains(" registry_pkey ")
          || line.contains(" repository_pkey ");
    }

    /** And no index: with few rows PostgreSQL rightly does so. */
    void scansNoIndex() {
      for (int i = 0; i < plan.size(); i++) {
        if (plan.get(i).contains("Index Scan using")
            || plan.get(i).contains("Index Only Scan using")) {
          if (isSmall(plan.get(i))) {
            continue;
          }
          assertThat(i + 1 < plan.size() ? plan.get(i + 1) : "")
              .as("%s%n%s", query, String.join("\n", plan))
              .contains("Index Cond");
        }
      }
    }

    /** Reads no table from its start to its end, and sorts nothing. */
    void isIndexed() {
      assertThat(plan).isNotEmpty();
      assertThat(String.join("\n", plan)).doesNotContain("Seq Scan", "Sort", "SCAN", "TEMP B-TREE");
    }
  }
}
