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

  /** The first column of the rows, as text. */
  public List<String> texts() {
    return run(
        text.expand(values),
        statement -> {
          fill(statement, values);
          List<String> texts = new ArrayList<>();
          try (ResultSet found = statement.executeQuery()) {
            while (found.next()) {
              texts.add(found.getString(1));
            }
          }
          return texts;
        });
  }

  /** The first column of the first row, as a number; empty if there is no row or it is NULL. */
  public Optional<Long> number() {
    return run(
        text.expand(values),
        statement -> {
          fill(statement, values);
          try (ResultSet found = statement.executeQuery()) {
            if (!found.next()) {
              return Optional.empty();
            }
            long number = found.getLong(1);
            return found.wasNull() ? Optional.empty() : Optional.of(number);
          }
        });
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
    int position = 0;
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
