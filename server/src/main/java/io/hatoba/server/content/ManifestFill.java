package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.ManifestParser;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Platform;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.database.Database;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * Works out what lists show of manifests that were stored by a version that did not, once after an
 * upgrade, few at a time and beside everything else. May run on several nodes and be interrupted.
 */
@Singleton
public final class ManifestFill implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ManifestFill.class);
  private static final int ROWS_AT_ONCE = 20;

  private final Database database;
  private final BlobBytes bytes;
  private volatile boolean stopped;

  public ManifestFill(Database database, BlobBytes bytes) {
    this.database = database;
    this.bytes = bytes;
  }

  void start(@Observes StartupEvent event) {
    Thread.ofPlatform().name("manifest-fill").daemon(true).start(this::run);
  }

  @Override
  @PreDestroy
  public void close() {
    stopped = true;
  }

  /** Fills all that is not filled; images first, since indexes add up their sizes. */
  public int runOnce() {
    return fill(false) + fill(true);
  }

  private void run() {
    try {
      int filled = runOnce();
      if (filled > 0) {
        LOG.infof("worked out what lists show of older manifests count=%d", filled);
      }
    } catch (RuntimeException e) {
      LOG.warn("failed to work out what lists show of older manifests, the next start goes on", e);
    }
  }

  private int fill(boolean indexes) {
    int filled = 0;
    Optional<Row> last = Optional.empty();
    while (!stopped) {
      Optional<Row> after = last;
      List<Row> rows = database.read(handle -> unread(handle, indexes, after));
      if (rows.isEmpty()) {
        break;
      }
      List<Filled> some = rows.stream().map(this::filled).toList();
      database.write(
          handle -> {
            some.forEach(row -> store(handle, row));
            return some.size();
          });
      filled += rows.size();
      last = Optional.of(rows.getLast());
    }
    return filled;
  }

  private Filled filled(Row row) {
    Repository repository = new Repository(row.repositoryId(), row.registryId(), row.name());
    try {
      Manifest manifest = ManifestParser.parse(Optional.of(row.mediaType()), row.bytes());
      return new Filled(
          row,
          ManifestFacts.of(manifest, row.bytes().length, bytes, repository),
          References.of(manifest).edges());
    } catch (RefusedException e) {
      LOG.warnf("failed to read a stored manifest digest=%s: %s", row.digest(), e.getMessage());
      return new Filled(
          row,
          new ManifestFacts(ArtifactKind.ARTIFACT, row.bytes().length, Optional.empty()),
          List.of());
    }
  }

  private static List<Row> unread(Handle handle, boolean indexes, Optional<Row> after) {
    return handle
        .createQuery(
            """
            SELECT rm.repository_id, r.registry_id, r.name, rm.digest, rm.media_type, m.bytes
            FROM repository_manifest rm
            JOIN repository r ON r.id = rm.repository_id
            JOIN registry g ON g.id = r.registry_id AND g.deleted_at IS NULL
            JOIN manifest m ON m.digest = rm.digest
            WHERE rm.kind = '' AND (rm.repository_id, rm.digest) > (:repositoryId, :digest)
              AND (rm.media_type IN (<indexTypes>)) = :indexes
            ORDER BY rm.repository_id, rm.digest
            LIMIT :limit
            """)
        .bind("repositoryId", after.map(Row::repositoryId).orElse(Long.MIN_VALUE))
        .bind("digest", after.map(row -> row.digest().toString()).orElse(""))
        .bindList("indexTypes", List.of(MediaTypes.OCI_INDEX, MediaTypes.DOCKER_MANIFEST_LIST))
        .bind("indexes", indexes)
        .bind("limit", ROWS_AT_ONCE)
        .mapTo(Row.class)
        .list();
  }

  private static void store(Handle handle, Filled filled) {
    handle
        .createUpdate(
            """
            UPDATE repository_manifest
            SET kind = :kind, platform = :platform, total_size = :size + (
              SELECT coalesce(sum(c.total_size), 0)
              FROM manifest_edge e
              JOIN repository_manifest c ON c.repository_id = e.repository_id AND c.digest = e.child
              WHERE e.repository_id = :repositoryId AND e.parent = :digest AND e.kind = 'manifest')
            WHERE repository_id = :repositoryId AND digest = :digest AND kind = ''
            """)
        .bind("kind", filled.facts().kind().identifier())
        .bind("platform", filled.facts().platform().map(Platform::text).orElse(null))
        .bind("size", filled.facts().totalSize())
        .bind("repositoryId", filled.row().repositoryId())
        .bind("digest", filled.row().digest())
        .execute();
    for (References.Edge edge : filled.edges()) {
      if (edge.platform().isPresent()) {
        store(handle, filled.row(), edge);
      }
    }
  }

  private static void store(Handle handle, Row row, References.Edge edge) {
    handle
        .createUpdate(
            """
            UPDATE manifest_edge
            SET platform = :platform, parent_pushed_at = (
              SELECT pushed_at
              FROM repository_manifest
              WHERE repository_id = :repositoryId AND digest = :parent)
            WHERE repository_id = :repositoryId AND parent = :parent AND child = :child AND kind = :kind
            """)
        .bind("platform", edge.platform().map(Platform::text).orElse(null))
        .bind("repositoryId", row.repositoryId())
        .bind("parent", row.digest())
        .bind("child", edge.child())
        .bind("kind", edge.kind())
        .execute();
  }

  /** A manifest that nothing is known of. */
  @SuppressWarnings("ArrayRecordComponent") // lives from the query to the next line
  record Row(
      long repositoryId,
      long registryId,
      RepositoryName name,
      Digest digest,
      String mediaType,
      byte[] bytes) {}

  private record Filled(Row row, ManifestFacts facts, List<References.Edge> edges) {}
}
