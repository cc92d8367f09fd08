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

  /** Put at the end of a SELECT: locks its rows for change until the transaction ends. */
  public String forUpdate() {
    return this == POSTGRESQL ? " FOR UPDATE" : "";
  }
}
