package io.hatoba.server.scrub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.storage.Fault;
import io.hatoba.server.storage.FaultyStorage;
import io.hatoba.server.storage.FileStorage;
import io.hatoba.server.storage.ObjectKey;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the scrub finds, what it does not call damage, and how nodes share a pass. */
abstract class ScrubContract {
  private static final Duration NEVER = Duration.ZERO;
  private static final Duration TEN_DAYS = Duration.ofDays(10);

  @TempDir Path dir;
  private final ScrubNode.Clock clock = new ScrubNode.Clock();
  private final List<ScrubNode> nodes = new ArrayList<>();
  private Database database;
  private FaultyStorage storage;

  abstract Database open(Path folder);

  @BeforeEach
  void open() {
    database = open(dir);
    storage = new FaultyStorage(FileStorage.open(dir));
  }

  @AfterEach
  void close() {
    nodes.forEach(ScrubNode::close);
    database.close();
    assertThat(storage.openHandles()).isEmpty();
  }

  @Test
  void whatHasOtherBytesThanItsDigestSaysIsFound() throws IOException {
    ScrubNode node = node("a", NEVER);
    ScrubNode.Stored flipped = node.object(200_000);
    ScrubNode.Stored shortened = node.object(2_000);
    ScrubNode.Stored lost = node.object(2_000);
    ScrubNode.Stored whole = node.object(2_000);
    Digest inline = node.inline(300);
    Digest wholeInline = node.inline(300);
    Digest manifest = node.manifest(300);
    Digest wholeManifest = node.manifest(300);
    flip(flipped.key(), 150_000);
    cut(shortened.key());
    Files.delete(path(lost.key()));
    flip("blob", inline);
    flip("manifest", manifest);

    Pass pass = node.scrub.start("account:kim");
    assertThat(node.scrub.runOnce()).isEqualTo(8);

    assertThat(node.scrub.findings(FindingStore.Which.DAMAGED, Optional.empty(), 100))
        .extracting(finding -> finding.digest() + " " + finding.kind() + " " + finding.problem())
        .containsExactlyInAnyOrder(
            flipped.digest() + " BLOB wrong-bytes",
            shortened.digest() + " BLOB short",
            lost.digest() + " BLOB missing",
            inline + " BLOB wrong-bytes",
            manifest + " MANIFEST wrong-bytes");
    assertThat(damaged())
        .doesNotContain(
            whole.digest().toString(), wholeInline.toString(), wholeManifest.toString());
    Pass ended = node.scrub.pass(pass.id());
    assertThat(ended.state()).isEqualTo(Pass.State.SUCCEEDED);
    assertThat(ended.progress()).isEqualTo(1);
    assertThat(ended.tally().blobs()).isEqualTo(6);
    assertThat(ended.tally().manifests()).isEqualTo(2);
    assertThat(ended.tally().damaged()).isEqualTo(5);
    assertThat(ended.tally().unreadable()).isZero();
    assertThat(Files.exists(path(flipped.key()))).as("nothing is deleted").isTrue();
    assertThat(node.scrub.status().damaged()).isEqualTo(5);
  }

  @Test
  void anErrorWhileReadingIsNoDamageAndIsTriedAgain() {
    ScrubNode node = node("a", NEVER);
    ScrubNode.Stored stored = node.object(300_000);
    node.object(2_000);
    storage.plan(
        (call, number) ->
            call == Fault.Call.READ
                ? Optional.of(number == 0 ? Fault.before() : new Fault.Partial(1_000, false))
                : Optional.empty());

    node.scrub.start("account:kim");
    assertThat(node.scrub.runOnce()).isZero();

    assertThat(damaged()).isEmpty();
    assertThat(node.scrub.status().unreadable()).isEqualTo(2);
    assertThat(node.scrub.unreadable(Optional.empty(), 10))
        .extracting(Unreadable::attempts)
        .containsExactly(1, 1);
    assertThat(node.scrub.runOnce()).as("not before its time").isZero();
    clock.advance(Duration.ofMinutes(1));
    node.scrub.runOnce();
    assertThat(node.scrub.unreadable(Optional.empty(), 10))
        .extracting(Unreadable::attempts)
        .containsExactly(2, 2);

    storage.plan(Fault.Plan.NONE);
    clock.advance(Duration.ofMinutes(2));
    assertThat(node.scrub.runOnce()).isEqualTo(2);
    assertThat(node.scrub.status().unreadable()).isZero();
    assertThat(damaged()).doesNotContain(stored.digest().toString()).isEmpty();
  }

  @Test
  void whatIsDamagedAtOneReadingOnlyIsNoDamage() {
    ScrubNode node = node("a", NEVER);
    ScrubNode.Stored stored = node.object(2_000);
    node.object(2_000);
    FaultyOnce once = new FaultyOnce(storage, stored.key());
    ScrubNode other = new ScrubNode(database, once, clock, "b", NEVER);
    nodes.add(other);

    other.scrub.start("account:kim");
    other.scrub.runOnce();

    assertThat(once.hasLied()).isTrue();
    assertThat(damaged()).isEmpty();
    assertThat(other.scrub.status().unreadable()).isEqualTo(1);
  }

  @Test
  void aStorageInWhichThereIsNothingHasLostNothing() throws IOException {
    ScrubNode node = node("a", NEVER);
    for (int i = 0; i < 3; i++) {
      Files.delete(path(node.object(2_000).key()));
    }

    node.scrub.start("account:kim");
    node.scrub.runOnce();

    assertThat(damaged()).isEmpty();
    assertThat(node.scrub.unreadable(Optional.empty(), 10))
        .hasSize(3)
        .allSatisfy(one -> assertThat(one.error()).contains("no object at all"));
  }

  @Test
  void anOutageOfTheStorageDoesNotPutOffEverything() {
    ScrubNode node = node("a", NEVER);
    for (int i = 0; i < 20; i++) {
      node.object(100);
    }
    storage.plan(Fault.Plan.always(Fault.Call.READ, Fault.before()));
    Pass pass = node.scrub.start("account:kim");

    node.scrub.runOnce();
    node.scrub.runOnce();

    assertThat(node.scrub.status().unreadable()).isEqualTo(5);
    storage.plan(Fault.Plan.NONE);
    clock.advance(Duration.ofMinutes(2));
    node.scrub.runOnce();
    assertThat(node.scrub.status().unreadable()).isZero();
    assertThat(node.scrub.pass(pass.id()).state()).isEqualTo(Pass.State.SUCCEEDED);
    assertThat(damaged()).isEmpty();
  }

  @Test
  void aPassGoesOnAfterARestartWhereItWas() {
    ScrubNode first = node("a", NEVER);
    for (int i = 0; i < 600; i++) {
      first.object(50);
    }
    Pass pass = first.scrub.start("account:kim");
    CountingStorage counting = new CountingStorage(storage);
    ScrubNode stopping = new ScrubNode(database, counting, clock, "a", NEVER);
    nodes.add(stopping);
    counting.at(300, stopping.scrub::close);
    stopping.scrub.runOnce();
    assertThat(counting.keys()).hasSizeBetween(300, 301);

    ScrubNode restarted = new ScrubNode(database, counting, clock, "a", NEVER);
    nodes.add(restarted);
    restarted.scrub.runOnce();

    assertThat(new TreeSet<>(counting.keys())).hasSize(600);
    assertThat(counting.keys())
        .as("only what was cut short is read again")
        .hasSizeBetween(600, 601);
    assertThat(restarted.scrub.pass(pass.id()).state()).isEqualTo(Pass.State.SUCCEEDED);
    assertThat(restarted.scrub.pass(pass.id()).tally().blobs()).isEqualTo(600);
  }

  @Test
  void twoNodesShareAPassAndEachCopyIsReadByOne() throws Exception {
    CountDownLatch bothRead = new CountDownLatch(2);
    CountingStorage one = new CountingStorage(storage);
    CountingStorage two = new CountingStorage(storage);
    ScrubNode a = new ScrubNode(database, one, clock, "a", NEVER);
    ScrubNode b = new ScrubNode(database, two, clock, "b", NEVER);
    nodes.add(a);
    nodes.add(b);
    for (int i = 0; i < 1_000; i++) {
      a.object(50);
    }
    one.at(1, () -> meet(bothRead));
    two.at(1, () -> meet(bothRead));
    Pass pass = a.scrub.start("account:kim");

    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Long> readByOne = threads.submit(a.scrub::runOnce);
      Future<Long> readByTwo = threads.submit(b.scrub::runOnce);
      assertThat(readByOne.get() + readByTwo.get()).isEqualTo(1_000);
    }
    a.scrub.runOnce();

    List<String> all = new ArrayList<>(one.keys());
    all.addAll(two.keys());
    assertThat(one.keys()).isNotEmpty();
    assertThat(two.keys()).isNotEmpty();
    assertThat(all).hasSize(1_000).doesNotHaveDuplicates();
    assertThat(a.scrub.pass(pass.id()).state()).isEqualTo(Pass.State.SUCCEEDED);
    assertThat(a.scrub.pass(pass.id()).tally().blobs()).isEqualTo(1_000);
  }

  @Test
  void whatANodeHadTakenThatIsGoneIsReadByAnother() {
    ScrubNode a = node("a", NEVER);
    for (int i = 0; i < 10; i++) {
      a.object(50);
    }
    Pass pass = a.scrub.start("account:kim");
    PassStore passes = new PassStore(database);
    assertThat(passes.take("gone", clock.instant(), clock.instant().plusSeconds(180), NEVER))
        .isPresent();

    assertThat(a.scrub.runOnce()).as("its claim holds").isZero();
    clock.advance(Duration.ofMinutes(4));
    assertThat(a.scrub.runOnce()).isEqualTo(10);
    assertThat(a.scrub.pass(pass.id()).state()).isEqualTo(Pass.State.SUCCEEDED);
  }

  @Test
  void passesStartByThemselvesOncePerPeriod() {
    ScrubNode node = node("a", TEN_DAYS);
    node.inline(10);

    assertThat(node.scrub.status().running()).isEmpty();
    node.scrub.runOnce();
    clock.advance(Duration.ofDays(9));
    node.scrub.runOnce();
    clock.advance(Duration.ofDays(2));
    node.scrub.runOnce();

    assertThat(node.scrub.passes(Optional.empty(), 10))
        .extracting(Pass::cause)
        .containsExactly(Pass.Cause.SCHEDULE, Pass.Cause.SCHEDULE);
    assertThat(node("b", NEVER).scrub.status().nextAt()).isEmpty();
  }

  @Test
  void aPassByTheScheduleIsSpreadOverItsPeriod() {
    ScrubNode node = node("a", TEN_DAYS);
    for (int i = 0; i < 2_000; i++) {
      node.inline(8);
    }

    long atOnce = node.scrub.runOnce();
    clock.advance(Duration.ofDays(5));
    long byHalf = atOnce + node.scrub.runOnce();
    clock.advance(Duration.ofDays(5).minusSeconds(1));
    long all = byHalf + node.scrub.runOnce();

    assertThat(atOnce).isEqualTo(256);
    assertThat(byHalf).isBetween(800L, 1_400L);
    assertThat(all).isEqualTo(2_000);
  }

  @Test
  void aPassByHandTakesThePlaceOfOneByTheSchedule() {
    ScrubNode node = node("a", TEN_DAYS);
    for (int i = 0; i < 600; i++) {
      node.inline(8);
    }
    node.scrub.runOnce();
    long scheduled = node.scrub.status().running().orElseThrow().id();

    Pass byHand = node.scrub.start("account:kim");

    assertThat(node.scrub.pass(scheduled).state()).isEqualTo(Pass.State.STOPPED);
    assertThatThrownBy(() -> node.scrub.start("account:lee"))
        .isInstanceOf(RefusedException.class)
        .hasMessageStartingWith("CONFLICT");
    assertThat(node.scrub.runOnce()).isEqualTo(600);
    assertThat(node.scrub.pass(byHand.id()).state()).isEqualTo(Pass.State.SUCCEEDED);
    assertThat(node.scrub.stop(byHand.id()).state()).isEqualTo(Pass.State.SUCCEEDED);
    long another = node.scrub.start("account:kim").id();
    assertThat(node.scrub.stop(another).state()).isEqualTo(Pass.State.STOPPED);
    assertThat(node.scrub.runOnce()).isZero();
  }

  private ScrubNode node(String id, Duration period) {
    ScrubNode node = new ScrubNode(database, storage, clock, id, period);
    nodes.add(node);
    return node;
  }

  private List<String> damaged() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT digest FROM blob WHERE damaged_at > 0
                    UNION ALL
                    SELECT digest FROM manifest WHERE damaged_at > 0
                    """)
                .mapTo(String.class)
                .list());
  }

  private static void meet(CountDownLatch both) {
    both.countDown();
    try {
      both.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path path(ObjectKey key) {
    String id = key.id();
    return dir.resolve("objects")
        .resolve(id.substring(0, 2))
        .resolve(id.substring(2, 4))
        .resolve(id);
  }

  private void flip(ObjectKey key, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(path(key));
    bytes[at] ^= 1;
    Files.write(path(key), bytes);
  }

  private void cut(ObjectKey key) throws IOException {
    try (FileChannel file = FileChannel.open(path(key), StandardOpenOption.WRITE)) {
      file.truncate(file.size() - 1);
    }
  }

  private void flip(String table, Digest digest) {
    database.write(
        handle -> {
          byte[] bytes =
              handle
                  .select("SELECT bytes FROM " + table + " WHERE digest = ?", digest.toString())
                  .mapTo(byte[].class)
                  .one();
          bytes[7] ^= 1;
          return handle.execute(
              "UPDATE " + table + " SET bytes = ? WHERE digest = ?", bytes, digest.toString());
        });
  }
}
