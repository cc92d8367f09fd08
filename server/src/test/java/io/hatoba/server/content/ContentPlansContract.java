package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.database.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The plans of the lists of the content core, with many rows: each reads one index in its order.
 */
abstract class ContentPlansContract extends ContentPlans {
  private static final int ROWS = 20_000;
  private Repository repository;

  @BeforeAll
  void manyRows() {
    repository = content.repository();
    Digest digest = push(repository, image(repository), "first");
    String numbers =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS + ") ";
    long id = repository.id();
    List<String> inserts =
        List.of(
            "INSERT INTO tag SELECT %d, 't' || i, '%s', 0, 0, '' FROM n WHERE TRUE"
                .formatted(id, digest),
            "INSERT INTO repository SELECT -i, 1, 'team/many-' || i, 0 FROM n WHERE TRUE",
            "INSERT INTO repository_manifest (repository_id, digest, media_type, size, artifact_type, subject, annotations, pushed_at, pushed_by) SELECT -i, '%s', 'x', 1, NULL, NULL, NULL, 0, '' FROM n WHERE TRUE"
                .formatted(digest),
            "INSERT INTO tag_history SELECT -i, %d, 't' || (i %% 100), NULL, NULL, 0, '' FROM n WHERE TRUE"
                .formatted(id),
            "INSERT INTO repository_usage (registry_id, repository_id) SELECT 1, -i FROM n WHERE TRUE",
            "INSERT INTO registry_content SELECT i + 10, '%s', 'blob', 1 FROM n WHERE TRUE"
                .formatted(digest),
            "INSERT INTO usage_day SELECT i / 400 + 10, i % 400, 1, 1 FROM n WHERE TRUE",
            "INSERT INTO usage_delta (registry_id, repository_id, images, artifacts, tags, logical_bytes, physical_bytes, pushed_at) SELECT i + 10, i, 0, 0, 0, 0, 0, 0 FROM n WHERE TRUE",
            "INSERT INTO pull_stat SELECT -i, '%s', '', 1, 1 FROM n WHERE TRUE".formatted(digest),
            "INSERT INTO upload (id, repository_id, owner, algorithm, received, created_at, expires_at) SELECT 'u' || i, %d, '', 'SHA256', 0, 0, 9000000000000 + i FROM n WHERE TRUE"
                .formatted(id),
            "INSERT INTO object_removal SELECT 'k' || i, 9000000000000 + i, 0 FROM n WHERE TRUE",
            "INSERT INTO event (tx, at, kind, registry_id, repository, actor, via, address) SELECT 0, 0, 'tag.moved', 1, 'team/x', '', '', '' FROM n WHERE TRUE");
    for (String insert : inserts) {
      content
          .database()
          .write(
              handle ->
                  handle.execute(
                      content.database().dialect() == Dialect.SQLITE
                          ? numbers + insert
                          : insert.replace(
                              "FROM n WHERE TRUE",
                              "FROM generate_series(1, %d) AS n (i)".formatted(ROWS))));
    }
    content.database().write(handle -> handle.execute("ANALYZE"));
  }

  /** The many rows are nobody's. */
  @Override
  void usageIsExact() {}

  @Test
  void aPageOfTags() {
    planOf(() -> node().tags.page(repository, Optional.of("t5"), 100))
        .reads("tag_pkey", "PRIMARY KEY (repository_id=? AND name>?)");
  }

  @Test
  void aPageOfTheCatalog() {
    planOf(
            () ->
                node()
                    .repositories
                    .page(new ReadScope.Everything(), Optional.of("team/many-5"), 100))
        .reads("repository_name_key", "INDEX sqlite_autoindex_repository_1 (name>?)");
  }

  @Test
  void aPageOfReferrers() {
    planOf(
            () ->
                node()
                    .referrers
                    .page(
                        repository,
                        Digest.sha256("s".getBytes(StandardCharsets.UTF_8)),
                        Set.of(),
                        Optional.empty(),
                        1_000))
        .reads(
            "repository_manifest_by_subject",
            "INDEX repository_manifest_by_subject (repository_id=? AND subject=? AND digest>?)");
  }

  @Test
  void uploadsThatExpired() {
    planOf(() -> uploads().expireOnce())
        .reads("upload_by_expiry", "INDEX upload_by_expiry (expires_at<?)");
  }

  @Test
  void objectsThatAreDue() {
    planOf(() -> node().removals.runOnce())
        .reads("object_removal_by_time", "INDEX object_removal_by_time (not_before<?)");
  }

  @Test
  void whatHappenedAfterACursor() {
    planOf(() -> node().events.after(new Events.Cursor(0, 500), 100))
        .reads("event_in_order", "INDEX event_in_order ((tx,seq)>(?,?) AND tx<?)");
  }

  @Test
  void whatIsOpenOfARegistry() {
    planOf(() -> node().usage.settle(9))
        .reads("usage_delta_by_registry", "INDEX usage_delta_by_registry (registry_id=?)");
  }

  @Test
  void whatAnImageHolds() {
    planOf(() -> node().usage.of(repository))
        .looksUp(
            List.of(
                "repository_usage_pkey", "u USING PRIMARY KEY (registry_id=? AND repository_id=?)"),
            List.of("usage_delta_by_registry"));
  }

  @Test
  void theDaysOfARegistry() {
    planOf(() -> content.spy.read(handle -> Usage.days(handle, repository.registryId(), 1, 100)))
        .reads("usage_day_pkey", "PRIMARY KEY (registry_id=? AND day>? AND day<?)");
  }

  @Test
  void imagesInTheOrderOfTheirUsage() {
    for (String column :
        List.of("artifact_count", "logical_bytes", "pushed_at", "pull_count", "pulled_at")) {
      planOf(
              () ->
                  content.spy.read(
                      handle ->
                          handle
                              .createQuery(
                                  """
                                  SELECT repository_id
                                  FROM repository_usage
                                  WHERE registry_id = :id AND (<column>, repository_id) > (:last, :id)
                                  ORDER BY <column>, repository_id
                                  LIMIT :id
                                  """)
                              .define("column", column)
                              .bind("id", 1L)
                              .bind("last", 0L)
                              .mapTo(Long.class)
                              .list()))
          .isIndexed();
    }
  }

  @Test
  void aPageOfWhatCanBeBroughtBack() {
    planOf(() -> node().deletions.page(1, Optional.empty(), Optional.empty(), 100))
        .reads("deletion_by_registry", "INDEX deletion_by_registry (registry_id=? AND id<?)");
    planOf(() -> node().deletions.page(1, Optional.of(repository.name()), Optional.empty(), 100))
        .reads(
            "deletion_by_repository",
            "INDEX deletion_by_repository (registry_id=? AND repository=? AND id<?)");
  }

  @Test
  void whatOnlyDeletedContentHolds() {
    // What was deleted is read in the order of its digests; of what is there, what names those.
    // PostgreSQL sees that the many rows are all of one manifest, and that any index finds it.
    planOf(() -> node().usage.deletedBytes(1))
        .looksUp(
            List.of("deleted_manifest_blob_by_registry"),
            List.of("deleted_manifest_by_registry"),
            List.of("manifest_edge_by_child"),
            List.of("repository_manifest_by_digest", "repository_manifest_pkey"));
  }

  @Test
  void theTagsOfAManifest() {
    planOf(
            () ->
                content.spy.read(
                    handle ->
                        node()
                            .tags
                            .of(
                                handle,
                                repository,
                                Digest.sha256("s".getBytes(StandardCharsets.UTF_8)))))
        .isIndexed();
  }

  @Test
  void theManifestOfATag() {
    planOf(() -> manifests().find(repository, new Tag("nothing"))).isIndexed();
  }
}
