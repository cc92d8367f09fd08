package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.database.TestDatabases;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.storage.FileStorage;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The whole content core over a real database and real files, put together by hand, with a clock
 * that stands still until it is set.
 */
final class ContentFixture implements AutoCloseable {
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");
  private static final AtomicInteger NODES = new AtomicInteger();

  final Clock clock = new Clock();

  /** What the beans get, on the real one. */
  final SpyDatabase spy = new SpyDatabase(this::database);

  private final Path dir;
  private final Supplier<Database> opener;
  private final UnaryOperator<Storage> aroundStorage;
  private final AtomicInteger names = new AtomicInteger();

  /** As it is, without what a test has put around it. */
  private Database real;

  private Node node;

  ContentFixture(Path dir, Engine engine, TestConfig config, UnaryOperator<Storage> aroundStorage) {
    this.dir = dir;
    this.opener = engine.opener(dir);
    this.aroundStorage = aroundStorage;
    this.real = opener.get();
    this.node = new Node(config, newId());
    real.write(
        handle ->
            handle.execute("INSERT INTO registry (id, name, created_at) VALUES (1, 'team', 0)"));
    real.write(
        handle ->
            handle.execute("INSERT INTO registry (id, name, created_at) VALUES (2, 'other', 0)"));
  }

  static ContentFixture open(Path dir, Engine engine) {
    return new ContentFixture(dir, engine, TestConfig.DEFAULT, UnaryOperator.identity());
  }

  /** The beans of the one process there usually is. */
  Node node() {
    return node;
  }

  /** The beans of another process on the same database and storage, which must be ended. */
  Node another(TestConfig config) {
    return new Node(config, newId());
  }

  /** As if the process had ended and started again. */
  void restart() {
    node.close();
    real.close();
    clock.advance(Duration.ofSeconds(1));
    real = opener.get();
    node = new Node(node.config, node.id);
  }

  /** A repository that nothing was pushed to yet. */
  Repository repository() {
    return repository("team");
  }

  Repository repository(String registry) {
    return node.repositories.forPush(
        new RepositoryName(registry + "/image-" + names.incrementAndGet()));
  }

  /** A repository whose test writes rows by itself, so that its usage is not what is there. */
  Repository uncounted() {
    String registry = "uncounted-" + names.incrementAndGet();
    registry(registry);
    return repository(registry);
  }

  /** What is deleted in a registry cannot be brought back from now on. */
  void keepNothing(String registry) {
    real.write(
        handle ->
            handle.execute("UPDATE registry SET undo_window_seconds = 0 WHERE name = ?", registry));
  }

  /** Makes a registry and returns its id. */
  long registry(String name) {
    long id = 100L + names.incrementAndGet();
    real.write(
        handle ->
            handle.execute(
                "INSERT INTO registry (id, name, created_at) VALUES (?, ?, 0)", id, name));
    return id;
  }

  Database database() {
    return real;
  }

  long count(String sql, Object... parameters) {
    return real.read(
        handle -> handle.select("SELECT count(*) " + sql, parameters).mapTo(Long.class).one());
  }

  List<String> texts(String sql, Object... parameters) {
    return real.read(handle -> handle.select(sql, parameters).mapTo(String.class).list());
  }

  /** The bytes of a blob as a client would get them. */
  byte[] bytes(Blob blob) {
    return switch (blob.body()) {
      case Blob.Inline(byte[] bytes) -> bytes;
      case Blob.Stored(ObjectKey key) -> {
        try (InputStream in = FileStorage.open(dir).read(key, 0, blob.size())) {
          yield in.readAllBytes();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  /** As a disk does that loses a file. */
  void deleteObjectOf(String upload) throws IOException {
    String key =
        texts("SELECT object_key FROM upload WHERE id = ? AND object_key IS NOT NULL", upload)
            .getFirst();
    FileStorage.open(dir).delete(new ObjectKey(key));
  }

  /** The objects there are, with their sizes. */
  Map<String, Long> objects() {
    try {
      Storage storage = FileStorage.open(dir);
      Map<String, Long> objects = new TreeMap<>();
      Optional<ObjectKey> last = Optional.empty();
      List<Storage.Listed> page = storage.list(last, 1_000);
      while (!page.isEmpty()) {
        page.forEach(listed -> objects.put(listed.key().id(), listed.size()));
        last = Optional.of(page.getLast().key());
        page = storage.list(last, 1_000);
      }
      return objects;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What must hold whenever no request is running: every object is named by a row, every blob has
   * its object, nobody holds a claim, no file is open.
   */
  void assertNoLeaks() {
    Map<String, Long> objects = objects();
    Set<String> named =
        new HashSet<>(
            texts(
                """
                SELECT object_key FROM blob WHERE object_key IS NOT NULL
                UNION ALL
                SELECT object_key FROM upload WHERE object_key IS NOT NULL
                UNION ALL
                SELECT object_key FROM object_removal
                UNION ALL
                SELECT object_key FROM damage WHERE object_key IS NOT NULL
                """));
    assertThat(named).as("every object is named by a row").containsAll(objects.keySet());
    Map<String, Long> stored =
        real.read(
            handle ->
                handle
                    .select(
                        "SELECT object_key, size FROM blob WHERE object_key IS NOT NULL AND damaged_at <= 0")
                    .reduceRows(
                        new TreeMap<String, Long>(),
                        (map, row) -> {
                          map.put(
                              row.getColumn("object_key", String.class),
                              row.getColumn("size", Long.class));
                          return map;
                        }));
    assertThat(objects).as("every blob has its object").containsAllEntriesOf(stored);
    assertThat(texts("SELECT id FROM upload WHERE claimed_by IS NOT NULL"))
        .as("nobody holds a claim")
        .isEmpty();
    assertThat(openFiles()).as("no file is open").isEmpty();
  }

  /** Leaves a claim behind, as a process does that is killed while it writes. */
  void claim(String upload, NodeId id, Instant until) {
    real.write(
        handle ->
            handle
                .createUpdate(
                    "UPDATE upload SET claimed_by = :id, claimed_until = :until WHERE id = :upload")
                .bind("id", id.value())
                .bind("until", until)
                .bind("upload", upload)
                .execute());
  }

  private List<String> openFiles() {
    List<String> open = new ArrayList<>();
    if (!Files.isDirectory(OPEN_FILES)) {
      return open;
    }
    String objects = dir.toAbsolutePath().resolve("objects") + "/";
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(OPEN_FILES)) {
      for (Path descriptor : descriptors) {
        String target = target(descriptor);
        if (target.startsWith(objects) && Files.isRegularFile(Path.of(target))) {
          open.add(target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return open;
  }

  private static String target(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (NoSuchFileException e) {
      return ""; // closed meanwhile
    }
  }

  @Override
  public void close() {
    node.close();
    real.close();
  }

  /** Which database. */
  enum Engine {
    SQLITE,
    POSTGRESQL;

    /** Opens a new database for the first time, and again. */
    Supplier<Database> opener(Path dir) {
      return switch (this) {
        case SQLITE -> () -> TestDatabases.sqlite(dir);
        case POSTGRESQL -> {
          String url = TestDatabases.newPostgresUrl();
          yield () -> TestDatabases.postgres(url);
        }
      };
    }
  }

  /** The content core of one process. */
  private static NodeId newId() {
    return new NodeId(UUID.randomUUID().toString());
  }

  final class Node implements AutoCloseable {
    final NodeId id;
    final TestConfig config;
    final Database database;
    final ContentIo io = new ContentIo();
    final AtomicReference<TagGuard> guard =
        new AtomicReference<>((_, _, _, _, _) -> Optional.empty());
    final Events events;
    final ObjectRemovals removals;
    final Blobs blobs;
    final Uploads uploads;
    final Repositories repositories;
    final Trash trash;
    final Tags tags;
    final Manifests manifests;
    final ManifestFill fill;
    final TagMoves moves;
    final ArtifactRemoval artifacts;
    final ImageRemoval removal;
    final Deletions deletions;
    final Referrers referrers;
    final UsageLedger ledger;
    final Usage usage;
    final Pulls pulls;
    final Damage damage;
    final Orphans orphans;

    Node(TestConfig config, NodeId id) {
      this.id = id;
      this.config = config;
      this.database = spy;
      Storage storage = aroundStorage.apply(FileStorage.open(dir));
      Ids ids = new Ids(clock, NODES.incrementAndGet() % Ids.NODES);
      this.events = new Events(database);
      this.ledger = new UsageLedger(database, clock);
      this.usage = new Usage(database, ledger, events, clock);
      this.pulls = new Pulls(database, clock);
      this.removals = new ObjectRemovals(database, storage, clock);
      this.blobs = new Blobs(database, removals, ledger, config, config, clock);
      this.uploads = new Uploads(database, storage, blobs, removals, ledger, io, config, id, clock);
      this.repositories = new Repositories(database, ledger, ids, clock);
      this.trash = new Trash(database, ids, config, clock);
      this.tags =
          new Tags(
              database,
              events,
              ledger,
              trash,
              clock,
              List.of(
                  (handle, repository, tag, from, to) ->
                      guard.get().check(handle, repository, tag, from, to)));
      BlobBytes bytes = new BlobBytes(blobs, storage, io);
      this.manifests = new Manifests(database, blobs, tags, events, bytes, ledger, config, clock);
      this.damage = new Damage(database, blobs, manifests, removals, clock);
      this.orphans = new Orphans(database, removals, clock);
      this.fill = new ManifestFill(database, bytes);
      Restoration restoration = new Restoration(database, blobs, tags, events, ledger, clock);
      this.moves = new TagMoves(database, manifests, tags, restoration, ledger);
      this.artifacts =
          new ArtifactRemoval(database, manifests, tags, blobs, events, trash, ledger, clock);
      this.removal =
          new ImageRemoval(
              database, repositories, artifacts, tags, blobs, removals, trash, ledger, clock);
      this.deletions =
          new Deletions(
              database, removals, repositories, manifests, tags, blobs, restoration, ledger, clock);
      this.referrers = new Referrers(database);
    }

    /** All that is due now, as the reclaimer does it. */
    void reclaim() {
      while (uploads.expireOnce() > 0) {
        // There may be more.
      }
      while (deletions.purgeSome().isPresent()) {
        // There may be more.
      }
      while (blobs.releaseIdle(10).settled() > 0) {
        // There may be more.
      }
      while (removals.runOnce() > 0) {
        // There may be more.
      }
    }

    @Override
    public void close() {
      pulls.stop();
      io.close();
    }
  }

  /** Stands still until it is told how much time has passed. */
  static final class Clock implements InstantSource {
    private final AtomicReference<Instant> now =
        new AtomicReference<>(Instant.parse("2026-04-01T00:00:00Z"));

    void advance(Duration by) {
      now.updateAndGet(before -> before.plus(by));
    }

    @Override
    public Instant instant() {
      return now.get();
    }
  }
}
