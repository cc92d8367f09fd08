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
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
   * Makes a key with a new secret. The id is random for a person; for a service account it is the
   * account's name, {@code robot$ci}, and {@code robot$ci$2} to {@code $5} for further ones.
   *
   * @param from the network address of who asks
   * @throws RefusedException with {@link ErrorCode#CONFLICT} if the account has {@value
   *     #MAX_PER_ACCOUNT} already, {@link ErrorCode#NAME_UNKNOWN} if there is no such account
   */
  public AccessKey.Issued create(Account account, AccessKey.Settings settings, String from) {
    Secret secret = Secret.random();
    List<Draft> drafts =
        ids(account).map(id -> new Draft(id, mac(id, secret), settings, from)).toList();
    AccessKey key =
        version.change(
            handle -> {
              lockAccount(handle, account.id());
              List<String> taken = list(handle, account.id()).stream().map(AccessKey::id).toList();
              if (taken.size() >= MAX_PER_ACCOUNT) {
                throw new RefusedException(
                    new Refusal.Conflict(
                        ErrorCode.CONFLICT,
                        "an account has at most %d access keys; delete one of them first"
                            .formatted(MAX_PER_ACCOUNT),
                        ""));
              }
              Draft free =
                  drafts.stream()
                      .filter(draft -> !taken.contains(draft.id()))
                      .findFirst()
                      .orElseThrow();
              return insert(handle, account.id(), free);
            });
    return new AccessKey.Issued(key, secret);
  }

  /** The ids that the next key can have, the best one first. */
  private static Stream<String> ids(Account account) {
    return account.isRobot()
        ? IntStream.rangeClosed(1, MAX_PER_ACCOUNT)
            .mapToObj(n -> n == 1 ? account.name() : account.name() + "$" + n)
        : Stream.of(randomId());
  }

  /** Makes a key with what the caller has chosen, inside the caller's transaction. */
  AccessKey insert(Handle handle, long accountId, Draft draft) {
    Instant now = Instant.ofEpochMilli(clock.millis());
    AccessKey key =
        new AccessKey(
            draft.id(),
            accountId,
            draft.settings().name(),
            firstGeneration(),
            draft.settings().enabled(),
            draft.settings().expiresAt(),
            draft.settings().scopes(),
            new AccessKey.Use(now, draft.from()),
            now,
            Optional.empty());
    handle
        .createUpdate(
            """
            INSERT INTO access_key
              (id, account_id, name, secret_mac, generation, enabled, expires_at, scopes,
               created_at, created_from)
            VALUES (:id, :account, :name, :mac, :generation, :enabled, :expiresAt, :scopes,
              :createdAt, :createdFrom)
            """)
        .bind("id", key.id())
        .bind("account", accountId)
        .bind("name", key.name())
        .bind("mac", draft.mac().hex())
        .bind("generation", key.generation())
        .bind("enabled", key.enabled())
        .bind("expiresAt", key.expiresAt().map(Instant::toEpochMilli))
        .bind("scopes", key.scopes().map(KeyScope::toJson))
        .bind("createdAt", key.created().at().toEpochMilli())
        .bind("createdFrom", draft.from())
        .execute();
    return key;
  }

  /**
   * Not 1: the id of a service account's key may have been another key's before, and a token that
   * was had with that one is void.
   */
  private static int firstGeneration() {
    return RANDOM.nextInt(1, 1 << 30);
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
      SELECT id, account_id, name, generation, enabled, expires_at, scopes, created_at,
        created_from, secret_at, last_used_at, last_used_from
      FROM access_key
      WHERE account_id = :account AND short_lived = FALSE
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
                        SET secret_mac = :mac, generation = generation + 1, secret_at = :now
                        WHERE id = :id AND account_id = :account
                        """)
                    .bind("mac", mac.hex())
                    .bind("now", clock.millis())
                    .bind("id", id)
                    .bind("account", accountId)
                    .execute());
    require(changed, id);
    return secret;
  }

  /** One key of an account, if it has it. */
  public Optional<AccessKey> find(long accountId, String id) {
    return list(accountId).stream().filter(key -> key.id().equals(id)).findFirst();
  }

  /** As {@link #change}: switches a key on, or off with all its tokens, at once. */
  public void setEnabled(long accountId, String id, boolean enabled) {
    change(
        accountId,
        id,
        before ->
            new AccessKey.Settings(before.name(), enabled, before.expiresAt(), before.scopes()));
  }

  /**
   * Changes what its owner decides about a key. Takes effect at once on every node, also for tokens
   * that were had with it.
   *
   * @param change runs inside the transaction
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if the account has no such key
   */
  public AccessKey change(long accountId, String id, UnaryOperator<AccessKey.Settings> change) {
    return version.change(
        handle -> {
          lockAccount(handle, accountId);
          AccessKey.Settings after = change.apply(require(handle, accountId, id).settings());
          handle
              .createUpdate(
                  """
                  UPDATE access_key
                  SET name = :name, enabled = :enabled, expires_at = :expiresAt, scopes = :scopes
                  WHERE id = :id AND account_id = :account
                  """)
              .bind("name", after.name())
              .bind("enabled", after.enabled())
              .bind("expiresAt", after.expiresAt().map(Instant::toEpochMilli))
              .bind("scopes", after.scopes().map(KeyScope::toJson))
              .bind("id", id)
              .bind("account", accountId)
              .execute();
          return require(handle, accountId, id);
        });
  }

  private static AccessKey require(Handle handle, long accountId, String id) {
    return list(handle, accountId).stream()
        .filter(key -> key.id().equals(id))
        .findFirst()
        .orElseThrow(() -> unknown(id));
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
      throw unknown(id);
    }
  }

  private static RefusedException unknown(String id) {
    return new RefusedException(
        Refusal.unknown(ErrorCode.NAME_UNKNOWN, "the account has no access key with this id", id));
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
        row.getString("name"),
        row.getInt("generation"),
        row.getBoolean("enabled"),
        instant(row, "expires_at"),
        Optional.ofNullable(row.getString("scopes")).map(KeyScope::fromJson),
        new AccessKey.Use(
            Instant.ofEpochMilli(row.getLong("created_at")), row.getString("created_from")),
        Instant.ofEpochMilli(Math.max(row.getLong("created_at"), row.getLong("secret_at"))),
        instant(row, "last_used_at").map(at -> new AccessKey.Use(at, lastUsedFrom)));
  }

  static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }

  /** A key before it is stored. */
  record Draft(String id, SecretMac mac, AccessKey.Settings settings, String from) {}
}
