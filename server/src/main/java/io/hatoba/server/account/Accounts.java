package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The accounts and their rules. */
@Singleton
public final class Accounts {
  /** The most rows of one page. */
  public static final int MAX_PAGE = 1000;

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String PAGE =
      """
      SELECT id, name, enabled, created_at
      FROM account
      WHERE name > :after
      ORDER BY name
      LIMIT :limit
      """;

  private final Database database;
  private final AccessVersion version;
  private final Ids ids;
  private final InstantSource clock;
  private final Passwords passwords = new Passwords();

  public Accounts(Database database, AccessVersion version, Ids ids, InstantSource clock) {
    this.database = database;
    this.version = version;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Makes an account that has no role and no key yet.
   *
   * @param password none: no password opens this account
   * @throws RefusedException with {@link ErrorCode#CONFLICT} if the name is taken, {@link
   *     ErrorCode#NAME_INVALID} if it is none
   */
  public Account create(String name, Optional<Secret> password) {
    Account.parseName(name);
    Optional<String> hash = password.map(passwords::hash);
    return version.change(
        handle ->
            insert(handle, name, hash)
                .orElseThrow(
                    () ->
                        new RefusedException(
                            new Refusal.Conflict(
                                ErrorCode.CONFLICT,
                                "an account named %s exists already".formatted(name),
                                name))));
  }

  /** The hash to give to {@link #insert}; slow on purpose, so not in a transaction. */
  String hash(Secret password) {
    return passwords.hash(password);
  }

  /** As {@link #create}, inside the transaction of the caller. Empty if the name is taken. */
  Optional<Account> insert(Handle handle, String name, Optional<String> passwordHash) {
    Account account = new Account(ids.next(), name, true, Instant.ofEpochMilli(clock.millis()));
    int inserted =
        handle
            .createUpdate(
                """
                INSERT INTO account (id, name, principal, password_hash, enabled, created_at)
                VALUES (:id, :name, :principal, :passwordHash, TRUE, :createdAt)
                ON CONFLICT (name) DO NOTHING
                """)
            .bind("id", account.id())
            .bind("name", name)
            .bind("principal", account.principal())
            .bind("passwordHash", passwordHash)
            .bind("createdAt", account.createdAt().toEpochMilli())
            .execute();
    return inserted == 0 ? Optional.empty() : Optional.of(account);
  }

  /** The account with this name, if it exists. */
  public Optional<Account> find(String name) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT id, name, enabled, created_at
                    FROM account
                    WHERE name = :name
                    """)
                .bind("name", name)
                .map((row, context) -> account(row))
                .findOne());
  }

  /**
   * Accounts in byte order of their names.
   *
   * @param after the last name of the page before; need not exist
   * @param limit between 1 and {@value #MAX_PAGE}
   */
  public List<Account> page(Optional<String> after, int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException("limit " + limit);
    }
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("after", after.orElse(""))
                .bind("limit", limit)
                .map((row, context) -> account(row))
                .list());
  }

  /** Lets an account in, or ends all its keys and tokens at once. Nothing if it does not exist. */
  public void setEnabled(String name, boolean enabled) {
    version.change(
        handle ->
            handle
                .createUpdate(
                    """
                    UPDATE account
                    SET enabled = :enabled
                    WHERE name = :name
                    """)
                .bind("enabled", enabled)
                .bind("name", name)
                .execute());
  }

  /**
   * The account, if it is enabled and this is its password. Takes about as long when it is not,
   * when there is no such account, and when it has no password.
   */
  public Optional<Account> checkPassword(String name, Secret password) {
    Optional<String> hash =
        database.read(
            handle ->
                handle
                    .createQuery(
                        """
                            SELECT password_hash
                            FROM account
                            WHERE name = :name AND password_hash IS NOT NULL
                            """)
                    .bind("name", name)
                    .mapTo(String.class)
                    .findOne());
    boolean right =
        hash.isPresent()
            ? passwords.matches(password, hash.get())
            : passwords.matchesNobody(password);
    return right ? find(name).filter(Account::enabled) : Optional.empty();
  }

  private static Account account(ResultSet row) throws SQLException {
    return new Account(
        row.getLong("id"),
        row.getString("name"),
        row.getBoolean("enabled"),
        Instant.ofEpochMilli(row.getLong("created_at")));
  }
}
