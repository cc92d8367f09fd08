package io.hatoba.server.content;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Repositories by name. */
@Singleton
public final class Repositories {
  private static final int CACHE_BYTES = 16 << 20;
  private static final int ENTRY_BYTES = 400;

  private final Database database;
  private final Ids ids;
  private final InstantSource clock;
  private final GuardedCache<RepositoryName, Repository> cache;

  public Repositories(Database database, Ids ids, InstantSource clock) {
    this.database = database;
    this.ids = ids;
    this.clock = clock;
    this.cache =
        new GuardedCache<>(
            database.exclusive(),
            CACHE_BYTES,
            (name, repository) -> ENTRY_BYTES + name.value().length());
  }

  /** What is known without asking the database; empty means "ask". Never blocks. */
  public Optional<Repository> remembered(RepositoryName name) {
    return cache.remembered(name);
  }

  /** The repository with this name, if it exists. */
  public Optional<Repository> find(RepositoryName name) {
    return cache.get(name, () -> database.read(handle -> select(handle, name)));
  }

  /**
   * The repository with this name, for a read.
   *
   * @throws RefusedException with {@code NAME_UNKNOWN}: no such registry (A6) or no such repository
   */
  public Repository require(RepositoryName name) {
    return find(name)
        .orElseThrow(
            () ->
                database.read(handle -> registryId(handle, name)).isPresent()
                    ? unknown(
                        name,
                        "repository %s does not exist; the first push makes it".formatted(name))
                    : unknownRegistry(name));
  }

  /**
   * The repository with this name, made if its registry exists.
   *
   * @throws RefusedException with {@code NAME_UNKNOWN} if the registry does not exist, saying where
   *     to make it (A6), or {@code NAME_INVALID} if the name has no image part
   */
  public Repository forPush(RepositoryName name) {
    Optional<Repository> known = find(name);
    if (known.isPresent()) {
      return known.get();
    }
    if (name.image().isEmpty()) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.NAME_INVALID,
              "an image lies in a registry: push to %s/<image> (registry first) and not to %s"
                  .formatted(name, name),
              name.value()));
    }
    try {
      return database.write(handle -> insert(handle, name));
    } finally {
      cache.invalidate(name);
    }
  }

  /** Names in byte order, after {@code last} (which need not exist), at most {@code limit}. */
  public List<RepositoryName> page(ReadScope scope, Optional<String> last, int limit) {
    if (limit == 0) {
      return List.of();
    }
    return switch (scope) {
      case ReadScope.Everything() ->
          database.read(
              handle ->
                  handle
                      .createQuery(
                          """
                          SELECT name
                          FROM repository
                          WHERE name > :last
                          ORDER BY name
                          LIMIT :limit
                          """)
                      .bind("last", last.orElse(""))
                      .bind("limit", limit)
                      .mapTo(RepositoryName.class)
                      .list());
      case ReadScope.Registries(var registries) ->
          registries.isEmpty()
              ? List.of()
              : database.read(
                  handle ->
                      handle
                          .createQuery(
                              """
                              SELECT name
                              FROM repository
                              WHERE name > :last AND registry_id IN (<registries>)
                              ORDER BY name
                              LIMIT :limit
                              """)
                          .bind("last", last.orElse(""))
                          .bindList("registries", List.copyOf(registries))
                          .bind("limit", limit)
                          .mapTo(RepositoryName.class)
                          .list());
    };
  }

  private static Optional<Repository> select(Handle handle, RepositoryName name) {
    return handle
        .createQuery(
            """
            SELECT id, registry_id, name
            FROM repository
            WHERE name = :name
            """)
        .bind("name", name)
        .mapTo(Repository.class)
        .findOne();
  }

  private static Optional<Long> registryId(Handle handle, RepositoryName name) {
    return handle
        .createQuery(
            """
            SELECT id
            FROM registry
            WHERE name = :name
            """)
        .bind("name", name.registry())
        .mapTo(Long.class)
        .findOne();
  }

  private Repository insert(Handle handle, RepositoryName name) {
    long registryId = registryId(handle, name).orElseThrow(() -> unknownRegistry(name));
    handle
        .createUpdate(
            """
            INSERT INTO repository (id, registry_id, name, created_at)
            VALUES (:id, :registryId, :name, :now)
            ON CONFLICT (name) DO NOTHING
            """)
        .bind("id", ids.next())
        .bind("registryId", registryId)
        .bind("name", name)
        .bind("now", clock.instant())
        .execute();
    return select(handle, name).orElseThrow();
  }

  private static RefusedException unknownRegistry(RepositoryName name) {
    return unknown(
        name,
        "registry %s does not exist; registries are made in the console or with POST /api/v1/registries, a push does not make one"
            .formatted(name.registry()));
  }

  private static RefusedException unknown(RepositoryName name, String message) {
    return new RefusedException(Refusal.unknown(ErrorCode.NAME_UNKNOWN, message, name.value()));
  }
}
