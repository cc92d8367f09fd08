package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.rest.Requester;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;

/**
 * The roles that people make, and their rules (FEATURES B3): nobody makes a role that includes what
 * he is not allowed himself in the whole service; a change counts at once for all who have the
 * role; a role that someone has is not deleted.
 */
@Singleton
public final class Roles {
  /** The most roles that people make; a list of all is read at once. */
  public static final int MAX_OWN = 500;

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String LIST =
      """
      SELECT name, description, permissions, images, created_at, updated_at
      FROM role
      WHERE name >= ''
      ORDER BY name
      LIMIT :limit
      """;

  static final String GRANTED =
      """
      SELECT g.principal
      FROM role_grant g
      LEFT JOIN registry r ON r.id = g.registry_id AND r.deleted_at IS NULL
      WHERE g.role = :role AND (g.registry_id = 0 OR r.id IS NOT NULL)
      ORDER BY g.id
      LIMIT 1
      """;

  private final Database database;
  private final AccessVersion version;
  private final InstantSource clock;

  public Roles(Database database, AccessVersion version, InstantSource clock) {
    this.database = database;
    this.version = version;
    this.clock = clock;
  }

  /** All roles that people have made, in byte order of their names. */
  public List<Own> list() {
    return database.read(
        handle ->
            handle.createQuery(LIST).bind("limit", MAX_OWN).map((row, context) -> own(row)).list());
  }

  /** The role with this name, built in or not. */
  public Optional<Role> find(String name) {
    return database.read(handle -> find(handle, name));
  }

  /** As {@link #find(String)}, inside the caller's transaction. */
  static Optional<Role> find(Handle handle, String name) {
    Optional<Role> builtIn = Role.builtIn(name);
    return builtIn.isPresent() ? builtIn : findOwn(handle, name).map(Own::role);
  }

  /** The role with this name, if people have made it. */
  public Optional<Own> findOwn(String name) {
    return database.read(handle -> findOwn(handle, name));
  }

  private static Optional<Own> findOwn(Handle handle, String name) {
    return handle
        .createQuery(
            """
            SELECT name, description, permissions, images, created_at, updated_at
            FROM role
            WHERE name = :name
            """)
        .bind("name", name)
        .map((row, context) -> own(row))
        .findOne();
  }

  /**
   * Makes a role.
   *
   * @throws RefusedException with {@code CONFLICT} if the name is taken, {@code DENIED} if the
   *     maker does not hold what it includes, or there are {@value #MAX_OWN} roles
   */
  public Own create(Requester maker, Role role) {
    Delegation.require(maker, role, Optional.empty());
    return version.change(
        handle -> {
          if (find(handle, role.name()).isPresent()) {
            throw new RefusedException(
                new Refusal.Conflict(
                    ErrorCode.CONFLICT,
                    "a role named %s exists already".formatted(role.name()),
                    role.name()));
          }
          if (handle.createQuery(LIST).bind("limit", MAX_OWN).mapToMap().list().size() >= MAX_OWN) {
            throw new RefusedException(
                new Refusal.Denied(
                    "there are %d roles already; delete one first".formatted(MAX_OWN), ""));
          }
          Instant now = Instant.ofEpochMilli(clock.millis());
          handle
              .createUpdate(
                  """
                  INSERT INTO role (name, description, permissions, images, created_at, updated_at)
                  VALUES (:name, :description, :permissions, :images, :now, :now)
                  """)
              .bind("name", role.name())
              .bind("description", role.description())
              .bind("permissions", Role.json(role.permissions()))
              .bind("images", Role.json(role.images()))
              .bind("now", now.toEpochMilli())
              .execute();
          return new Own(role, now, now);
        });
  }

  /**
   * Changes a role, for all who have it.
   *
   * @param change from what it is to what it shall be; run inside the transaction
   * @throws RefusedException with {@code NAME_UNKNOWN}, {@code DENIED} as {@link #create}, {@code
   *     CONFLICT} for a built-in role
   */
  public Own change(Requester maker, String name, UnaryOperator<Role> change) {
    refuseBuiltIn(name);
    return version.change(
        handle -> {
          Own before = findOwn(handle, name).orElseThrow(() -> unknown(name));
          Role role = change.apply(before.role());
          Delegation.require(maker, role, Optional.empty());
          Instant now = Instant.ofEpochMilli(clock.millis());
          handle
              .createUpdate(
                  """
                  UPDATE role
                  SET description = :description, permissions = :permissions, images = :images,
                    updated_at = :now
                  WHERE name = :name
                  """)
              .bind("description", role.description())
              .bind("permissions", Role.json(role.permissions()))
              .bind("images", Role.json(role.images()))
              .bind("now", now.toEpochMilli())
              .bind("name", name)
              .execute();
          return new Own(role, before.createdAt(), now);
        });
  }

  /**
   * Deletes a role that nobody has.
   *
   * @throws RefusedException with {@code NAME_UNKNOWN}; {@code CONFLICT} while someone has it, and
   *     for a built-in role
   */
  public void delete(String name) {
    refuseBuiltIn(name);
    version.change(
        handle -> {
          Optional<String> holder =
              handle.createQuery(GRANTED).bind("role", name).mapTo(String.class).findOne();
          if (holder.isPresent()) {
            throw new RefusedException(
                new Refusal.Conflict(
                    ErrorCode.CONFLICT,
                    "%s still has the role %s; take it away first (GET /api/v1/grants shows who has which)"
                        .formatted(holder.get(), name),
                    name));
          }
          // In registries that are gone and may come back: it must not be there for a later role of
          // this name.
          handle
              .createUpdate(
                  """
                  DELETE FROM role_grant
                  WHERE role = :role
                  """)
              .bind("role", name)
              .execute();
          int deleted =
              handle
                  .createUpdate(
                      """
                      DELETE FROM role
                      WHERE name = :name
                      """)
                  .bind("name", name)
                  .execute();
          if (deleted == 0) {
            throw unknown(name);
          }
          return deleted;
        });
  }

  private static void refuseBuiltIn(String name) {
    if (Role.builtIn(name).isPresent()) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.CONFLICT,
              "the role %s is built in and stays as it is; make a role of your own".formatted(name),
              name));
    }
  }

  static RefusedException unknown(String name) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.NAME_UNKNOWN,
            "there is no such role; GET /api/v1/roles lists all",
            name.substring(0, Math.min(name.length(), 64))));
  }

  private static Own own(ResultSet row) throws SQLException {
    return new Own(
        Role.stored(
            row.getString("name"),
            row.getString("description"),
            row.getString("permissions"),
            Optional.ofNullable(row.getString("images"))),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("updated_at")));
  }

  /** A role that people have made. */
  public record Own(Role role, Instant createdAt, Instant updatedAt) {}
}
