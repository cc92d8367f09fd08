package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The sessions and their rules. A session that is ended here is dead on every node at once; one
 * that has run out is dead by its time, and its row goes later ({@link SessionUpkeep}).
 */
@Singleton
public final class Sessions {
  /** The most sessions of an account; the next sign-in ends the oldest. */
  public static final int MAX_PER_ACCOUNT = 50;

  /** Not in the methods that run it only because the test of its plan needs it too. */
  static final String LIST =
      """
      SELECT id, account_id, created_at, last_seen_at, ends_at, expires_at, address, user_agent
      FROM session
      WHERE account_id = :account AND ends_at > :now
      ORDER BY id DESC
      LIMIT :limit
      """;

  /** As {@link #LIST}. */
  static final String EXPIRED =
      """
      SELECT secret_hash
      FROM session
      WHERE ends_at <= :now
      ORDER BY ends_at
      LIMIT :limit
      """;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SECRET_BYTES = 32;
  private static final int MAX_PER_TRANSACTION = 500;

  private final Database database;
  private final AccessVersion version;
  private final Ids ids;
  private final SessionConfig config;
  private final InstantSource clock;

  public Sessions(
      Database database,
      AccessVersion version,
      Ids ids,
      SessionConfig config,
      InstantSource clock) {
    this.database = database;
    this.version = version;
    this.ids = ids;
    this.config = config;
    this.clock = clock;
  }

  /**
   * Begins a session, for somebody who has just shown to be this account. Ends the oldest beyond
   * {@value #MAX_PER_ACCOUNT}.
   *
   * @throws RefusedException with {@code UNAUTHORIZED} if the account was disabled or deleted
   *     meanwhile
   */
  public Session.Opened open(long accountId, Session.From from) {
    Secret secret = newSecret();
    Instant now = Instant.ofEpochMilli(clock.millis());
    Instant expiresAt = now.plus(config.lifetime());
    Session session =
        new Session(ids.next(), accountId, now, now, endOf(now, expiresAt), expiresAt, from);
    database.write(
        handle -> {
          signedIn(handle, accountId, now);
          return insert(handle, session, hash(secret));
        });
    endOldest(accountId);
    return new Session.Opened(session, secret);
  }

  /** The same row that disabling the account changes, so that no session slips in beside it. */
  private static void signedIn(Handle handle, long accountId, Instant now) {
    int changed =
        handle
            .createUpdate(
                """
                UPDATE account
                SET last_sign_in_at = :now
                WHERE id = :account AND enabled = TRUE
                """)
            .bind("now", now.toEpochMilli())
            .bind("account", accountId)
            .execute();
    if (changed == 0) {
      throw new RefusedException(
          new Refusal.Unauthorized(
              "this account no longer exists or is disabled", Optional.empty(), List.of()));
    }
  }

  private static int insert(Handle handle, Session session, String secretHash) {
    return handle
        .createUpdate(
            """
            INSERT INTO session
              (secret_hash, id, account_id, created_at, last_seen_at, ends_at, expires_at, address,
              user_agent)
            VALUES (:hash, :id, :account, :now, :now, :endsAt, :expiresAt, :address, :userAgent)
            """)
        .bind("hash", secretHash)
        .bind("id", session.id())
        .bind("account", session.accountId())
        .bind("now", session.createdAt().toEpochMilli())
        .bind("endsAt", session.endsAt().toEpochMilli())
        .bind("expiresAt", session.expiresAt().toEpochMilli())
        .bind("address", session.from().address())
        .bind("userAgent", session.from().userAgent())
        .execute();
  }

  private void endOldest(long accountId) {
    List<Session> newest = database.read(handle -> list(handle, accountId, MAX_PER_ACCOUNT + 1));
    if (newest.size() <= MAX_PER_ACCOUNT) {
      return;
    }
    version.change(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM session
                    WHERE account_id = :account AND id < :oldestKept
                    """)
                .bind("account", accountId)
                .bind("oldestKept", newest.get(MAX_PER_ACCOUNT - 1).id())
                .execute());
  }

  /** The sessions of an account that have not run out, the newest first. */
  public List<Session> list(long accountId) {
    return database.read(handle -> list(handle, accountId, MAX_PER_ACCOUNT));
  }

  private List<Session> list(Handle handle, long accountId, int limit) {
    return handle
        .createQuery(LIST)
        .bind("account", accountId)
        .bind("now", clock.millis())
        .bind("limit", limit)
        .map((row, context) -> session(row))
        .list();
  }

  /**
   * Ends one session of an account.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if the account has none such
   */
  public void end(long accountId, long id) {
    if (!endIfThere(accountId, id)) {
      throw new RefusedException(
          Refusal.unknown(
              ErrorCode.NAME_UNKNOWN,
              "the account has no session with this id",
              Long.toString(id)));
    }
  }

  /** As {@link #end}; false if the account has none such. */
  public boolean endIfThere(long accountId, long id) {
    return version.change(
            handle ->
                handle
                    .createUpdate(
                        """
                        DELETE FROM session
                        WHERE id = :id AND account_id = :account
                        """)
                    .bind("id", id)
                    .bind("account", accountId)
                    .execute())
        > 0;
  }

  /**
   * Ends all sessions of an account.
   *
   * @param but the id of one that goes on
   */
  public void endAll(long accountId, Optional<Long> but) {
    version.change(handle -> endAll(handle, accountId, but));
  }

  /** As {@link #endAll}, inside the transaction of the caller. */
  static int endAll(Handle handle, long accountId, Optional<Long> but) {
    return handle
        .createUpdate(
            """
            DELETE FROM session
            WHERE account_id = :account AND id <> :but
            """)
        .bind("account", accountId)
        .bind("but", but.orElse(0L))
        .execute();
  }

  /** Forgets sessions that have run out; returns how many, 0 when there is nothing more to do. */
  int expireOnce() {
    List<String> expired =
        database.read(
            handle ->
                handle
                    .createQuery(EXPIRED)
                    .bind("now", clock.millis())
                    .bind("limit", MAX_PER_TRANSACTION)
                    .mapTo(String.class)
                    .list());
    if (expired.isEmpty()) {
      return 0;
    }
    // Nobody needs to be told by AccessVersion: their time is remembered with them. A use on
    // another node may have moved it meanwhile.
    return database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM session
                    WHERE secret_hash IN (<expired>) AND ends_at <= :now
                    """)
                .bindList("expired", expired)
                .bind("now", clock.millis())
                .execute());
  }

  /** When a session ends that was last used at this time. */
  Instant endOf(Instant lastSeenAt, Instant expiresAt) {
    Instant idle = lastSeenAt.plus(config.idle());
    return idle.isBefore(expiresAt) ? idle : expiresAt;
  }

  /** What is stored of a secret. It has 256 random bits, so there is nothing to guess. */
  static String hash(Secret secret) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(secret.bytes()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Secret newSecret() {
    byte[] bytes = new byte[SECRET_BYTES];
    RANDOM.nextBytes(bytes);
    return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  static Session session(ResultSet row) throws SQLException {
    return new Session(
        row.getLong("id"),
        row.getLong("account_id"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("last_seen_at")),
        Instant.ofEpochMilli(row.getLong("ends_at")),
        Instant.ofEpochMilli(row.getLong("expires_at")),
        new Session.From(row.getString("address"), row.getString("user_agent")));
  }
}
