package io.hatoba.server.reclaim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.server.content.ObjectRemovals;
import io.hatoba.server.content.Orphans;
import io.hatoba.server.database.Database;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.storage.Fault;
import io.hatoba.server.storage.FaultyStorage;
import io.hatoba.server.storage.FileStorage;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.ObjectWriter;
import io.hatoba.server.storage.Storage;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which objects the sweep gives back, and which never. */
abstract class OrphanSweepContract {
  @TempDir Path dir;
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
  private final InstantSource clock = now::get;
  private Database database;
  private FaultyStorage storage;
  private ObjectRemovals removals;

  abstract Database open(Path folder);

  @BeforeEach
  void open() {
    database = open(dir);
    storage = new FaultyStorage(FileStorage.open(dir));
    removals = new ObjectRemovals(database, storage, clock);
  }

  @AfterEach
  void close() {
    database.close();
    assertThat(storage.openHandles()).isEmpty();
  }

  @Test
  void onlyAnOldObjectThatNoRowNamesIsQueued() throws IOException {
    ObjectKey ofBlob = object();
    ObjectKey ofUpload = object();
    ObjectKey queued = object();
    ObjectKey keptAside = object();
    ObjectKey orphan = object();
    row(
        "INSERT INTO blob (digest, size, object_key, created_at) VALUES ('sha256:a', 1, ?, 0)",
        ofBlob);
    upload(ofUpload);
    row("INSERT INTO object_removal (object_key, not_before) VALUES (?, 9000000000000)", queued);
    row(
        "INSERT INTO damage (kind, digest, problem, size, object_key, found_at) VALUES ('blob', 'sha256:b', 'short', 1, ?, 0)",
        keptAside);

    pass(Duration.ofHours(23));
    sweepAll(sweep("a", 1000));
    assertThat(removable()).as("not old enough").isEmpty();
    pass(Duration.ofHours(25));
    sweepAll(sweep("a", 1000));

    assertThat(removable()).contains(orphan).doesNotContain(ofBlob, ofUpload, queued, keptAside);
    removals.runOnce();
    assertThat(keys()).contains(ofBlob, ofUpload, queued, keptAside).doesNotContain(orphan);
  }

  @Test
  void whatIsBeingWrittenIsNeverAnOrphan() throws IOException {
    ObjectKey key = ObjectKey.random();
    upload(key);
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(ByteBuffer.wrap(new byte[5]));
      pass(Duration.ofDays(30));
      sweepAll(sweep("a", 1000));
      assertThat(removable()).isEmpty();
      writer.finish();
    }
    database.write(
        handle -> {
          handle.execute("UPDATE upload SET object_key = NULL");
          return handle.execute(
              "INSERT INTO blob (digest, size, object_key, created_at) VALUES ('sha256:a', 5, ?, 0)",
              key.id());
        });
    pass(Duration.ofDays(30));
    sweepAll(sweep("a", 1000));
    assertThat(removable()).isEmpty();
  }

  @Test
  void tooManyAreNotRemoved() throws IOException {
    for (int i = 0; i < 6; i++) {
      object();
    }
    pass(Duration.ofDays(2));

    sweepAll(sweep("a", 5));
    assertThat(removable()).isEmpty();

    pass(Duration.ofDays(2));
    sweepAll(sweep("a", 6));
    assertThat(removable()).hasSize(6);
  }

  @Test
  void itGoesOnWhereItWasAlsoOnAnotherNode() throws IOException {
    for (int i = 0; i < 1_200; i++) {
      object();
    }
    pass(Duration.ofDays(2));
    OrphanSweep first = sweep("a", 5_000);
    assertThat(first.runOnce()).isTrue();
    OrphanSweep other = sweep("b", 5_000);
    assertThat(other.runOnce()).as("the first one has it").isFalse();

    OrphanSweep restarted = sweep("a", 5_000);
    assertThat(restarted.runOnce()).isTrue();
    assertThat(restarted.state().objects()).isEqualTo(1_000);
    pass(Duration.ofMinutes(6));
    assertThat(other.runOnce()).as("the first one is gone").isTrue();
    assertThat(restarted.runOnce()).isFalse();
    sweepAll(other);

    assertThat(removable()).hasSize(1_200);
    assertThat(other.state().objects()).isEqualTo(1_200);
    assertThat(other.state().isRunning()).isFalse();
    assertThat(other.runOnce()).as("not before its time").isFalse();
  }

  @Test
  void aStorageThatCannotBeListedIsTriedAgain() throws IOException {
    object();
    pass(Duration.ofDays(2));
    OrphanSweep sweep = sweep("a", 5);
    storage.plan(Fault.Plan.once(Fault.Call.LIST, 0, Fault.before()));

    assertThatThrownBy(sweep::runOnce).isInstanceOf(IOException.class);
    assertThat(removable()).isEmpty();
    sweepAll(sweep);
    assertThat(removable()).hasSize(1);
  }

  private OrphanSweep sweep(String node, long limit) {
    OrphanConfig config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(OrphanConfig.class)
            .withDefaultValue("hatoba.orphan.limit", Long.toString(limit))
            .build()
            .getConfigMapping(OrphanConfig.class);
    return new OrphanSweep(
        database, storage, new Orphans(database, removals, clock), config, new NodeId(node), clock);
  }

  private void sweepAll(OrphanSweep sweep) throws IOException {
    while (sweep.runOnce()) {
      // There is more.
    }
  }

  /** Time goes on; files keep the time at which they were written. */
  private void pass(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  /** An object that was written now, as the clock of the machine says it. */
  private ObjectKey object() {
    ObjectKey key = ObjectKey.random();
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(ByteBuffer.wrap(new byte[5]));
      writer.checkpoint();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return key;
  }

  private void upload(ObjectKey key) {
    database.write(
        handle -> {
          handle.execute("INSERT INTO registry (id, name, created_at) VALUES (1, 'team', 0)");
          handle.execute(
              "INSERT INTO repository (id, registry_id, name, created_at) VALUES (1, 1, 'team/app', 0)");
          return handle.execute(
              """
              INSERT INTO upload (id, repository_id, owner, algorithm, received, object_key, created_at, expires_at)
              VALUES ('u', 1, '', 'SHA256', 0, ?, 0, 0)
              """,
              key.id());
        });
  }

  private void row(String insert, ObjectKey key) {
    database.write(handle -> handle.execute(insert, key.id()));
  }

  /** What is queued for now. */
  private List<ObjectKey> removable() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT object_key FROM object_removal WHERE not_before <= :now")
                .bind("now", clock.instant())
                .mapTo(String.class)
                .map(ObjectKey::new)
                .list());
  }

  private List<ObjectKey> keys() throws IOException {
    return storage.list(Optional.empty(), 1_000).stream().map(Storage.Listed::key).toList();
  }
}
