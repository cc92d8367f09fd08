package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Dialect;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * All that deletions, undos and the giving back of space ask the database looks up a few rows, with
 * few others and with many: what is deleted costs the same in a small store and in a large one.
 */
abstract class ReclaimPlansContract extends ContentPlans {
  private static final int FEW = 10;
  private static final int MANY = 100_000;
  private static final int AT_ONCE = 10_000;

  /** The many rows are nobody's. */
  @Override
  void usageIsExact() {}

  @Test
  void deletionsAndReclaimLookUpWhatTheyNeedWithFewRowsAndWithMany() {
    Repository repository = content.repository();
    Repository deleted = content.repository();
    fill(repository, deleted, 1, FEW);
    analyze();
    assertPlans(repository, PlanAssert::scansNothing);
    for (int i = FEW; i < MANY; i += AT_ONCE) {
      fill(repository, deleted, i + 1, Math.min(i + AT_ONCE, MANY));
    }
    analyze();
    assertPlans(
        repository,
        plan -> {
          plan.scansNothing();
          plan.scansNoIndex();
        });
  }

  private void assertPlans(Repository repository, Consumer<PlanAssert> good) {
    planOf(() -> blobs().releaseIdle(10))
        .reads(
            "repository_blob_by_lease",
            "INDEX repository_blob_by_lease (lease_until>? AND lease_until<?)");
    planOf(() -> node().deletions.purgeSome())
        .reads("deletion_by_end", "INDEX deletion_by_end (until<?)");
    planOf(() -> node().deletions.page(1, Optional.empty(), Optional.empty(), 100))
        .reads("deletion_by_registry", "INDEX deletion_by_registry (registry_id=? AND id<?)");

    Digest index = family(repository);
    plansOf(() -> delete(repository, index)).forEach(good);
    plansOf(() -> restore(repository)).forEach(good);
    plansOf(() -> node().tags.delete(repository, new Tag("v1"), KIM)).forEach(good);
    plansOf(() -> restore(repository)).forEach(good);
    delete(repository, index);
    content.clock.advance(TestConfig.DEFAULT.window().plus(Duration.ofDays(1)));
    plansOf(() -> node().deletions.purgeSome()).forEach(good); // blobs
    plansOf(() -> node().deletions.purgeSome()).forEach(good); // manifests
    plansOf(() -> node().deletions.purgeSome()).forEach(good); // itself
    plansOf(() -> blobs().releaseIdle(100)).forEach(good);

    Digest again = family(repository);
    delete(repository, again);
    plansOf(() -> node().deletions.find(1, newest(repository))).forEach(good);
    plansOf(() -> node().deletions.purgeSome(2)).forEach(good);
    plansOf(() -> node().deletions.end(2)).forEach(good);
    content.clock.advance(TestConfig.DEFAULT.window().plus(Duration.ofDays(1)));
    node().reclaim();
  }

  private void restore(Repository repository) {
    node().deletions.restore(1, newest(repository), KIM);
  }

  private long newest(Repository repository) {
    return node()
        .deletions
        .page(1, Optional.of(repository.name()), Optional.empty(), 1)
        .getFirst()
        .id();
  }

  /** An index with a child and a signature. */
  private Digest family(Repository repository) {
    Digest child = push(repository, image(repository));
    Digest index =
        push(
            repository,
            TestContent.index(List.of(TestContent.descriptor(MediaTypes.OCI_MANIFEST, child, 7))),
            "v1");
    push(repository, image(repository).about(index));
    return index;
  }

  private void fill(Repository live, Repository deleted, int from, int to) {
    boolean sqlite = content.database().dialect() == Dialect.SQLITE;
    String digest =
        sqlite ? "printf('sha256:%064x', i)" : "('sha256:' || lpad(to_hex(i), 64, '0'))";
    String bytes = sqlite ? "CAST('x' AS BLOB)" : "CAST('x' AS BYTEA)";
    String numbers =
        sqlite
            ? "(WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)"
                .formatted(from, to)
            : "generate_series(%d, %d) AS n (i)".formatted(from, to);
    for (String insert :
        List.of(
            "INSERT INTO blob (digest, size, object_key, bytes, created_at) SELECT $digest, 1, NULL, $bytes, 0 FROM $n",
            "INSERT INTO manifest (digest, bytes, created_at) SELECT $digest, $bytes, 0 FROM $n",
            "INSERT INTO repository_blob (repository_id, digest, lease_until) SELECT $live, $digest, (i % 2) * 9000000000000 FROM $n",
            "INSERT INTO repository_manifest (repository_id, digest, media_type, size, artifact_type, subject, annotations, pushed_at, pushed_by) SELECT $live, $digest, 'x', 1, NULL, NULL, NULL, 0, '' FROM $n",
            "INSERT INTO manifest_edge (repository_id, parent, child, kind, platform, parent_pushed_at) SELECT $live, $digest, $digest, 'layer', NULL, NULL FROM $n",
            "INSERT INTO tag (repository_id, name, digest, created_at, moved_at, moved_by) SELECT $live, 't' || i, $digest, 0, 0, '' FROM $n",
            "INSERT INTO deletion (id, registry_id, repository_id, repository, kind, digest, tag, deleted_at, deleted_by, until) SELECT -i, 10 + i % 100, $deleted, 'team/deleted', 'artifact', $digest, NULL, 0, '', 9000000000000 + i FROM $n",
            "INSERT INTO deleted_manifest (repository_id, digest, deletion_id, registry_id, media_type, size, pushed_at, pushed_by, kind, total_size) SELECT $deleted, $digest, -i, 10 + i % 100, 'x', 1, 0, '', 'image', 1 FROM $n",
            "INSERT INTO deleted_manifest_blob (repository_id, parent, digest, registry_id) SELECT $deleted, $digest, $digest, 10 + i % 100 FROM $n",
            "INSERT INTO deleted_tag (deletion_id, digest, name) SELECT -i, $digest, 'v1' FROM $n",
            "INSERT INTO registry_content (registry_id, digest, kind, size) SELECT 1, $digest, 'blob', 1 FROM $n")) {
      String sql =
          insert
              .replace("$digest", digest)
              .replace("$bytes", bytes)
              .replace("$live", Long.toString(live.id()))
              .replace("$deleted", Long.toString(deleted.id()))
              .replace("$n", numbers);
      content
          .database()
          .write(
              handle -> {
                if (!sqlite) {
                  // What the rows refer to need not be looked up.
                  handle.execute("SET LOCAL session_replication_role = replica");
                }
                return handle.execute(sql);
              });
    }
  }

  private void analyze() {
    content.database().write(handle -> handle.execute("ANALYZE"));
  }
}
