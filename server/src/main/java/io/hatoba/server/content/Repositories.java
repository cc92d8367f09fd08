package io.hatoba.server.content;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** Repositories by name. */
@Singleton
public final class Repositories {
  private static final int CACHE_BYTES = 16 << 20;
  private static final int ENTRY_BYTES = 400;

  private final Database database;
  private final UsageLedger usage;
  private final Ids ids;
  private final InstantSource clock;
  private final GuardedCache<RepositoryName, Repository> cache;

  public Repositories(Database database, UsageLedger usage, Ids ids, InstantSource clock) {
    this.database = database;
    this.usage = usage;
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

  /** Holds a name while its repository is removed; to be closed after the commit. */
  GuardedCache<RepositoryName, Repository>.Held hold(RepositoryName name) {
    return cache.hold(List.of(name));
  }

  /** The repository with this name, if it exists. */
  public Optional<Repository> find(RepositoryName name) {
    return cache.get(name, () -> database.read(handle -> select(handle, name)));
  }

  /**
   * As {@link #find(RepositoryName)} for a caller for whom the registry may not exist. Such a
   * registry is asked for like one that does not exist for anybody, with the same queries: neither
   * the answer nor the time it takes tells them apart. So do {@link #require} and {@link #forPush}.
   *
   * @param seen whether the registry exists for the caller, if it exists at all
   */
  public Optional<Repository> find(RepositoryName name, boolean seen) {
    return seen ? find(name) : database.read(handle -> select(handle, name)).filter(_ -> false);
  }

  /**
   * The repository with this name, for a read.
   *
   * @param seen as of {@link #find(RepositoryName, boolean)}
   * @throws RefusedException with {@code NAME_UNKNOWN}: no such registry (A6) or no such repository
   */
  public Repository require(RepositoryName name, boolean seen) {
    return find(name, seen)
        .orElseThrow(
            () ->
                database.read(handle -> registryId(handle, name)).filter(_ -> seen).isPresent()
                    ? unknown(
                        name,
                        "repository %s does not exist; the first push makes it".formatted(name))
                    : unknownRegistry(name));
  }

  /** As {@link #require(RepositoryName, boolean)} for who sees all that exists. */
  public Repository require(RepositoryName name) {
    return require(name, true);
  }

  /** As {@link #forPush(RepositoryName, boolean)} for who sees all that exists. */
  public Repository forPush(RepositoryName name) {
    return forPush(name, true);
  }

  /**
   * The repository with this name, made if its registry exists.
   *
   * @param seen as of {@link #find(RepositoryName, boolean)}
   * @throws RefusedException with {@code NAME_UNKNOWN} if the registry does not exist, saying where
   *     to make it (A6), or {@code NAME_INVALID} if the name has no image part
   */
  public Repository forPush(RepositoryName name, boolean seen) {
    Optional<Repository> known = find(name, seen);
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
      return database.write(handle -> insert(handle, name, seen));
    } catch (RefusedException e) {
      throw e;
    } catch (RuntimeException e) {
      if (database.read(handle -> registryId(handle, name)).isEmpty()) {
        throw unknownRegistry(name); // it went between two statements
      }
      throw e;
    }
  }

  /**
   * Keeps the repositories of a registry out of memory while it is being deleted; to be closed
   * after the commit, before the answer.
   */
  public Forgotten forget(String registry) {
    var held = cache.holdAll(name -> name.registry().equals(registry));
    return held::close;
  }

  /**
   * Whether the repository is still there and its registry is not being deleted. Ids are never used
   * again.
   */
  static boolean isThere(Handle handle, Repository repository) {
    return handle
        .createQuery(
            """
            SELECT r.id
            FROM repository r
            JOIN registry g ON g.id = r.registry_id
            WHERE r.id = :id AND g.deleted_at IS NULL
            """)
        .bind("id", repository.id())
        .mapTo(Long.class)
        .findOne()
        .isPresent();
  }

  /** Names in byte order, after {@code last} (which need not exist), at most {@code limit}. */
  public List<RepositoryName> page(ReadScope scope, Optional<String> last, int limit) {
    String after = last.orElse("");
    return switch (scope) {
      case ReadScope.Everything() -> database.read(handle -> page(handle, after, limit));
      case ReadScope.EverythingBut(var registries) ->
          database.read(handle -> pageBut(handle, registries, after, limit));
      case ReadScope.Registries(var registries) ->
          database.read(handle -> page(handle, registries, after, limit));
    };
  }

  private static List<RepositoryName> page(Handle handle, String after, int limit) {
    return handle
        .createQuery(
            """
            SELECT r.name
            FROM repository r
            JOIN registry g ON g.id = r.registry_id
            WHERE r.name > :after AND g.deleted_at IS NULL
            ORDER BY r.name
            LIMIT :limit
            """)
        .bind("after", after)
        .bind("limit", limit)
        .mapTo(RepositoryName.class)
        .list();
  }

  private static List<RepositoryName> pageBut(
      Handle handle, Set<Long> registries, String after, int limit) {
    return handle
        .createQuery(
            """
            SELECT r.name
            FROM repository r
            JOIN registry g ON g.id = r.registry_id
            WHERE r.name > :after AND g.deleted_at IS NULL AND r.registry_id NOT IN (<registries>)
            ORDER BY r.name
            LIMIT :limit
            """)
        .bind("after", after)
        .bindList("registries", List.copyOf(registries))
        .bind("limit", limit)
        .mapTo(RepositoryName.class)
        .list();
  }

  /**
   * Registry by registry: the names of one lie together, since all begin with its name and a slash.
   * What the caller may not read costs nothing.
   */
  private static List<RepositoryName> page(
      Handle handle, Set<Long> registries, String after, int limit) {
    List<RepositoryName> page = new ArrayList<>();
    for (Registry registry : registriesInOrder(handle, registries, after)) {
      if (page.size() == limit) {
        break;
      }
      page.addAll(page(handle, registry, after, limit - page.size()));
    }
    return page;
  }

  private static List<RepositoryName> page(
      Handle handle, Registry registry, String after, int limit) {
    return handle
        .createQuery(
            """
            SELECT name
            FROM repository
            WHERE registry_id = :registryId AND name > :after
            ORDER BY name
            LIMIT :limit
            """)
        .bind("registryId", registry.id())
        .bind("after", after)
        .bind("limit", limit)
        .mapTo(RepositoryName.class)
        .list();
  }

  /**
   * Those whose names may come after {@code after}, in the byte order of what their repositories'
   * names begin with.
   */
  private static List<Registry> registriesInOrder(
      Handle handle, Set<Long> registries, String after) {
    if (registries.isEmpty()) {
      return List.of();
    }
    return handle
        .createQuery(
            """
            SELECT id, name
            FROM registry
            WHERE id IN (<ids>) AND deleted_at IS NULL
            ORDER BY name
            """)
        .bindList("ids", List.copyOf(registries))
        .mapTo(Registry.class)
        .stream()
        .filter(registry -> (registry.name() + "0").compareTo(after) > 0) // '0' is next to '/'
        .sorted(Comparator.comparing(registry -> registry.name() + "/"))
        .toList();
  }

  private static Optional<Repository> select(Handle handle, RepositoryName name) {
    return handle
        .createQuery(
            """
            SELECT r.id, r.registry_id, r.name
            FROM repository r
            JOIN registry g ON g.id = r.registry_id
            WHERE r.name = :name AND g.deleted_at IS NULL
            """)
        .bind("name", name)
        .mapTo(Repository.class)
        .findOne();
  }

  /** A repository that something refers to, and so exists, be it in a registry that goes. */
  static Repository byId(Handle handle, long id) {
    return handle
        .createQuery(
            """
            SELECT id, registry_id, name
            FROM repository
            WHERE id = :id
            """)
        .bind("id", id)
        .mapTo(Repository.class)
        .one();
  }

  private static Optional<Long> registryId(Handle handle, RepositoryName name) {
    return handle
        .createQuery(
            """
            SELECT id
            FROM registry
            WHERE name = :name AND deleted_at IS NULL
            """)
        .bind("name", name.registry())
        .mapTo(Long.class)
        .findOne();
  }

  private Repository insert(Handle handle, RepositoryName name, boolean seen) {
    long registryId =
        registryId(handle, name).filter(_ -> seen).orElseThrow(() -> unknownRegistry(name));
    boolean inserted = insert(handle, registryId, name);
    Optional<Repository> found = select(handle, name);
    if (found.isEmpty()) {
      freeName(handle, registryId, name);
      inserted = insert(handle, registryId, name);
      found = select(handle, name);
    }
    Repository repository = found.orElseThrow(() -> unknownRegistry(name));
    if (inserted) {
      usage.imageMade(handle, repository);
    }
    return repository;
  }

  private boolean insert(Handle handle, long registryId, RepositoryName name) {
    return handle
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
            .execute()
        == 1;
  }

  /** Takes the name from a repository of a registry of that name that is being deleted. */
  private static void freeName(Handle handle, long registryId, RepositoryName name) {
    handle
        .createUpdate(
            """
            UPDATE repository
            SET name = '~' || id
            WHERE name = :name AND registry_id <> :registryId
            """)
        .bind("name", name)
        .bind("registryId", registryId)
        .execute();
  }

  private static RefusedException unknownRegistry(RepositoryName name) {
    return unknown(
        name,
        "registry %s does not exist; a push does not make one, POST /api/v1/registries does"
            .formatted(name.registry()));
  }

  static RefusedException unknown(RepositoryName name, String message) {
    return new RefusedException(Refusal.unknown(ErrorCode.NAME_UNKNOWN, message, name.value()));
  }

  /** What {@link #forget} keeps out of memory. */
  public interface Forgotten extends AutoCloseable {
    @Override
    void close();
  }

  record Registry(long id, String name) {}
}
