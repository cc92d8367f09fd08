package io.hatoba.server.registry;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** The registries and their rules. */
@Singleton
public final class Registries {
  /** The most rows of one page. */
  public static final int MAX_PAGE = 1000;

  private final Database database;
  private final AccessVersion version;
  private final Ids ids;
  private final InstantSource clock;
  private volatile Versioned opened = new Versioned(0, Map.of());

  public Registries(Database database, AccessVersion version, Ids ids, InstantSource clock) {
    this.database = database;
    this.version = version;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Makes a registry.
   *
   * @throws RefusedException with {@link ErrorCode#CONFLICT} if the name is taken
   */
  public Registry create(RegistryName name, Settings settings) {
    return version.change(
        handle ->
            insert(handle, name, settings)
                .orElseThrow(
                    () ->
                        new RefusedException(
                            new Refusal.Conflict(
                                ErrorCode.CONFLICT,
                                "a registry named %s exists already".formatted(name),
                                name.value()))));
  }

  /**
   * As {@link #create}, inside the transaction of the caller, who runs it through {@link
   * AccessVersion#change}. Empty if the name is taken.
   */
  public Optional<Registry> insert(Handle handle, RegistryName name, Settings settings) {
    Instant now = Instant.ofEpochMilli(clock.millis());
    Registry registry =
        new Registry(ids.next(), name, settings.anonymousPull(), now, settings.description());
    int inserted =
        handle
            .createUpdate(
                """
                INSERT INTO registry (id, name, anonymous_pull, created_at, description)
                VALUES (:id, :name, :anonymousPull, :createdAt, :description)
                ON CONFLICT (name) DO NOTHING
                """)
            .bind("id", registry.id())
            .bind("name", name.value())
            .bind("anonymousPull", registry.anonymousPull())
            .bind("createdAt", now.toEpochMilli())
            .bind("description", registry.description())
            .execute();
    return inserted == 0 ? Optional.empty() : Optional.of(registry);
  }

  /** The registry with this name, if it exists. */
  public Optional<Registry> find(RegistryName name) {
    return database.read(handle -> find(handle, name));
  }

  /** As {@link #find(RegistryName)}, inside the caller's transaction. */
  public Optional<Registry> find(Handle handle, RegistryName name) {
    return handle
        .createQuery(
            """
            SELECT id, name, anonymous_pull, created_at, description
            FROM registry
            WHERE name = :name
            """)
        .bind("name", name.value())
        .map((row, context) -> registry(row))
        .findOne();
  }

  /**
   * Changes what a registry allows. Takes effect at once on every node.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if it does not exist
   */
  public Registry change(RegistryName name, Settings settings) {
    return version.change(
        handle -> {
          handle
              .createUpdate(
                  """
                  UPDATE registry
                  SET anonymous_pull = :anonymousPull, description = :description
                  WHERE name = :name
                  """)
              .bind("anonymousPull", settings.anonymousPull())
              .bind("description", settings.description())
              .bind("name", name.value())
              .execute();
          return find(handle, name)
              .orElseThrow(
                  () ->
                      new RefusedException(
                          Refusal.unknown(
                              ErrorCode.NAME_UNKNOWN,
                              "there is no registry named %s".formatted(name),
                              name.value())));
        });
  }

  /**
   * Registries in byte order of their names.
   *
   * @param after the last name of the page before; need not exist
   * @param limit between 1 and {@value #MAX_PAGE}
   */
  public List<Registry> page(Optional<String> after, int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException("limit " + limit);
    }
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("after", after.orElse(""))
                .bind("limit", limit)
                .map((row, context) -> registry(row))
                .list());
  }

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String PAGE =
      """
      SELECT id, name, anonymous_pull, created_at, description
      FROM registry
      WHERE name > :after
      ORDER BY name
      LIMIT :limit
      """;

  /**
   * Name and id of each registry that everyone may pull from, as true as {@code atVersion} is
   * current.
   *
   * @param atVersion from {@link AccessVersion}
   */
  public Map<String, Long> openedTo(long atVersion) {
    Versioned known = opened;
    if (known.version() == atVersion) {
      return known.ids();
    }
    Map<String, Long> ids =
        database.read(
            handle ->
                handle
                    .createQuery(
                        """
                        SELECT id, name
                        FROM registry
                        WHERE anonymous_pull = TRUE
                        ORDER BY name
                        """)
                    .map((row, context) -> Map.entry(row.getString("name"), row.getLong("id")))
                    .stream()
                    .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue)));
    opened = new Versioned(atVersion, ids);
    return ids;
  }

  /** As {@link #openedTo}, if it can be known without asking the database. Never blocks. */
  public Optional<Map<String, Long>> rememberedOpenedTo(long atVersion) {
    Versioned known = opened;
    return known.version() == atVersion ? Optional.of(known.ids()) : Optional.empty();
  }

  private static Registry registry(ResultSet row) throws SQLException {
    return new Registry(
        row.getLong("id"),
        new RegistryName(row.getString("name")),
        row.getBoolean("anonymous_pull"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        row.getString("description"));
  }

  /**
   * What a registry allows.
   *
   * @param anonymousPull whether everyone may pull, also without credentials
   * @param description for people
   */
  public record Settings(boolean anonymousPull, String description) {
    /** Closed, without a description. */
    public static final Settings PRIVATE = new Settings(false, "");
  }

  private record Versioned(long version, Map<String, Long> ids) {}
}
