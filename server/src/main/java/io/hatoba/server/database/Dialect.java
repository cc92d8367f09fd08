package io.hatoba.server.database;

/**
 * The SQL that SQLite and PostgreSQL do not share. Each method is a fragment to put into a
 * statement.
 */
public enum Dialect {
  SQLITE,
  POSTGRESQL;

  /**
   * Put at the end of a SELECT: locks its rows against change until the transaction ends. Writers
   * are serial on SQLite.
   */
  public String forShare() {
    return this == POSTGRESQL ? " FOR SHARE" : "";
  }

  /**
   * Put at the end of a SELECT: waits for those who have its rows {@link #forUpdate()}, and makes
   * them wait, but nobody who changes other columns than the key.
   */
  public String forKeyShare() {
    return this == POSTGRESQL ? " FOR KEY SHARE" : "";
  }

  /**
   * Put at the end of a SELECT: one transaction at a time has its rows so. Those who have them
   * {@link #forKeyShare()} neither wait nor are waited for.
   */
  public String forNoKeyUpdate() {
    return this == POSTGRESQL ? " FOR NO KEY UPDATE" : "";
  }

  /** Put at the end of a SELECT: locks its rows for change until the transaction ends. */
  public String forUpdate() {
    return this == POSTGRESQL ? " FOR UPDATE" : "";
  }

  /** As {@link #forUpdate()}, but passes over the rows that another transaction has locked. */
  public String forUpdateSkippingLocked() {
    return this == POSTGRESQL ? " FOR UPDATE SKIP LOCKED" : "";
  }

  /**
   * Put after a table's alias: keeps SQLite from taking another index than this one, where its
   * guess of what is cheap would be wrong. PostgreSQL has no such words.
   */
  public String indexedBy(String index) {
    return this == SQLITE ? " INDEXED BY " + index : "";
  }

  /**
   * The number of the running transaction, a BIGINT expression. A row of the outbox stores it, as
   * its default ({@code tx BIGINT NOT NULL DEFAULT ${tx}} in a migration) or by name, and its
   * readers compare it with {@link #settledHorizon()}.
   *
   * <p>PostgreSQL: {@code pg_current_xact_id()}. SQLite: always 0, since there is one writer.
   */
  public String transactionId() {
    return this == POSTGRESQL ? "(CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT))" : "(0)";
  }

  /**
   * An expression such that every row with {@code tx <} it belongs to a transaction that has ended:
   * no row with so small a {@code tx} can appear later.
   *
   * <p>An outbox is read in the order {@code (tx, seq)}, with a cursor that holds both, where
   * {@code seq} is a column declared {@code ${sequence}}:
   *
   * <pre>
   * WHERE (tx, seq) > (:tx, :seq) AND tx &lt; [settledHorizon]
   * ORDER BY tx, seq
   * </pre>
   *
   * <p>{@code seq} alone is not enough on PostgreSQL: a lower number may commit after a higher one,
   * and a cursor that went past would never see it. On SQLite the single writer makes {@code seq}
   * the order of commits. On PostgreSQL a transaction that stays open anywhere in the server's
   * cluster holds the horizon, and so the readers, back; it never makes them skip.
   */
  public String settledHorizon() {
    return this == POSTGRESQL
        ? "(CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT))"
        : "(1)";
  }
}
