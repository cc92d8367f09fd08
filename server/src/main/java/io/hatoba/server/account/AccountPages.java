package io.hatoba.server.account;

import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** The lists of people and of service accounts, page by page. */
@Singleton
public final class AccountPages {
  private final Database database;

  public AccountPages(Database database) {
    this.database = database;
  }

  /**
   * One page.
   *
   * @param after from {@link Sort#key} of the last row of the page before
   * @param limit how many rows at most
   */
  public List<Account> page(Filter filter, Optional<List<String>> after, int limit) {
    return database.read(handle -> page(handle, filter, after, limit));
  }

  private static List<Account> page(
      Handle handle, Filter filter, Optional<List<String>> after, int limit) {
    Query query = handle.createQuery(sql(filter, after.isPresent())).bind("limit", limit);
    filter.enabled().ifPresent(enabled -> query.bind("enabled", enabled));
    filter
        .namePart()
        .ifPresent(
            part ->
                query.bind(
                    "part",
                    (filter.robots() ? Account.ROBOT : "")
                        + "%"
                        + part.toLowerCase(Locale.ROOT).replaceAll("([\\\\%_])", "\\\\$1")
                        + "%"));
    after.ifPresent(
        key -> {
          query.bind("name", key.getLast());
          if (filter.sort().isByTime()) {
            query.bind("time", Long.parseLong(key.getFirst()));
          }
        });
    return query.map((row, context) -> Accounts.account(row)).list();
  }

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static String sql(Filter filter, boolean goesOn) {
    Sort sort = filter.sort();
    String key = sort.isByTime() ? "(%s, name)".formatted(sort.column) : "name";
    String last = sort.isByTime() ? "(:time, :name)" : ":name";
    String direction = sort.descending ? " DESC" : "";
    return """
    SELECT id, name, email, description, enabled, expires_at, created_at, last_sign_in_at
    FROM account
    WHERE robot = %s
    """
            .formatted(filter.robots() ? "TRUE" : "FALSE")
        + (goesOn ? "  AND %s %s %s\n".formatted(key, sort.descending ? "<" : ">", last) : "")
        + (filter.enabled().isPresent() ? "  AND enabled = :enabled\n" : "")
        + (filter.namePart().isPresent() ? "  AND name LIKE :part ESCAPE '\\'\n" : "")
        + "ORDER BY "
        + (sort.isByTime() ? sort.column + direction + ", " : "")
        + "name"
        + direction
        + "\nLIMIT :limit\n";
  }

  /**
   * What is listed.
   *
   * @param robots service accounts; else people
   * @param namePart a part of the name, whatever the case of its letters
   */
  public record Filter(
      boolean robots, Optional<String> namePart, Optional<Boolean> enabled, Sort sort) {}

  /** In which order. */
  public enum Sort {
    NAME("name", "name", false),
    NAME_DESCENDING("-name", "name", true),
    CREATED("createdAt", "created_at", false),
    CREATED_DESCENDING("-createdAt", "created_at", true),
    SIGNED_IN("lastSignInAt", "last_sign_in_at", false),
    SIGNED_IN_DESCENDING("-lastSignInAt", "last_sign_in_at", true);

    private final String word;
    private final String column;
    private final boolean descending;

    Sort(String word, String column, boolean descending) {
      this.word = word;
      this.column = column;
      this.descending = descending;
    }

    /** The order that is asked for so. */
    public static Optional<Sort> of(String word) {
      return Arrays.stream(values()).filter(sort -> sort.word.equals(word)).findAny();
    }

    /** What can be asked for, for people. */
    public static String words() {
      return Arrays.stream(values()).map(sort -> sort.word).collect(Collectors.joining(", "));
    }

    boolean isByTime() {
      return !column.equals("name");
    }

    /** The place of an account in this order. */
    public List<String> key(Account account) {
      Instant time =
          switch (this) {
            case NAME, NAME_DESCENDING -> Instant.EPOCH;
            case CREATED, CREATED_DESCENDING -> account.createdAt();
            case SIGNED_IN, SIGNED_IN_DESCENDING -> account.lastSignInAt().orElse(Instant.EPOCH);
          };
      return List.of(Long.toString(time.toEpochMilli()), account.name());
    }
  }
}
