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
      SELECT id, name, email, description, enabled, expires_at, created_at, last_sign_in_at
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
    Account account =
        new Account(
            ids.next(),
            name,
            "",
            "",
            true,
            Optional.empty(),
            Instant.ofEpochMilli(clock.millis()),
            Optional.empty());
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
                    SELECT id, name, email, description, enabled, expires_at, created_at,
                      last_sign_in_at
                    FROM account
                    WHERE name = :name
                    """)
                .bind("name", name)
                .map((row, context) -> account(row))
                .findOne());
  }

  /** The account that is so named in tokens, history and events, if it exists. */
  public Optional<Account> findByPrincipal(String principal) {
    return Account.nameOf(principal).flatMap(this::find);
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

  /**
   * Lets an account in, or ends all its keys, tokens and sessions at once. Nothing if it does not
   * exist.
   */
  public void setEnabled(String name, boolean enabled) {
    version.change(
        handle -> {
          Optional<Long> id =
              handle
                  .createQuery(
                      """
                      UPDATE account
                      SET enabled = :enabled
                      WHERE name = :name
                      RETURNING id
                      """)
                  .bind("enabled", enabled)
                  .bind("name", name)
                  .mapTo(Long.class)
                  .findOne();
          // Not only barred: nobody who is let in again months later is still signed in.
          return enabled || id.isEmpty() ? 0 : Sessions.endAll(handle, id.get(), Optional.empty());
        });
  }

  /**
   * The account, if it is enabled and this is its password. Takes about as long when it is not,
   * when there is no such account, and when it has no password.
   */
  public Optional<Account> checkPassword(String name, Secret password) {
    Stored stored = stored(name);
    return matches(stored, password) ? stored.account().filter(Account::enabled) : Optional.empty();
  }

  /** What is stored under a name, to check a password against; also if that is nothing. */
  public Stored stored(String name) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT id, name, email, description, enabled, expires_at, created_at,
                      last_sign_in_at, password_hash
                    FROM account
                    WHERE name = :name
                    """)
                .bind("name", name)
                .map(
                    (row, context) ->
                        new Stored(
                            Optional.of(account(row)),
                            Optional.ofNullable(row.getString("password_hash"))))
                .findOne()
                .orElse(new Stored(Optional.empty(), Optional.empty())));
  }

  /**
   * Whether this is the password. Asks no database, and takes as long where there is none.
   *
   * @throws RefusedException with {@code TOOMANYREQUESTS} if too many are being checked
   */
  public boolean matches(Stored stored, Secret password) {
    return stored.hash().isPresent()
        ? passwords.matches(password, stored.hash().get())
        : passwords.matchesNobody(password);
  }

  /** Hashes a password again that has just matched, if hashes cost more today. */
  public void refreshHash(Stored stored, Secret password) {
    String before = stored.hash().orElseThrow();
    if (passwords.isOfToday(before)) {
      return;
    }
    String after = passwords.hash(password);
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    UPDATE account
                    SET password_hash = :after
                    WHERE id = :id AND password_hash = :before
                    """)
                .bind("after", after)
                .bind("id", stored.account().orElseThrow().id())
                .bind("before", before)
                .execute());
  }

  private static Account account(ResultSet row) throws SQLException {
    return new Account(
        row.getLong("id"),
        row.getString("name"),
        row.getString("email"),
        row.getString("description"),
        row.getBoolean("enabled"),
        AccessKeys.instant(row, "expires_at"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Optional.of(row.getLong("last_sign_in_at"))
            .filter(millis -> millis > 0)
            .map(Instant::ofEpochMilli));
  }

  /**
   * What a password is checked against.
   *
   * @param hash none: no password opens this account
   */
  public record Stored(Optional<Account> account, Optional<String> hash) {
    @Override
    public String toString() {
      return "Stored[***]";
    }
  }
}
