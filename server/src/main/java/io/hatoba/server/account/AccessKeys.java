package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jdbi.v3.core.Handle;

/**
 * The access keys and their rules (FEATURES B1). A secret has 192 random bits, so there is nothing
 * to guess, and a keyed hash that costs microseconds is enough to keep it.
 */
@Singleton
public final class AccessKeys {
  /** The most keys an account has. */
  public static final int MAX_PER_ACCOUNT = 5;

  private static final String ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;
  private final AccessVersion version;
  private final ServerKeys serverKeys;
  private final InstantSource clock;

  public AccessKeys(
      Database database, AccessVersion version, ServerKeys serverKeys, InstantSource clock) {
    this.database = database;
    this.version = version;
    this.serverKeys = serverKeys;
    this.clock = clock;
  }

  /**
   * Makes a key with a random id and secret.
   *
   * @param from the network address of who asks
   * @throws RefusedException with {@code DENIED} if the account has {@value #MAX_PER_ACCOUNT}
   *     already, {@link ErrorCode#NAME_UNKNOWN} if there is no such account
   */
  public AccessKey.Issued create(long accountId, Optional<Instant> expiresAt, String from) {
    String id = randomId();
    Secret secret = Secret.random();
    SecretMac mac = mac(id, secret);
    AccessKey key =
        version.change(
            handle -> {
              lockAccount(handle, accountId);
              if (list(handle, accountId).size() >= MAX_PER_ACCOUNT) {
                throw new RefusedException(
                    new Refusal.Denied(
                        "an account has at most %d access keys; delete one of them first"
                            .formatted(MAX_PER_ACCOUNT),
                        ""));
              }
              return insert(handle, accountId, new Draft(id, mac, expiresAt, from));
            });
    return new AccessKey.Issued(key, secret);
  }

  /** Makes a key with what the caller has chosen, inside the caller's transaction. */
  AccessKey insert(Handle handle, long accountId, Draft draft) {
    AccessKey key =
        new AccessKey(
            draft.id(),
            accountId,
            1,
            true,
            draft.expiresAt().map(at -> Instant.ofEpochMilli(at.toEpochMilli())),
            new AccessKey.Use(Instant.ofEpochMilli(clock.millis()), draft.from()),
            Optional.empty());
    handle
        .createUpdate(
            """
            INSERT INTO access_key
              (id, account_id, secret_mac, generation, enabled, expires_at, created_at, created_from)
            VALUES (:id, :account, :mac, 1, TRUE, :expiresAt, :createdAt, :createdFrom)
            """)
        .bind("id", key.id())
        .bind("account", accountId)
        .bind("mac", draft.mac().hex())
        .bind("expiresAt", key.expiresAt().map(Instant::toEpochMilli))
        .bind("createdAt", key.created().at().toEpochMilli())
        .bind("createdFrom", draft.from())
        .execute();
    return key;
  }

  /** The keys of an account in order of their ids. */
  public List<AccessKey> list(long accountId) {
    return database.read(handle -> list(handle, accountId));
  }

  private static List<AccessKey> list(Handle handle, long accountId) {
    return handle
        .createQuery(LIST)
        .bind("account", accountId)
        .bind("limit", MAX_PER_ACCOUNT)
        .map((row, context) -> key(row))
        .list();
  }

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String LIST =
      """
      SELECT id, account_id, generation, enabled, expires_at, created_at, created_from,
        last_used_at, last_used_from
      FROM access_key
      WHERE account_id = :account
      ORDER BY id
      LIMIT :limit
      """;

  /**
   * Gives a key a new secret. The old one and all tokens that were had with it end at once.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if the account has no such key
   */
  public Secret reissue(long accountId, String id) {
    Secret secret = Secret.random();
    SecretMac mac = mac(id, secret);
    int changed =
        version.change(
            handle ->
                handle
                    .createUpdate(
                        """
                        UPDATE access_key
                        SET secret_mac = :mac, generation = generation + 1
                        WHERE id = :id AND account_id = :account
                        """)
                    .bind("mac", mac.hex())
                    .bind("id", id)
                    .bind("account", accountId)
                    .execute());
    require(changed, id);
    return secret;
  }

  /**
   * Switches a key on, or off with all its tokens, at once.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if the account has no such key
   */
  public void setEnabled(long accountId, String id, boolean enabled) {
    int changed =
        version.change(
            handle ->
                handle
                    .createUpdate(
                        """
                        UPDATE access_key
                        SET enabled = :enabled
                        WHERE id = :id AND account_id = :account
                        """)
                    .bind("enabled", enabled)
                    .bind("id", id)
                    .bind("account", accountId)
                    .execute());
    require(changed, id);
  }

  /**
   * Deletes a key; its tokens end at once.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if the account has no such key
   */
  public void delete(long accountId, String id) {
    int changed =
        version.change(
            handle ->
                handle
                    .createUpdate(
                        """
                        DELETE FROM access_key
                        WHERE id = :id AND account_id = :account
                        """)
                    .bind("id", id)
                    .bind("account", accountId)
                    .execute());
    require(changed, id);
  }

  /** What is stored of a secret. The id goes in, so that rows cannot be swapped. */
  public SecretMac mac(String id, Secret secret) {
    try {
      Mac hmac = Mac.getInstance("HmacSHA256");
      hmac.init(
          new SecretKeySpec(serverKeys.key("access-key", Secret::random).bytes(), "HmacSHA256"));
      hmac.update(id.getBytes(StandardCharsets.UTF_8));
      hmac.update((byte) 0);
      return new SecretMac(HexFormat.of().formatHex(hmac.doFinal(secret.bytes())));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether there is such a key with this secret. */
  boolean has(Bootstrap.KeyText key) {
    Optional<String> stored =
        database.read(
            handle ->
                handle
                    .createQuery(
                        """
                        SELECT secret_mac
                        FROM access_key
                        WHERE id = :id
                        """)
                    .bind("id", key.id())
                    .mapTo(String.class)
                    .findOne());
    return stored.map(SecretMac::new).equals(Optional.of(mac(key.id(), key.secret())));
  }

  /** Makes two that count the keys of one account wait for each other. */
  private void lockAccount(Handle handle, long accountId) {
    Optional<Long> account =
        handle
            .createQuery(
                """
                SELECT id
                FROM account
                WHERE id = :id
                """
                    + database.dialect().forUpdate())
            .bind("id", accountId)
            .mapTo(Long.class)
            .findOne();
    if (account.isEmpty()) {
      throw new RefusedException(
          Refusal.unknown(ErrorCode.NAME_UNKNOWN, "there is no such account", ""));
    }
  }

  private static void require(int changed, String id) {
    if (changed == 0) {
      throw new RefusedException(
          Refusal.unknown(
              ErrorCode.NAME_UNKNOWN, "the account has no access key with this id", id));
    }
  }

  /** A new id: 20 characters, 90 random bits. */
  static String randomId() {
    StringBuilder id = new StringBuilder("HK");
    for (int i = 0; i < 18; i++) {
      id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return id.toString();
  }

  private static AccessKey key(ResultSet row) throws SQLException {
    String lastUsedFrom = row.getString("last_used_from");
    return new AccessKey(
        row.getString("id"),
        row.getLong("account_id"),
        row.getInt("generation"),
        row.getBoolean("enabled"),
        instant(row, "expires_at"),
        new AccessKey.Use(
            Instant.ofEpochMilli(row.getLong("created_at")), row.getString("created_from")),
        instant(row, "last_used_at").map(at -> new AccessKey.Use(at, lastUsedFrom)));
  }

  static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }

  /** A key before it is stored. */
  record Draft(String id, SecretMac mac, Optional<Instant> expiresAt, String from) {}
}
