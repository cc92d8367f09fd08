package io.hatoba.server.account;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * What decides about a key's requests, remembered as long as {@link
 * io.hatoba.server.registry.AccessVersion} stays the same.
 */
@Singleton
public final class Standings {
  private static final int MAX_REMEMBERED = 10_000;

  /** Roles beyond this many, of one principal with its groups, do not count. */
  private static final int MAX_GRANTS = 5 * Grants.MAX_PER_PRINCIPAL;

  /** Not in the methods that run them only because the test of their plans needs them too. */
  static final String SELECT =
      """
      SELECT k.secret_mac, k.generation, k.enabled AS key_enabled, k.scopes,
        CASE
          WHEN k.expires_at IS NULL OR a.expires_at < k.expires_at THEN a.expires_at
          ELSE k.expires_at
        END AS expires_at,
        a.name AS account, a.principal, a.enabled AS account_enabled
      FROM access_key k
      JOIN account a ON a.id = k.account_id
      WHERE k.id = :id
      """;

  static final String SELECT_GRANTS =
      """
      SELECT g.registry_id, g.role, r.name AS registry, o.description, o.permissions, o.images,
        CAST(NULL AS TEXT) AS group_name
      FROM role_grant g
      LEFT JOIN registry r ON r.id = g.registry_id AND r.deleted_at IS NULL
      LEFT JOIN role o ON o.name = g.role
      WHERE g.principal = :principal
      UNION ALL
      SELECT g.registry_id, g.role, r.name AS registry, o.description, o.permissions, o.images,
        m.name AS group_name
      FROM account a
      JOIN account_group m ON m.account_id = a.id
      JOIN role_grant g ON g.principal = 'group:' || m.name
      LEFT JOIN registry r ON r.id = g.registry_id AND r.deleted_at IS NULL
      LEFT JOIN role o ON o.name = g.role
      WHERE a.principal = :principal
      ORDER BY 1, 2
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

  /**
   * The roles of a principal: of an account with those of its groups, of a robot or a group its
   * own. Always asks the database.
   *
   * @param principal {@code account:kim}, {@code robot:ci}, {@code group:dev}; one that does not
   *     exist has no roles, or those that it was given beforehand
   */
  public Rights rightsOf(String principal) {
    return database.read(handle -> rights(handle, principal));
  }

  private static Optional<Standing> select(Handle handle, String keyId) {
    return handle
        .createQuery(SELECT)
        .bind("id", keyId)
        .map((row, context) -> key(row))
        .findOne()
        .map(key -> standing(handle, keyId, key));
  }

  private static Standing standing(Handle handle, String keyId, Key key) {
    return new Standing(
        keyId,
        key.secretMac(),
        key.generation(),
        key.enabled(),
        key.expiresAt(),
        key.account(),
        key.principal(),
        key.accountEnabled(),
        key.scopes()
            .map(KeyScope::fromJson)
            .map(scopes -> new Narrowing(keyId, scopes, registries(handle, scopes))),
        rights(handle, key.principal()));
  }

  private static Key key(ResultSet row) throws SQLException {
    return new Key(
        new SecretMac(row.getString("secret_mac")),
        row.getInt("generation"),
        row.getBoolean("key_enabled"),
        AccessKeys.instant(row, "expires_at"),
        Optional.ofNullable(row.getString("scopes")),
        row.getString("account"),
        row.getString("principal"),
        row.getBoolean("account_enabled"));
  }

  private static Map<String, Long> registries(Handle handle, List<KeyScope> scopes) {
    Set<String> names =
        scopes.stream().flatMap(scope -> scope.registry().stream()).collect(Collectors.toSet());
    Map<String, Long> ids = new HashMap<>();
    for (String name : names) {
      handle
          .createQuery(
              """
              SELECT id
              FROM registry
              WHERE name = :name
              """)
          .bind("name", name)
          .mapTo(Long.class)
          .findOne()
          .ifPresent(id -> ids.put(name, id));
    }
    return ids;
  }

  /** As {@link #rightsOf}, inside the caller's transaction. */
  static Rights rights(Handle handle, String principal) {
    return Rights.of(
        handle
            .createQuery(SELECT_GRANTS)
            .bind("principal", principal)
            .bind("limit", MAX_GRANTS)
            .map((row, context) -> grant(row))
            .stream()
            .flatMap(Optional::stream)
            .toList());
  }

  /** A role that this version does not know, or in a registry that is gone, allows nothing. */
  private static Optional<Grant> grant(ResultSet row) throws SQLException {
    Optional<Role> role = role(row);
    long registryId = row.getLong("registry_id");
    Optional<Grant.In> registry =
        Optional.ofNullable(row.getString("registry")).map(name -> new Grant.In(registryId, name));
    Optional<String> group = Optional.ofNullable(row.getString("group_name"));
    return registryId == Grants.EVERYWHERE || registry.isPresent()
        ? role.map(known -> new Grant(known, registry, group))
        : Optional.empty();
  }

  private static Optional<Role> role(ResultSet row) throws SQLException {
    String name = row.getString("role");
    Optional<Role> builtIn = Role.builtIn(name);
    String permissions = row.getString("permissions");
    return builtIn.isPresent() || permissions == null
        ? builtIn
        : Optional.of(
            Role.stored(
                name,
                row.getString("description"),
                permissions,
                Optional.ofNullable(row.getString("images"))));
  }

  private record Versioned(long version, Standing standing) {}

  /** A key and its owner as they are stored. */
  private record Key(
      SecretMac secretMac,
      int generation,
      boolean enabled,
      Optional<Instant> expiresAt,
      Optional<String> scopes,
      String account,
      String principal,
      boolean accountEnabled) {}
}
