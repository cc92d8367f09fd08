package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registry;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Requester;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Who has which role where. Changes take effect at once on every node. */
@Singleton
public final class Grants {
  /** Every request of a principal is decided with all of its roles in memory. */
  public static final int MAX_PER_PRINCIPAL = 1000;

  /** What {@code registry_id} holds for the whole service. */
  static final long EVERYWHERE = 0;

  private final Database database;
  private final AccessVersion version;
  private final Registries registries;
  private final InstantSource clock;

  public Grants(
      Database database, AccessVersion version, Registries registries, InstantSource clock) {
    this.database = database;
    this.registries = registries;
    this.version = version;
    this.clock = clock;
  }

  /**
   * Gives a role; nothing if it is there already.
   *
   * @param registry the id of a registry; empty is the whole service
   * @throws RefusedException with {@code DENIED} above {@value #MAX_PER_PRINCIPAL} roles
   */
  public void give(String principal, Role role, Optional<Long> registry) {
    version.change(
        handle -> {
          insert(handle, principal, role, registry);
          return count(handle, principal);
        });
  }

  /** As {@link #give}, inside the transaction of the caller. 0 if it is there already. */
  int insert(Handle handle, String principal, Role role, Optional<Long> registry) {
    return handle
        .createUpdate(
            """
            INSERT INTO role_grant (principal, registry_id, role, created_at)
            VALUES (:principal, :registry, :role, :createdAt)
            ON CONFLICT (principal, registry_id, role) DO NOTHING
            """)
        .bind("principal", principal)
        .bind("registry", registry.orElse(EVERYWHERE))
        .bind("role", role.name())
        .bind("createdAt", clock.millis())
        .execute();
  }

  /** Takes a role away; nothing if it is not there. */
  public void take(String principal, Role role, Optional<Long> registry) {
    version.change(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM role_grant
                    WHERE principal = :principal AND registry_id = :registry AND role = :role
                    """)
                .bind("principal", principal)
                .bind("registry", registry.orElse(EVERYWHERE))
                .bind("role", role.name())
                .execute());
  }

  /** Takes all roles of a principal away, inside the transaction of the caller. */
  static void takeAll(Handle handle, String principal) {
    handle
        .createUpdate(
            """
            DELETE FROM role_grant
            WHERE principal = :principal
            """)
        .bind("principal", principal)
        .execute();
  }

  /**
   * One page of grants in the order in which they were given. Those in registries that are gone are
   * left out.
   *
   * @param after the last id of the page before; 0 at first
   */
  public List<Given> page(Filter filter, long after, int limit) {
    return database.read(
        handle -> {
          Query query = handle.createQuery(page(filter)).bind("after", after).bind("limit", limit);
          filter.principal().ifPresent(principal -> query.bind("principal", principal));
          filter.registry().ifPresent(registry -> query.bind("registry", registry));
          return query.map((row, context) -> given(row)).list();
        });
  }

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static String page(Filter filter) {
    return """
    SELECT g.id, g.principal, g.role, g.created_at, r.name AS registry
    FROM role_grant g
    LEFT JOIN registry r ON r.id = g.registry_id AND r.deleted_at IS NULL
    WHERE g.id > :after AND (g.registry_id = 0 OR r.id IS NOT NULL)
    """
        + (filter.principal().isPresent() ? " AND g.principal = :principal\n" : "")
        + (filter.registry().isPresent() ? " AND g.registry_id = :registry\n" : "")
        + """
        ORDER BY g.id
        LIMIT :limit
        """;
  }

  /** The grant with this id, if there is one and its registry is there. */
  public Optional<Given> find(long id) {
    return database.read(handle -> find(handle, id));
  }

  private static Optional<Given> find(Handle handle, long id) {
    return handle
        .createQuery(
            """
            SELECT g.id, g.principal, g.role, g.created_at, r.name AS registry
            FROM role_grant g
            LEFT JOIN registry r ON r.id = g.registry_id AND r.deleted_at IS NULL
            WHERE g.id = :id AND (g.registry_id = 0 OR r.id IS NOT NULL)
            """)
        .bind("id", id)
        .map((row, context) -> given(row))
        .findOne();
  }

  /**
   * Gives a role on behalf of someone, who was found allowed to give roles there.
   *
   * @throws RefusedException with {@code FIELD_INVALID} if the account, the role or the registry
   *     does not exist, {@code CONFLICT} if the principal has it already, {@code DENIED} if the
   *     giver does not hold what the role includes, or above {@value #MAX_PER_PRINCIPAL} roles
   */
  public Given give(
      Requester giver, Principal principal, String roleName, Optional<RegistryName> registryName) {
    return version.change(
        handle -> {
          Checks checks = new Checks();
          checks.require(
              principal.kind() == Principal.Kind.GROUP || isAccount(handle, principal.toString()),
              "/principal",
              "does not exist; accounts and service accounts are made before they get roles");
          Optional<Role> role = Roles.find(handle, roleName);
          checks.require(role.isPresent(), "/role", "is no role; GET /api/v1/roles lists all");
          Optional<Registry> registry = registryName.flatMap(name -> registries.find(handle, name));
          checks.require(
              registryName.isEmpty() || registry.isPresent(), "/registry", "does not exist");
          checks.done();
          Delegation.require(giver, role.orElseThrow(), registryName.map(RegistryName::value));
          int inserted =
              insert(handle, principal.toString(), role.get(), registry.map(Registry::id));
          if (inserted == 0) {
            throw new RefusedException(
                new Refusal.Conflict(
                    ErrorCode.CONFLICT,
                    "%s has the role %s there already".formatted(principal, roleName),
                    principal.toString()));
          }
          count(handle, principal.toString());
          return find(handle, principal.toString(), role.get(), registry.map(Registry::id));
        });
  }

  private static Given find(Handle handle, String principal, Role role, Optional<Long> registryId) {
    return handle
        .createQuery(
            """
            SELECT g.id, g.principal, g.role, g.created_at, r.name AS registry
            FROM role_grant g
            LEFT JOIN registry r ON r.id = g.registry_id AND r.deleted_at IS NULL
            WHERE g.principal = :principal AND g.registry_id = :registry AND g.role = :role
            """)
        .bind("principal", principal)
        .bind("registry", registryId.orElse(EVERYWHERE))
        .bind("role", role.name())
        .map((row, context) -> given(row))
        .one();
  }

  private static boolean isAccount(Handle handle, String principal) {
    return handle
        .createQuery(
            """
            SELECT id
            FROM account
            WHERE principal = :principal
            """)
        .bind("principal", principal)
        .mapTo(Long.class)
        .findOne()
        .isPresent();
  }

  /**
   * Takes a role away on behalf of someone, who was found allowed to give roles there.
   *
   * @throws RefusedException with {@code NAME_UNKNOWN}; {@code DENIED} if the taker could not give
   *     it; {@code CONFLICT} if it makes the last administrator
   */
  public void take(Requester taker, long id) {
    version.change(
        handle -> {
          Administrators.lock(handle, database.dialect());
          Given given = find(handle, id).orElseThrow(() -> unknown(id));
          // A role that is not known any more gives nothing, so anyone may clear it away.
          Roles.find(handle, given.role())
              .ifPresent(role -> Delegation.require(taker, role, given.registry()));
          handle
              .createUpdate(
                  """
                  DELETE FROM role_grant
                  WHERE id = :id
                  """)
              .bind("id", id)
              .execute();
          if (given.registry().isEmpty() && Administrators.isRole(given.role())) {
            Administrators.requireAny(handle);
          }
          return id;
        });
  }

  static RefusedException unknown(long id) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.NAME_UNKNOWN, "there is no grant with this id", Long.toString(id)));
  }

  private static Given given(ResultSet row) throws SQLException {
    return new Given(
        row.getLong("id"),
        row.getString("principal"),
        row.getString("role"),
        Optional.ofNullable(row.getString("registry")),
        Instant.ofEpochMilli(row.getLong("created_at")));
  }

  private static int count(Handle handle, String principal) {
    int count =
        handle
            .createQuery(
                """
                SELECT count(*)
                FROM role_grant
                WHERE principal = :principal
                """)
            .bind("principal", principal)
            .mapTo(Integer.class)
            .one();
    if (count > MAX_PER_PRINCIPAL) {
      throw new RefusedException(
          new Refusal.Denied(
              "%s has %d roles already; a role in the whole service stands for many"
                  .formatted(principal, MAX_PER_PRINCIPAL),
              principal));
    }
    return count;
  }

  /** A role that was given. */
  public record Given(
      long id, String principal, String role, Optional<String> registry, Instant createdAt) {}

  /**
   * Which grants.
   *
   * @param registry the id; 0 is the whole service
   */
  public record Filter(Optional<String> principal, Optional<Long> registry) {}
}
