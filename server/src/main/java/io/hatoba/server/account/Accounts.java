package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Actor;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;

/** The accounts and their rules. */
@Singleton
public final class Accounts {
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

  /** As {@link #create(String, Account.Settings, Optional)}, without more to say of it. */
  public Account create(String name, Optional<Secret> password) {
    return create(name, Account.Settings.PLAIN, password);
  }

  /**
   * Makes an account that has no role and no key yet. What was allowed to one of this name that is
   * gone is not allowed to this one.
   *
   * @param name of a person, or of a service account with {@code robot$}
   * @param password none: no password opens this account
   * @throws RefusedException with {@link ErrorCode#CONFLICT} if the name is taken, {@link
   *     ErrorCode#NAME_INVALID} if it is none
   */
  public Account create(String name, Account.Settings settings, Optional<Secret> password) {
    if (name.startsWith(Account.ROBOT)) {
      Account.parseRobotName(name.substring(Account.ROBOT.length()));
    } else {
      Account.parseName(name);
    }
    Optional<String> hash = password.map(passwords::hash);
    return version.change(
        handle ->
            insert(handle, name, settings, hash)
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
    return insert(handle, name, Account.Settings.PLAIN, passwordHash);
  }

  private Optional<Account> insert(
      Handle handle, String name, Account.Settings settings, Optional<String> passwordHash) {
    Account account =
        new Account(
            ids.next(),
            name,
            settings.email(),
            settings.description(),
            settings.enabled(),
            settings.expiresAt(),
            Instant.ofEpochMilli(clock.millis()),
            Optional.empty());
    int inserted =
        handle
            .createUpdate(
                """
                INSERT INTO account
                  (id, name, principal, robot, email, description, password_hash, enabled,
                   expires_at, created_at)
                VALUES (:id, :name, :principal, :robot, :email, :description, :passwordHash,
                  :enabled, :expiresAt, :createdAt)
                ON CONFLICT (name) DO NOTHING
                """)
            .bind("id", account.id())
            .bind("name", name)
            .bind("principal", account.principal())
            .bind("robot", account.isRobot())
            .bind("email", account.email())
            .bind("description", account.description())
            .bind("passwordHash", passwordHash)
            .bind("enabled", account.enabled())
            .bind("expiresAt", account.expiresAt().map(Instant::toEpochMilli))
            .bind("createdAt", account.createdAt().toEpochMilli())
            .execute();
    if (inserted == 0) {
      return Optional.empty();
    }
    Grants.takeAll(handle, account.principal());
    return Optional.of(account);
  }

  /** The account with this name, if it exists. */
  public Optional<Account> find(String name) {
    return database.read(handle -> find(handle, name));
  }

  private static Optional<Account> find(Handle handle, String name) {
    return handle
        .createQuery(
            """
            SELECT id, name, email, description, enabled, expires_at, created_at, last_sign_in_at
            FROM account
            WHERE name = :name
            """)
        .bind("name", name)
        .map((row, context) -> account(row))
        .findOne();
  }

  /**
   * The person's account with this name.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN}
   */
  public Account requirePerson(String name) {
    return Optional.of(name)
        .filter(Account::isName)
        .flatMap(this::find)
        .orElseThrow(() -> unknown(name));
  }

  /**
   * The service account with this name.
   *
   * @param name without {@code robot$}
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN}
   */
  public Account requireRobot(String name) {
    return Optional.of(name)
        .filter(Account::isName)
        .map(Account.ROBOT::concat)
        .flatMap(this::find)
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.NAME_UNKNOWN,
                        "there is no service account with this name",
                        bounded(name))));
  }

  /**
   * The account of who calls.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if the caller has none
   */
  public Account requireOf(Requester requester) {
    return findByPrincipal(requester.actor().principal())
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.NAME_UNKNOWN,
                        "there is no account behind these credentials",
                        requester.actor().principal())));
  }

  private static Account require(Handle handle, String name) {
    return find(handle, name).orElseThrow(() -> unknown(name));
  }

  private static RefusedException unknown(String name) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.NAME_UNKNOWN, "there is no account with this name", bounded(name)));
  }

  private static String bounded(String name) {
    return name.substring(0, Math.min(name.length(), 64));
  }

  /** The account that is so named in tokens, history and events, if it exists. */
  public Optional<Account> findByPrincipal(String principal) {
    return Account.nameOf(principal).flatMap(this::find);
  }

  /** As {@link #change}: lets an account in, or bars it with all that opens it. */
  public void setEnabled(String name, boolean enabled) {
    change(
        name,
        before ->
            new Account.Settings(before.email(), before.description(), enabled, before.expiresAt()),
        Optional.empty());
  }

  /**
   * Changes an account. One that is no longer enabled loses its sessions; its keys and tokens do
   * not work until it is enabled again; both at once and on every node.
   *
   * @param change runs inside the transaction
   * @param by who does it, if it is not the server itself
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if it does not exist, {@link
   *     ErrorCode#CONFLICT} if somebody would bar himself or the last administrator
   */
  public Account change(String name, UnaryOperator<Account.Settings> change, Optional<Actor> by) {
    return version.change(
        handle -> {
          Administrators.lock(handle, database.dialect());
          Account before = require(handle, name);
          Account.Settings after = change.apply(before.settings());
          if (before.enabled() && !after.enabled()) {
            requireDispensable(handle, before, by);
            // Not only barred: nobody who is let in again months later is still signed in.
            Sessions.endAll(handle, before.id(), Optional.empty());
          }
          handle
              .createUpdate(
                  """
                  UPDATE account
                  SET email = :email, description = :description, enabled = :enabled,
                    expires_at = :expiresAt
                  WHERE id = :id
                  """)
              .bind("email", after.email())
              .bind("description", after.description())
              .bind("enabled", after.enabled())
              .bind("expiresAt", after.expiresAt().map(Instant::toEpochMilli))
              .bind("id", before.id())
              .execute();
          return require(handle, name);
        });
  }

  private static void requireDispensable(Handle handle, Account account, Optional<Actor> by) {
    if (by.isPresent() && by.get().principal().equals(account.principal())) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.CONFLICT,
              "nobody disables or deletes his own account; let another administrator do it",
              account.name()));
    }
    if (by.isPresent()) {
      Administrators.requireAnother(handle, account);
    }
  }

  /**
   * Deletes an account with its keys, sessions, groups and roles; its tokens end at once. History
   * keeps the name.
   *
   * @param by who does it
   * @throws RefusedException as {@link #change}
   */
  public void delete(String name, Actor by) {
    version.change(
        handle -> {
          Administrators.lock(handle, database.dialect());
          Account account = require(handle, name);
          requireDispensable(handle, account, Optional.of(by));
          Grants.takeAll(handle, account.principal());
          return handle
              .createUpdate(
                  """
                  DELETE FROM account
                  WHERE id = :id
                  """)
              .bind("id", account.id())
              .execute();
        });
  }

  /** Notes at a field what is wrong with a password that an account shall get. */
  public void checkRules(Checks checks, String field, Secret password, Account account) {
    PasswordRules.check(
        checks, field, password, new PasswordRules.Whose(account.name(), account.email()));
  }

  /**
   * Gives an account a new password and ends its sessions.
   *
   * @param but the session that goes on
   * @throws RefusedException with {@link ErrorCode#CONFLICT} for a service account
   */
  public void setPassword(Account account, Secret password, Optional<Long> but) {
    if (account.isRobot()) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.CONFLICT, "a service account has keys and no password", account.name()));
    }
    String hash = passwords.hash(password);
    version.change(
        handle -> {
          handle
              .createUpdate(
                  """
                  UPDATE account
                  SET password_hash = :hash
                  WHERE id = :id
                  """)
              .bind("hash", hash)
              .bind("id", account.id())
              .execute();
          return Sessions.endAll(handle, account.id(), but);
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

  static Account account(ResultSet row) throws SQLException {
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
