package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.atOnce;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * Pushes, mounts, tags, deletions, undos, emptying and several reclaimers, all at once, on a few
 * blobs and manifests that everybody shares, with a grace of a second and an undo window of a few.
 * On PostgreSQL there are two nodes. While that runs, what was acknowledged and not deleted is
 * there, whole, and what is counted is what is there; when everything was deleted in the end,
 * nothing is left in the tables and in the storage.
 *
 * <p>Short by itself; {@code script/test unit -pl server -Dtest='*ReclaimRaceTest'
 * -Dhatoba.test.race=PT10M} runs it for ten minutes on each database. The seed of a run is in the
 * message of its failure; {@code -Dhatoba.test.seed=…} repeats its choices.
 */
abstract class ReclaimRaceContract extends ContentContract {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final Duration WINDOW = Duration.ofSeconds(3);
  private static final TestConfig CONFIG = TestConfig.DEFAULT.keeping(GRACE, WINDOW);
  private static final Duration FOR =
      Duration.parse(System.getProperty("hatoba.test.race", "PT8S"));
  private static final int OWNERS = 4;
  private static final int SHAKERS = 4;
  private static final int ROUNDS = 2;

  /** What is kept of what is gone, or is not content. */
  private static final Set<String> STAYS =
      Set.of(
          "event",
          "tag_history",
          "usage_day",
          "reclaimed_day",
          "registry_usage",
          "registry",
          "sqlite_sequence");

  private final AtomicBoolean over = new AtomicBoolean();
  private final Map<Long, AtomicLong> emptied =
      Map.of(1L, new AtomicLong(), 2L, new AtomicLong(), 3L, new AtomicLong());

  @Override
  ContentFixture fixture(Path dir) {
    return new ContentFixture(dir, engine(), CONFIG, storage -> storage);
  }

  @Test
  void nothingThatWasAcknowledgedIsEverMissingAndInTheEndNothingIsLeft(TestReporter reporter) {
    long seed = Long.getLong("hatoba.test.seed", System.nanoTime());
    try {
      run(new Random(seed), reporter);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("-Dhatoba.test.seed=" + seed, e);
    }
  }

  private void run(Random random, TestReporter reporter) {
    content
        .database()
        .write(
            handle ->
                handle.execute(
                    "INSERT INTO registry (id, name, created_at, undo_window_seconds) VALUES (3, 'forgetful', 0, 0)"));
    Set<String> before = tablesWithRows();
    RaceContent things = new RaceContent(random);
    List<ContentFixture.Node> nodes = new ArrayList<>(List.of(node()));
    if (engine() == ContentFixture.Engine.POSTGRESQL) {
      nodes.add(content.another(CONFIG));
    }
    List<RaceCrowd> crowds = new ArrayList<>();
    for (String registry : List.of("team", "other", "forgetful")) {
      crowds.add(new RaceCrowd(content, things, content.repository(registry).name()));
    }
    List<RaceOwner> owners = new ArrayList<>();
    for (int i = 0; i < OWNERS; i++) {
      String registry = i == 0 ? "forgetful" : i == 1 ? "other" : "team";
      Repository own = content.repository(registry);
      owners.add(
          new RaceOwner(
              content,
              nodes.get(i % nodes.size()),
              things,
              new Random(random.nextLong()),
              own,
              node().repositories.forPush(crowds.get(i % crowds.size()).name()),
              emptied(own.registryId())));
    }
    Invariants invariants = new Invariants(content, things);
    for (int round = 0; round < ROUNDS; round++) {
      race(nodes, crowds, owners, invariants, random);
      owners.forEach(RaceOwner::check);
      invariants.check();
      checkUsage();
      content.assertNoLeaks();
    }
    Map<RaceOwner.Outcome, Integer> outcomes =
        owners.stream()
            .flatMap(owner -> owner.outcomes().entrySet().stream())
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Integer::sum));
    assertThat(outcomes)
        .as("what owners did")
        .containsKeys(
            RaceOwner.Outcome.PUSHED, RaceOwner.Outcome.DELETED, RaceOwner.Outcome.RESTORED);
    assertThat(content.count("FROM reclaimed_day WHERE blobs > 0")).isPositive();
    reporter.publishEntry("owners", outcomes.toString());
    reporter.publishEntry(
        "reclaimed", content.texts("SELECT CAST(blobs AS TEXT) FROM reclaimed_day").toString());

    deleteAll(owners.stream().map(RaceOwner::name).toList(), things);
    deleteAll(crowds.stream().map(RaceCrowd::name).toList(), things);
    assertNothingIsLeft(nodes, before);
    nodes.stream().skip(1).forEach(ContentFixture.Node::close);
  }

  private void race(
      List<ContentFixture.Node> nodes,
      List<RaceCrowd> crowds,
      List<RaceOwner> owners,
      Invariants invariants,
      Random random) {
    over.set(false);
    List<Callable<Boolean>> threads = new ArrayList<>();
    for (RaceOwner owner : owners) {
      threads.add(changing(new Random(random.nextLong()), _ -> owner.step()));
    }
    for (int i = 0; i < SHAKERS; i++) {
      threads.add(
          changing(new Random(random.nextLong()), r -> any(crowds, r).shake(any(nodes, r), r)));
    }
    for (int i = 0; i < 2; i++) {
      threads.add(again(new Random(random.nextLong()), r -> any(crowds, r).look(any(nodes, r), r)));
      ContentFixture.Node node = nodes.get(i % nodes.size());
      threads.add(again(new Random(random.nextLong()), r -> reclaim(node, r)));
    }
    threads.add(again(new Random(random.nextLong()), r -> checkAll(invariants, r)));
    long until = System.nanoTime() + FOR.dividedBy(ROUNDS).toNanos();
    threads.add(
        () -> {
          CountDownLatch never = new CountDownLatch(1);
          while (!over.get() && System.nanoTime() < until) {
            assertThat(never.await(1, TimeUnit.MILLISECONDS)).isFalse();
          }
          over.set(true);
          return true;
        });
    atOnce(threads);
  }

  /** As {@link #again}, where each step takes some time of the clock. */
  private Callable<Boolean> changing(Random random, Consumer<Random> step) {
    return again(
        random,
        r -> {
          step.accept(r);
          content.clock.advance(Duration.ofMillis(r.nextInt(40)));
        });
  }

  /** Until the time is over, or another has failed. */
  private Callable<Boolean> again(Random random, Consumer<Random> step) {
    return () -> {
      try {
        while (!over.get()) {
          step.accept(random);
        }
        return true;
      } finally {
        over.set(true);
      }
    };
  }

  private void reclaim(ContentFixture.Node node, Random random) {
    switch (random.nextInt(5)) {
      case 0 -> node.uploads.expireOnce();
      case 1 -> node.deletions.purgeSome();
      case 2, 3 -> node.blobs.releaseIdle(1 + random.nextInt(20));
      default -> node.removals.runOnce();
    }
  }

  private void checkAll(Invariants invariants, Random random) {
    invariants.check();
    long registry = 1L + random.nextInt(3);
    assertThat(node().usage.check(registry)).as("usage of registry %d", registry).isEmpty();
    switch (random.nextInt(20)) {
      case 0 -> {
        emptied(2).incrementAndGet();
        node().deletions.end(2);
        emptied(2).incrementAndGet();
      }
      case 1 -> node().deletions.purgeSome(2);
      case 2, 3 -> node().usage.foldOnce();
      default -> {
        // Checking is enough.
      }
    }
  }

  private void checkUsage() {
    node().usage.foldOnce();
    for (long registry = 1; registry <= 3; registry++) {
      assertThat(node().usage.check(registry)).isEmpty();
    }
  }

  /** Half as images, half artifact by artifact and then what is left. */
  private void deleteAll(List<RepositoryName> names, RaceContent things) {
    for (int i = 0; i < names.size(); i++) {
      Repository repository = node().repositories.forPush(names.get(i));
      if (i % 2 == 0) {
        for (RaceContent.Item item : things.items()) {
          delete(repository, item.digest());
        }
      }
      node().removal.remove(repository, TestContent.KIM);
      assertThat(node().repositories.find(names.get(i))).isEmpty();
    }
  }

  private void assertNothingIsLeft(List<ContentFixture.Node> nodes, Set<String> before) {
    for (int i = 0; i < 3; i++) {
      if (i == 1) {
        node().deletions.end(1);
      }
      content.clock.advance(Duration.ofHours(i == 2 ? 2 : 0).plus(WINDOW).plus(GRACE));
      // At the same time: what one passes over, the other has.
      atOnce(
          nodes.stream()
              .<Callable<Boolean>>map(
                  node ->
                      () -> {
                        node.reclaim();
                        return true;
                      })
              .toList());
    }
    node().reclaim();
    content.clock.advance(GRACE.multipliedBy(2));
    node().reclaim();
    checkUsage();
    Set<String> left = tablesWithRows();
    left.removeAll(before);
    assertThat(left).as("tables in which something is left").isEmpty();
    assertThat(content.objects()).as("objects").isEmpty();
    for (long registry = 1; registry <= 3; registry++) {
      assertThat(node().usage.of(registry).physicalBytes()).isZero();
    }
  }

  private Set<String> tablesWithRows() {
    Set<String> found = new TreeSet<>();
    for (String table :
        content.texts(
            engine() == ContentFixture.Engine.SQLITE
                ? "SELECT name FROM sqlite_master WHERE type = 'table'"
                : "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")) {
      if (!STAYS.contains(table) && content.count("FROM " + table) > 0) {
        found.add(table);
      }
    }
    return found;
  }

  private AtomicLong emptied(long registryId) {
    return Optional.ofNullable(emptied.get(registryId)).orElseThrow();
  }

  private static <T> T any(List<T> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }

  /** What must hold in the database at every moment. */
  private static final class Invariants {
    private final ContentFixture content;
    private final RaceContent things;

    Invariants(ContentFixture content, RaceContent things) {
      this.content = content;
      this.things = things;
    }

    void check() {
      assertNone(
          "manifests without bytes or without one of their blobs",
          """
          SELECT rm.repository_id || ' ' || rm.digest
          FROM repository_manifest rm
          WHERE NOT EXISTS (SELECT 1 FROM manifest m WHERE m.digest = rm.digest)
            OR EXISTS (
              SELECT 1
              FROM manifest_edge e
              LEFT JOIN repository_blob l ON l.repository_id = e.repository_id AND l.digest = e.child
              LEFT JOIN blob b ON b.digest = l.digest
              WHERE e.repository_id = rm.repository_id AND e.parent = rm.digest AND e.kind IN ('config', 'layer')
                AND b.digest IS NULL)
          """);
      assertNone(
          "edges of manifests that are gone",
          """
          SELECT e.repository_id || ' ' || e.parent
          FROM manifest_edge e
          WHERE NOT EXISTS (
            SELECT 1
            FROM repository_manifest rm
            WHERE rm.repository_id = e.repository_id AND rm.digest = e.parent)
          """);
      assertNone(
          "links that nobody will ever look at again",
          """
          SELECT l.repository_id || ' ' || l.digest
          FROM repository_blob l
          WHERE l.lease_until <= 0 AND NOT EXISTS (
            SELECT 1
            FROM manifest_edge e
            WHERE e.repository_id = l.repository_id AND e.child = l.digest AND e.kind IN ('config', 'layer'))
          """);
      assertNone(
          "blobs that nothing refers to",
          """
          SELECT b.digest
          FROM blob b
          WHERE NOT EXISTS (SELECT 1 FROM repository_blob l WHERE l.digest = b.digest)
            AND NOT EXISTS (SELECT 1 FROM deleted_manifest_blob h WHERE h.digest = b.digest)
          """);
      assertNone(
          "manifests that nothing refers to",
          """
          SELECT m.digest
          FROM manifest m
          WHERE NOT EXISTS (SELECT 1 FROM repository_manifest l WHERE l.digest = m.digest)
            AND NOT EXISTS (SELECT 1 FROM deleted_manifest h WHERE h.digest = m.digest)
          """);
      assertNone(
          "objects of blobs that are to be removed",
          """
          SELECT b.digest
          FROM blob b
          JOIN object_removal o ON o.object_key = b.object_key
          """);
      assertNone(
          "what is kept by a deletion that is not there",
          """
          SELECT m.digest
          FROM deleted_manifest m
          WHERE NOT EXISTS (SELECT 1 FROM deletion d WHERE d.id = m.deletion_id)
          UNION ALL
          SELECT h.parent
          FROM deleted_manifest_blob h
          WHERE NOT EXISTS (
            SELECT 1
            FROM deleted_manifest m
            WHERE m.repository_id = h.repository_id AND m.digest = h.parent)
          UNION ALL
          SELECT t.name
          FROM deleted_tag t
          WHERE NOT EXISTS (SELECT 1 FROM deletion d WHERE d.id = t.deletion_id)
          """);
      checkThatEdgesAreThere();
      checkThatWhatCanBeBroughtBackIsWhole();
    }

    private void checkThatEdgesAreThere() {
      for (Row row :
          rows(
              """
              SELECT rm.digest, 0 AS until, (
                SELECT count(*)
                FROM manifest_edge e
                WHERE e.repository_id = rm.repository_id AND e.parent = rm.digest) AS blobs
              FROM repository_manifest rm
              """)) {
        RaceContent.Item item = things.item(row.digest());
        assertThat(row.blobs())
            .as("edges of %s", row.digest())
            .isEqualTo(item.blobs().size() + item.children().size());
      }
    }

    private void checkThatWhatCanBeBroughtBackIsWhole() {
      List<Row> kept =
          rows(
              """
              SELECT m.digest, d.until, (
                SELECT count(*)
                FROM deleted_manifest_blob h
                JOIN blob b ON b.digest = h.digest
                WHERE h.repository_id = m.repository_id AND h.parent = m.digest) AS blobs
              FROM deleted_manifest m
              JOIN deletion d ON d.id = m.deletion_id
              """);
      Instant now = content.clock.instant();
      for (Row row : kept) {
        if (row.until().isAfter(now)) {
          assertThat(row.blobs())
              .as("blobs of %s, which can be brought back", row.digest())
              .isEqualTo(things.item(row.digest()).blobs().size());
        }
      }
    }

    private void assertNone(String what, String sql) {
      assertThat(content.texts(sql)).as(what).isEmpty();
    }

    private List<Row> rows(String sql) {
      return content.database().read(handle -> handle.select(sql).mapTo(Row.class).list());
    }
  }

  record Row(Digest digest, Instant until, long blobs) {}
}
