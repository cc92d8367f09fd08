package io.hatoba.server.account;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.registry.AccessVersion;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Who has which role where. Changes take effect at once on every node. */
@Singleton
public final class Grants {
  /** Every request of a principal is decided with all of its roles in memory. */
  public static final int MAX_PER_PRINCIPAL = 1000;

  /** What {@code registry_id} holds for the whole service. */
  static final long EVERYWHERE = 0;

  private final AccessVersion version;
  private final InstantSource clock;

  public Grants(AccessVersion version, InstantSource clock) {
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

  /** As {@link #give}, inside the transaction of the caller. */
  void insert(Handle handle, String principal, Role role, Optional<Long> registry) {
    handle
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
}
