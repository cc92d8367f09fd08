package io.hatoba.server.content;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.ReferrersIndex;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * Manifests that name another as their subject. Read from what is stored, never from a fallback
 * tag, so that a subject may arrive after its referrers.
 */
@Singleton
public final class Referrers {
  /** Annotations may be megabytes, so rows are fetched a few at a time. */
  private static final int FETCH = 20;

  private final Database database;

  public Referrers(Database database) {
    this.database = database;
  }

  /**
   * A page of the referrers of a subject, which need not exist, in the order of their digests.
   *
   * @param artifactTypes only these; empty is all
   * @param last the last digest of the page before
   * @param maxBytes how long the index may be; the first entry of a page is there even if it alone
   *     is longer
   */
  public Page page(
      Repository repository,
      Digest subject,
      Set<String> artifactTypes,
      Optional<Digest> last,
      int maxBytes) {
    return database.read(
        handle -> {
          Query query =
              handle
                  .createQuery(
                      """
                      SELECT digest, media_type, size, artifact_type, annotations
                      FROM repository_manifest
                      WHERE repository_id = :repositoryId AND subject = :subject AND digest > :last
                        AND (:all OR artifact_type IN (<types>))
                      ORDER BY digest
                      """)
                  .bind("repositoryId", repository.id())
                  .bind("subject", subject)
                  .bind("last", last.map(Digest::toString).orElse(""))
                  .bind("all", artifactTypes.isEmpty())
                  .bindList(
                      "types", artifactTypes.isEmpty() ? List.of("") : List.copyOf(artifactTypes))
                  .setFetchSize(FETCH);
          ReferrersIndex index = new ReferrersIndex(maxBytes);
          try (ResultIterator<Row> rows = query.mapTo(Row.class).iterator()) {
            Optional<Digest> added = Optional.empty();
            while (rows.hasNext()) {
              Row row = rows.next();
              if (!index.add(row.descriptor())) {
                return new Page(index.toBytes(), added);
              }
              added = Optional.of(row.digest());
            }
            return new Page(index.toBytes(), Optional.empty());
          }
        });
  }

  /**
   * A page.
   *
   * @param index an OCI image index in JSON
   * @param next the last digest of this page if there is another page
   */
  @SuppressWarnings("ArrayRecordComponent") // made for one answer
  public record Page(byte[] index, Optional<Digest> next) {}

  record Row(
      Digest digest,
      String mediaType,
      long size,
      @Nullable String artifactType,
      @Nullable String annotations) {
    Descriptor descriptor() {
      return new Descriptor(
          mediaType,
          digest,
          size,
          List.of(),
          annotations == null ? Map.of() : Annotations.fromJson(annotations),
          Optional.ofNullable(artifactType));
    }
  }
}
