package io.hatoba.server.registry;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.content.Usage;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/** The registries and their rules. How they go is in {@link RegistryDeletion}. */
@Singleton
public final class Registries {
  /** The most rows that are read at once. */
  public static final int MAX_PAGE = 1001;

  private final Database database;
  private final RegistryStore store;
  private final AccessVersion version;
  private final Usage usage;
  private final Ids ids;
  private final InstantSource clock;
  private volatile Versioned exposure = new Versioned(0, Exposure.NONE);

  public Registries(
      Database database, AccessVersion version, Usage usage, Ids ids, InstantSource clock) {
    this.database = database;
    this.store = new RegistryStore(database.dialect());
    this.version = version;
    this.usage = usage;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Makes a registry for what is pushed.
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
    Instant now = now();
    Registry registry = new Registry(ids.next(), name, Purpose.NORMAL, settings, now, now);
    if (!store.insert(handle, registry)) {
      return Optional.empty();
    }
    usage.registryMade(handle, registry.id());
    return Optional.of(registry);
  }

  /** The registry with this name, if it exists. */
  public Optional<Registry> find(RegistryName name) {
    return database.read(handle -> find(handle, name));
  }

  /** As {@link #find(RegistryName)}, inside the caller's transaction. */
  public Optional<Registry> find(Handle handle, RegistryName name) {
    return store.find(handle, name);
  }

  /**
   * The registry with this name.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if it does not exist
   */
  public Registry require(RegistryName name) {
    return find(name).orElseThrow(() -> unknown(name));
  }

  /**
   * Changes what a registry allows. Takes effect at once on every node.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if it does not exist
   */
  public Registry change(RegistryName name, Settings settings) {
    return change(name, current -> settings);
  }

  /**
   * As {@link #change(RegistryName, Settings)}, with the row locked while {@code change} sees what
   * holds now. What it throws leaves everything as it is; settings that are the same change
   * nothing.
   */
  public Registry change(RegistryName name, UnaryOperator<Settings> change) {
    return version.change(
        handle -> {
          Registry before = store.lock(handle, name).orElseThrow(() -> unknown(name));
          Settings settings = change.apply(before.settings());
          if (settings.equals(before.settings())) {
            return before;
          }
          Instant now = now();
          store.update(handle, before.id(), settings, now);
          if (!settings.quotaBytes().equals(before.settings().quotaBytes())) {
            usage.setQuota(handle, before.id(), settings.quotaBytes());
          }
          return new Registry(
              before.id(), name, before.purpose(), settings, before.createdAt(), now);
        });
  }

  /**
   * Registries that the caller may know of, as the query wants them.
   *
   * @param limit between 1 and {@value #MAX_PAGE}
   */
  public List<RegistryQuery.Row> page(RegistryQuery query, ReadScope scope, int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException("limit " + limit);
    }
    return database.read(handle -> store.page(handle, query, scope, limit));
  }

  /**
   * Name and id of each registry that everyone may pull from, as true as {@code atVersion} is
   * current.
   *
   * @param atVersion from {@link AccessVersion}
   */
  public Map<String, Long> openedTo(long atVersion) {
    return exposure(atVersion).opened();
  }

  /** As {@link #openedTo}, if it can be known without asking the database. Never blocks. */
  public Optional<Map<String, Long>> rememberedOpenedTo(long atVersion) {
    return rememberedExposure(atVersion).map(Exposure::opened);
  }

  /**
   * Which registries let more or fewer callers in than their roles do, as true as {@code atVersion}
   * is current.
   *
   * @param atVersion from {@link AccessVersion}
   */
  public Exposure exposure(long atVersion) {
    Versioned known = exposure;
    if (known.version() == atVersion) {
      return known.exposure();
    }
    List<RegistryStore.Exposed> rows = database.read(store::exposed);
    Exposure loaded =
        new Exposure(
            named(rows.stream().filter(RegistryStore.Exposed::anonymousPull)),
            named(rows.stream().filter(row -> !row.publicUri())));
    exposure = new Versioned(atVersion, loaded);
    return loaded;
  }

  /** As {@link #exposure}, if it can be known without asking the database. Never blocks. */
  public Optional<Exposure> rememberedExposure(long atVersion) {
    Versioned known = exposure;
    return known.version() == atVersion ? Optional.of(known.exposure()) : Optional.empty();
  }

  private static Map<String, Long> named(Stream<RegistryStore.Exposed> rows) {
    return rows.collect(
        Collectors.toUnmodifiableMap(RegistryStore.Exposed::name, RegistryStore.Exposed::id));
  }

  /** Says that there is no such registry. */
  static RefusedException unknown(RegistryName name) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.NAME_UNKNOWN, "there is no registry named %s".formatted(name), name.value()));
  }

  private Instant now() {
    return Instant.ofEpochMilli(clock.millis());
  }

  /**
   * What can be changed of a registry.
   *
   * @param publicUri whether it answers clients of the public address; if not it is, for them, a
   *     registry that does not exist
   * @param scanOnPush whether what is pushed is scanned at once
   * @param anonymousPull whether everyone may pull, also without credentials
   * @param description for people
   * @param quotaBytes how many physical bytes it may hold; none: as many as there is space for
   * @param undoWindowSeconds how long what is deleted from now on can be brought back, 0: not at
   *     all; none: as the service says
   */
  public record Settings(
      boolean publicUri,
      boolean scanOnPush,
      boolean anonymousPull,
      String description,
      Optional<Long> quotaBytes,
      Optional<Long> undoWindowSeconds) {
    /** Closed, without a description. */
    public static final Settings PRIVATE = new Settings(false, "");

    /** Those that are not named are as they are by default. */
    public Settings(boolean anonymousPull, String description) {
      this(true, false, anonymousPull, description, Optional.empty(), Optional.empty());
    }
  }

  /**
   * Registries by name, with their ids.
   *
   * @param opened those that everyone may pull from
   * @param hidden those that do not exist for clients of the public address (FEATURES F1)
   */
  public record Exposure(Map<String, Long> opened, Map<String, Long> hidden) {
    /** Every registry is for those who have a role, and answers everywhere. */
    public static final Exposure NONE = new Exposure(Map.of(), Map.of());

    public Exposure {
      opened = Map.copyOf(opened);
      hidden = Map.copyOf(hidden);
    }
  }

  private record Versioned(long version, Exposure exposure) {}
}
