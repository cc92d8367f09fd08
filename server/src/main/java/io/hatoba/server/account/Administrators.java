package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.permission.Permission;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Keeps the service from being left without anybody who can administer it: a person who is enabled
 * and has a role of the guide in the whole service that may give roles.
 */
final class Administrators {
  private static final List<String> ROLES =
      Role.BUILT_IN.stream()
          .filter(role -> role.permissions().contains(Permission.ROLE_WRITE))
          .map(Role::name)
          .toList();

  private Administrators() {}

  /** Makes those who take an administrator away wait for each other. To be called first. */
  static void lock(Handle handle, Dialect dialect) {
    handle
        .createQuery(
            """
            SELECT version
            FROM access_version
            WHERE id = 1
            """
                + dialect.forUpdate())
        .mapTo(Long.class)
        .one();
  }

  /**
   * Lets an administrator go if there is another one; anybody else too.
   *
   * @throws RefusedException with {@link ErrorCode#CONFLICT} for the last one
   */
  static void requireAnother(Handle handle, Account leaving) {
    if (ids(handle).equals(List.of(leaving.id()))) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.CONFLICT,
              "%s is the only administrator left; give someone else the role service-admin in the whole service first"
                  .formatted(leaving.name()),
              leaving.name()));
    }
  }

  /**
   * After a role was taken away: refuses that if it was that of the last administrator.
   *
   * @throws RefusedException with {@link ErrorCode#CONFLICT}
   */
  static void requireAny(Handle handle) {
    if (ids(handle).isEmpty()) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.CONFLICT,
              "this role is what makes the only administrator left one; give someone else the role"
                  + " service-admin in the whole service first",
              ""));
    }
  }

  /** Whether a role in the whole service makes an administrator. */
  static boolean isRole(String name) {
    return ROLES.contains(name);
  }

  private static List<Long> ids(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT DISTINCT a.id
            FROM role_grant g
            JOIN account a ON a.principal = g.principal
            WHERE g.role IN (<roles>) AND g.registry_id = 0 AND a.enabled = TRUE
              AND a.robot = FALSE
            ORDER BY a.id
            LIMIT 2
            """)
        .bindList("roles", ROLES)
        .mapTo(Long.class)
        .list();
  }
}
