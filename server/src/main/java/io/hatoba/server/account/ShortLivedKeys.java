package io.hatoba.server.account;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Access keys that live for minutes, for service accounts. They do not count against the keys that
 * an account may have, are in no list, and go by themselves some time after they have expired.
 */
@Singleton
public final class ShortLivedKeys {
  /** The most that work at a time, of one account. */
  public static final int MAX_PER_ACCOUNT = 1000;

  /** How long an expired one stays, so that a late request is told that it has expired. */
  static final Duration KEPT = Duration.ofHours(1);

  /** Not in the methods that run it only because the test of its plan needs it too. */
  static final String COUNT =
      """
      SELECT count(*)
      FROM access_key
      WHERE account_id = :account AND short_lived = TRUE AND expires_at > :now
      """;

  /** As {@link #COUNT}. */
  static final String EXPIRED =
      """
      SELECT id
      FROM access_key
      WHERE short_lived = TRUE AND expires_at <= :before
      ORDER BY expires_at
      LIMIT :limit
      """;

  private static final int MAX_PER_TRANSACTION = 500;

  private final Database database;
  private final AccessKeys keys;
  private final InstantSource clock;

  public ShortLivedKeys(Database database, AccessKeys keys, InstantSource clock) {
    this.database = database;
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * Lets somebody arrange that keys of a service account are given to others, in the transaction of
   * the caller.
   *
   * @param serviceAccount its name with {@code robot$}
   * @return false if there is no such account
   * @throws RefusedException with {@code DENIED} if the account may what the caller may not
   */
  public static boolean requireMine(Handle handle, String serviceAccount, Requester caller) {
    boolean exists =
        handle
            .createQuery(
                """
                SELECT id
                FROM account
                WHERE name = :name
                """)
            .bind("name", serviceAccount)
            .mapTo(Long.class)
            .findOne()
            .isPresent();
    if (exists) {
      Delegation.requireAllOf(caller, Standings.rights(handle, Account.principal(serviceAccount)));
    }
    return exists;
  }

  /** A key that is not stored yet; made outside of the transaction that stores it. */
  public Draft draft(Optional<List<KeyScope>> scopes, Duration lifetime, String from) {
    String id = AccessKeys.randomId();
    Secret secret = Secret.random();
    Instant now = Instant.ofEpochMilli(clock.millis());
    return new Draft(id, secret, keys.mac(id, secret), scopes, now, now.plus(lifetime), from);
  }

  /**
   * Stores a key of a service account, in the transaction of the caller.
   *
   * @param serviceAccount its name with {@code robot$}
   * @return when the key ends: not later than its account
   * @throws RefusedException with {@code DENIED} if there is no such account, it is disabled or has
   *     expired, or has {@value #MAX_PER_ACCOUNT} of them that work
   */
  public Instant insert(Handle handle, String serviceAccount, Draft draft) {
    Owner owner = lockOwner(handle, serviceAccount);
    long now = draft.createdAt().toEpochMilli();
    if (!owner.enabled() || owner.expiresAt() <= now) {
      throw denied(
          "the service account " + serviceAccount + " is disabled or has expired", serviceAccount);
    }
    int live =
        handle
            .createQuery(COUNT)
            .bind("account", owner.id())
            .bind("now", now)
            .mapTo(Integer.class)
            .one();
    if (live >= MAX_PER_ACCOUNT) {
      throw denied(
          "the service account %s has %d short-lived keys that work, the most that are possible;"
                  .formatted(serviceAccount, live)
              + " shorter lifetimes in the rules of its issuers make room",
          serviceAccount);
    }
    long expiresAt = Math.min(draft.expiresAt().toEpochMilli(), owner.expiresAt());
    handle
        .createUpdate(
            """
            INSERT INTO access_key
              (id, account_id, secret_mac, generation, enabled, expires_at, created_at,
              created_from, scopes, short_lived)
            VALUES
              (:id, :account, :mac, 1, TRUE, :expiresAt, :createdAt, :createdFrom, :scopes, TRUE)
            """)
        .bind("id", draft.id())
        .bind("account", owner.id())
        .bind("mac", draft.mac().hex())
        .bind("expiresAt", expiresAt)
        .bind("createdAt", now)
        .bind("createdFrom", draft.from())
        .bind("scopes", draft.scopes().map(KeyScope::toJson))
        .execute();
    return Instant.ofEpochMilli(expiresAt);
  }

  /** Makes two that count the keys of one account wait for each other. */
  private Owner lockOwner(Handle handle, String serviceAccount) {
    return handle
        .createQuery(
            """
            SELECT id, enabled, expires_at
            FROM account
            WHERE name = :name
            """
                + database.dialect().forUpdate())
        .bind("name", serviceAccount)
        .map(
            (row, context) ->
                new Owner(
                    row.getLong("id"),
                    row.getBoolean("enabled"),
                    AccessKeys.instant(row, "expires_at")
                        .map(Instant::toEpochMilli)
                        .orElse(Long.MAX_VALUE)))
        .findOne()
        .orElseThrow(() -> denied("there is no service account " + serviceAccount, serviceAccount));
  }

  /** Forgets keys that expired long ago; returns how many, 0 when there is nothing more to do. */
  public int expireOnce() {
    long before = clock.instant().minus(KEPT).toEpochMilli();
    List<String> expired =
        database.read(
            handle ->
                handle
                    .createQuery(EXPIRED)
                    .bind("before", before)
                    .bind("limit", MAX_PER_TRANSACTION)
                    .mapTo(String.class)
                    .list());
    if (expired.isEmpty()) {
      return 0;
    }
    // Nobody needs to be told by AccessVersion: the key's time is remembered with it.
    return database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM access_key
                    WHERE id IN (<expired>) AND short_lived = TRUE
                    """)
                .bindList("expired", expired)
                .execute());
  }

  private static RefusedException denied(String message, String detail) {
    return new RefusedException(new Refusal.Denied(message, detail));
  }

  private record Owner(long id, boolean enabled, long expiresAt) {}

  /** A key before it is stored, with its secret for the only time it is known. */
  public record Draft(
      String id,
      Secret secret,
      SecretMac mac,
      Optional<List<KeyScope>> scopes,
      Instant createdAt,
      Instant expiresAt,
      String from) {
    public Draft {
      scopes = scopes.map(List::copyOf);
    }
  }
}
