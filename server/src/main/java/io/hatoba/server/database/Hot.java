package io.hatoba.server.database;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A statement of a push, run thousands of times a second by the one writer. It reads like Jdbi's
 * and takes the same values; but Jdbi copies its configuration for each statement, which cost the
 * writer more than SQLite itself (docs/adr/0011). Every other statement goes through Jdbi.
 *
 * <p>Used by one thread, inside the transaction of its handle.
 */
public final class Hot {
  private static final Pattern PARAMETER = Pattern.compile(":([a-zA-Z]+)|<([a-zA-Z]+)>");
  private static final Map<String, Text> TEXTS = new ConcurrentHashMap<>();

  private final Handle handle;
  private final Text text;
  private final Map<String, @Nullable Object> values = new HashMap<>();
  private final List<Map<String, @Nullable Object>> rows = new ArrayList<>();

  private Hot(Handle handle, Text text) {
    this.handle = handle;
    this.text = text;
  }

  /**
   * A statement in the transaction of the handle.
   *
   * @param sql with parameters written {@code :name}, and lists written {@code <name>}; one of a
   *     fixed number of texts, since what is parsed is kept
   */
  public static Hot sql(Handle handle, String sql) {
    return new Hot(handle, TEXTS.computeIfAbsent(sql, Text::parse));
  }

  /**
   * Binds a value: a number, text, boolean, bytes, {@link Instant}, {@link Digest}, {@link Tag},
   * {@link RepositoryName}, or null.
   */
  public Hot bind(String name, @Nullable Object value) {
    values.put(name, value);
    return this;
  }

  /** Binds a list that has at least one value. */
  public Hot bindList(String name, Collection<?> list) {
    if (list.isEmpty()) {
      throw new IllegalArgumentException(name + " is empty");
    }
    values.put(name, list);
    return this;
  }

  /** Ends a row of a batch; the next one is bound anew. */
  public Hot add() {
    rows.add(new HashMap<>(values));
    values.clear();
    return this;
  }

  /** Changes rows, and says how many. */
  public int execute() {
    return run(
        text.expand(values),
        statement -> {
          fill(statement, values);
          return statement.executeUpdate();
        });
  }

  /** Runs the rows that were added. */
  public void executeBatch() {
    run(
        text.expand(Map.of()),
        statement -> {
          for (Map<String, @Nullable Object> row : rows) {
            fill(statement, row);
            statement.addBatch();
          }
          return statement.executeBatch().length;
        });
  }

  /**
   * Runs statements of one transaction in this order, and says of each what came of it. PostgreSQL
   * gets all of them in one message: what is asked of it in a push takes less time than the way
   * there and back. If one fails, the exception is that of the first that did, and none after it
   * was run.
   *
   * @param statements few, and with few rows where one has several: each combination of texts is
   *     prepared
   */
  public static List<Ran> together(List<Hot> statements) {
    Hot first = statements.getFirst();
    if (first.handle.getStatementBuilder() instanceof StatementCache) {
      return statements.stream().map(Hot::ran).toList();
    }
    return first.run(
        statements.stream()
            .flatMap(one -> one.executions().stream().map(one.text::expand))
            .collect(Collectors.joining(";\n")),
        statement -> {
          int position = 0;
          for (Hot one : statements) {
            for (Map<String, @Nullable Object> row : one.executions()) {
              position = one.fill(statement, row, position);
            }
          }
          boolean hasRows = statement.execute();
          List<Ran> ran = new ArrayList<>(statements.size());
          for (Hot one : statements) {
            Ran all = Ran.NOTHING;
            for (int i = 0; i < one.executions().size(); i++) {
              all = all.plus(Ran.of(statement, hasRows));
              hasRows = statement.getMoreResults();
            }
            ran.add(all);
          }
          return ran;
        });
  }

  private Ran ran() {
    Ran all = Ran.NOTHING;
    for (Map<String, @Nullable Object> row : executions()) {
      all =
          all.plus(
              run(
                  text.expand(row),
                  statement -> {
                    fill(statement, row, 0);
                    return Ran.of(statement, statement.execute());
                  }));
    }
    return all;
  }

  private List<Map<String, @Nullable Object>> executions() {
    return rows.isEmpty() ? List.of(values) : rows;
  }

  /** The rows, each as its mapping makes it. */
  public <T> List<T> list(Mapping<T> mapping) {
    return run(
        text.expand(values),
        statement -> {
          fill(statement, values);
          List<T> list = new ArrayList<>();
          try (ResultSet found = statement.executeQuery()) {
            while (found.next()) {
              list.add(mapping.map(found));
            }
          }
          return list;
        });
  }

  /** The first column of the rows, as text. */
  public List<String> texts() {
    return list(row -> row.getString(1));
  }

  /** The first column of the first row, as a number; empty if there is no row or it is NULL. */
  public Optional<Long> number() {
    return run(
        text.expand(values),
        statement -> {
          fill(statement, values);
          try (ResultSet found = statement.executeQuery()) {
            return found.next() ? firstNumber(found) : Optional.empty();
          }
        });
  }

  private static Optional<Long> firstNumber(ResultSet row) throws SQLException {
    long number = row.getLong(1);
    return row.wasNull() ? Optional.empty() : Optional.of(number);
  }

  private <T> T run(String sql, Step<T> step) {
    Connection connection = handle.getConnection();
    try {
      if (handle.getStatementBuilder() instanceof StatementCache cache) {
        PreparedStatement statement = cache.prepare(connection, sql);
        try {
          return step.run(statement);
        } finally {
          cache.close(connection, sql, statement);
        }
      }
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        return step.run(statement);
      }
    } catch (SQLException e) {
      throw new StatementException(e);
    }
  }

  private void fill(PreparedStatement statement, Map<String, @Nullable Object> bound)
      throws SQLException {
    fill(statement, bound, 0);
  }

  /** Sets the parameters after that position, and returns the last one's. */
  private int fill(
      PreparedStatement statement, Map<String, @Nullable Object> bound, int lastPosition)
      throws SQLException {
    int position = lastPosition;
    for (String name : text.names()) {
      if (!bound.containsKey(name)) {
        throw new IllegalArgumentException("nothing is bound to " + name);
      }
      Object value = bound.get(name);
      if (value instanceof Collection<?> list) {
        for (Object element : list) {
          statement.setObject(++position, plain(element));
        }
      } else {
        statement.setObject(++position, plain(value));
      }
    }
    return position;
  }

  private static @Nullable Object plain(@Nullable Object value) {
    return switch (value) {
      case Instant instant -> instant.toEpochMilli();
      case Digest digest -> digest.toString();
      case Tag tag -> tag.name();
      case RepositoryName name -> name.value();
      case null, default -> value;
    };
  }

  /**
   * What came of a statement.
   *
   * @param rows how many it changed or returned
   * @param number the first column of the first row that it returned; empty if there is none, or
   *     NULL
   */
  public record Ran(int rows, Optional<Long> number) {
    private static final Ran NOTHING = new Ran(0, Optional.empty());

    private static Ran of(PreparedStatement statement, boolean hasRows) throws SQLException {
      if (!hasRows) {
        return new Ran(statement.getUpdateCount(), Optional.empty());
      }
      try (ResultSet returned = statement.getResultSet()) {
        int rows = 0;
        Optional<Long> number = Optional.empty();
        while (returned.next()) {
          if (rows++ == 0) {
            number = firstNumber(returned);
          }
        }
        return new Ran(rows, number);
      }
    }

    private Ran plus(Ran next) {
      return new Ran(rows + next.rows, number.or(next::number));
    }

    /** Whether it changed or returned anything. */
    public boolean didSomething() {
      return rows > 0;
    }
  }

  /** How a value is read from the row that a result is at. */
  @FunctionalInterface
  public interface Mapping<T> {
    T map(ResultSet row) throws SQLException;
  }

  private interface Step<T> {
    T run(PreparedStatement statement) throws SQLException;
  }

  /**
   * A parsed text.
   *
   * @param names of its parameters in their order
   */
  private record Text(String sql, List<String> names) {
    static Text parse(String sql) {
      List<String> names = new ArrayList<>();
      Matcher parameters = PARAMETER.matcher(sql);
      String plain =
          parameters.replaceAll(
              found -> {
                names.add(found.group(1) == null ? found.group(2) : found.group(1));
                return found.group(1) == null ? list(found) : "?";
              });
      return new Text(plain, List.copyOf(names));
    }

    /** The text with as many marks as its lists are long. */
    String expand(Map<String, @Nullable Object> values) {
      String expanded = sql;
      for (String name : names) {
        if (values.get(name) instanceof Collection<?> list) {
          expanded = expanded.replace("<" + name + ">", "?" + ",?".repeat(list.size() - 1));
        }
      }
      return expanded;
    }

    private static String list(MatchResult found) {
      return Matcher.quoteReplacement(found.group());
    }
  }

  /**
   * A statement that the database refused. Its cause says why, and no value of it is in the
   * message.
   */
  static final class StatementException extends RuntimeException {
    StatementException(SQLException cause) {
      super("a statement failed", cause);
    }
  }
}
