package io.hatoba.server.account;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * What decides about a key's requests, remembered as long as {@link
 * io.hatoba.server.registry.AccessVersion} stays the same.
 */
@Singleton
public final class Standings {
  private static final int MAX_REMEMBERED = 10_000;

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String SELECT =
      """
      SELECT k.secret_mac, k.generation, k.enabled AS key_enabled, k.expires_at,
        a.name AS account, a.enabled AS account_enabled,
        g.role, g.registry_id, r.name AS registry
      FROM access_key k
      JOIN account a ON a.id = k.account_id
      LEFT JOIN role_grant g ON g.principal = 'account:' || a.name
      LEFT JOIN registry r ON r.id = g.registry_id
      WHERE k.id = :id
      ORDER BY g.registry_id, g.role
      LIMIT :limit
      """;

  private final Database database;
  private final Cache<String, Versioned> remembered =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();

  public Standings(Database database) {
    this.database = database;
  }

  /** As {@link #find}, if it can be known without asking the database. Never blocks. */
  public Optional<Standing> remembered(String keyId, long version) {
    Versioned known = remembered.getIfPresent(keyId);
    return known != null && known.version() == version
        ? Optional.of(known.standing())
        : Optional.empty();
  }

  /**
   * The standing of a key, if there is such a key.
   *
   * @param version from {@link io.hatoba.server.registry.AccessVersion}, asked before this call
   */
  public Optional<Standing> find(String keyId, long version) {
    Optional<Standing> known = remembered(keyId, version);
    return known.isPresent() ? known : load(keyId, version);
  }

  /** As {@link #find}, and always asks the database. */
  public Optional<Standing> load(String keyId, long version) {
    Optional<Standing> loaded = database.read(handle -> select(handle, keyId));
    loaded.ifPresent(standing -> remembered.put(keyId, new Versioned(version, standing)));
    return loaded;
  }

  private static Optional<Standing> select(Handle handle, String keyId) {
    List<Row> rows =
        handle
            .createQuery(SELECT)
            .bind("id", keyId)
            .bind("limit", Grants.MAX_PER_PRINCIPAL)
            .map((row, context) -> row(keyId, row))
            .list();
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    Set<Grant> grants = new LinkedHashSet<>();
    rows.forEach(row -> row.grant().ifPresent(grants::add));
    Standing first = rows.getFirst().standing();
    return Optional.of(
        new Standing(
            keyId,
            first.secretMac(),
            first.generation(),
            first.keyEnabled(),
            first.expiresAt(),
            first.account(),
            first.accountEnabled(),
            List.copyOf(grants)));
  }

  private static Row row(String keyId, ResultSet row) throws SQLException {
    Standing standing =
        new Standing(
            keyId,
            new SecretMac(row.getString("secret_mac")),
            row.getInt("generation"),
            row.getBoolean("key_enabled"),
            AccessKeys.instant(row, "expires_at"),
            row.getString("account"),
            row.getBoolean("account_enabled"),
            List.of());
    return new Row(standing, grant(row));
  }

  /** A role that this version does not know, or in a registry that is gone, allows nothing. */
  private static Optional<Grant> grant(ResultSet row) throws SQLException {
    Optional<Role> role = Optional.ofNullable(row.getString("role")).flatMap(Role::of);
    long registryId = row.getLong("registry_id");
    String registry = row.getString("registry");
    if (role.isEmpty()) {
      return Optional.empty();
    }
    if (registryId == Grants.EVERYWHERE) {
      return Optional.of(Grant.everywhere(role.get()));
    }
    return Optional.ofNullable(registry)
        .map(name -> new Grant(role.get(), Optional.of(new Grant.In(registryId, name))));
  }

  private record Versioned(long version, Standing standing) {}

  private record Row(Standing standing, Optional<Grant> grant) {}
}
