package io.hatoba.server.scrub;

import io.hatoba.oci.Digest;
import io.hatoba.server.content.BlobBytes;
import io.hatoba.server.content.Blobs;
import io.hatoba.server.content.ContentConfig;
import io.hatoba.server.content.ContentIo;
import io.hatoba.server.content.Damage;
import io.hatoba.server.content.Events;
import io.hatoba.server.content.Manifests;
import io.hatoba.server.content.ObjectRemovals;
import io.hatoba.server.content.ReclaimConfig;
import io.hatoba.server.content.Tags;
import io.hatoba.server.content.Trash;
import io.hatoba.server.content.UndoConfig;
import io.hatoba.server.content.UsageLedger;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.ObjectWriter;
import io.hatoba.server.storage.Storage;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The scrub of one process over a real database and a storage, with content written by hand. */
final class ScrubNode implements AutoCloseable {
  private static final Random RANDOM = new Random(7);

  final Scrub scrub;
  private final Database database;
  private final Storage storage;
  private final ContentIo io = new ContentIo();

  ScrubNode(Database database, Storage storage, Clock clock, String id, Duration period) {
    this.database = database;
    this.storage = storage;
    ContentConfig config = defaults(ContentConfig.class);
    UsageLedger ledger = new UsageLedger(database, clock);
    ObjectRemovals removals = new ObjectRemovals(database, storage, clock);
    Blobs blobs =
        new Blobs(database, removals, ledger, config, defaults(ReclaimConfig.class), clock);
    Events events = new Events(database);
    Manifests manifests =
        new Manifests(
            database,
            blobs,
            new Tags(
                database,
                events,
                ledger,
                new Trash(database, Ids.random(clock), defaults(UndoConfig.class), clock),
                clock,
                List.of()),
            events,
            new BlobBytes(blobs, storage, io),
            ledger,
            config,
            clock);
    this.scrub =
        new Scrub(
            database,
            storage,
            new Damage(database, blobs, manifests, removals, clock),
            config(period),
            new NodeId(id),
            clock);
  }

  private static <T> T defaults(Class<T> config) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(config)
        .build()
        .getConfigMapping(config);
  }

  private static ScrubConfig config(Duration period) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(ScrubConfig.class)
        .withDefaultValue("hatoba.scrub.period", period.toString())
        .withDefaultValue("hatoba.scrub.bytes-per-second", "100G")
        .build()
        .getConfigMapping(ScrubConfig.class);
  }

  /** A blob in an object. */
  Stored object(int size) {
    byte[] bytes = bytes(size);
    ObjectKey key = write(bytes);
    Digest digest = Digest.sha256(bytes);
    blob(digest, bytes.length, key, null);
    return new Stored(digest, key, bytes);
  }

  /** A blob in the database. */
  Digest inline(int size) {
    byte[] bytes = bytes(size);
    Digest digest = Digest.sha256(bytes);
    blob(digest, bytes.length, null, bytes);
    return digest;
  }

  /** A manifest. */
  Digest manifest(int size) {
    byte[] bytes = bytes(size);
    Digest digest = Digest.sha256(bytes);
    database.write(
        handle ->
            handle.execute(
                "INSERT INTO manifest (digest, bytes, created_at) VALUES (?, ?, 0)",
                digest.toString(),
                bytes));
    return digest;
  }

  /** Not finished, since nothing here crashes and a thousand syncs take long. */
  private ObjectKey write(byte[] bytes) {
    ObjectKey key = ObjectKey.random();
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(ByteBuffer.wrap(bytes));
      writer.checkpoint();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return key;
  }

  private void blob(Digest digest, long size, @Nullable ObjectKey key, byte @Nullable [] bytes) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO blob (digest, size, object_key, bytes, created_at)
                    VALUES (:digest, :size, :key, :bytes, 0)
                    """)
                .bind("digest", digest)
                .bind("size", size)
                .bind("key", key == null ? null : key.id())
                .bind("bytes", bytes)
                .execute());
  }

  private static synchronized byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  @Override
  public void close() {
    scrub.close();
    io.close();
  }

  /** What was written. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Stored(Digest digest, ObjectKey key, byte[] bytes) {}

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
