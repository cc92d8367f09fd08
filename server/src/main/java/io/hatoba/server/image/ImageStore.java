package io.hatoba.server.image;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.content.Repository;
import io.hatoba.server.database.Database;
import io.hatoba.server.rest.Scan;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** The SQL of images. */
@Singleton
public final class ImageStore {
  private static final String COLUMNS =
      """
      SELECT r.id, r.name, r.created_at, t.description, u.artifact_count, u.tag_count, u.logical_bytes AS size_bytes,
        u.pushed_at, u.pull_count, u.pulled_at
      """;

  private final Database database;

  public ImageStore(Database database) {
    this.database = database;
  }

  /**
   * A page of the images of a registry, those without artifacts included.
   *
   * @param after the key of the last row of the page before
   * @param filter which of them; empty: all
   */
  Scan<Row> page(
      long registryId,
      ImageSort.Order order,
      Optional<List<String>> after,
      int wanted,
      Optional<Predicate<Row>> filter) {
    Scan.Chunks<Row> chunks =
        (last, limit) -> {
          Optional<List<String>> from = last.map(order::key).or(() -> after);
          return database.read(
              handle ->
                  order.sort() == ImageSort.NAME
                      ? byName(handle, registryId, order.descending(), from, limit)
                      : byUsage(handle, registryId, order, from, limit));
        };
    return filter
        .map(predicate -> Scan.filtered(wanted, chunks, predicate))
        .orElseGet(() -> Scan.all(wanted, chunks));
  }

  private static List<Row> byName(
      Handle handle, long registryId, boolean descending, Optional<List<String>> after, int limit) {
    return handle
        .createQuery(
            COLUMNS
                + """
                FROM repository r
                LEFT JOIN repository_usage u ON u.registry_id = r.registry_id AND u.repository_id = r.id
                LEFT JOIN image_text t ON t.repository_id = r.id
                WHERE r.registry_id = :registryId AND r.name %s :name
                ORDER BY r.name %s
                LIMIT :limit
                """
                    .formatted(descending ? "<" : ">", descending ? "DESC" : "ASC"))
        .bind("registryId", registryId)
        .bind("name", after.map(List::getFirst).orElse(descending ? "~" : "")) // above all names
        .bind("limit", limit)
        .mapTo(Row.class)
        .list();
  }

  private static List<Row> byUsage(
      Handle handle,
      long registryId,
      ImageSort.Order order,
      Optional<List<String>> after,
      int limit) {
    long start = order.descending() ? Long.MAX_VALUE : -1;
    Query query =
        handle.createQuery(
            COLUMNS
                + """
                FROM repository_usage u
                JOIN repository r ON r.id = u.repository_id
                LEFT JOIN image_text t ON t.repository_id = r.id
                WHERE u.registry_id = :registryId AND (%1$s, u.repository_id) %2$s (:value, :id)
                ORDER BY %1$s %3$s, u.repository_id %3$s
                LIMIT :limit
                """
                    .formatted(
                        order.sort().column(),
                        order.descending() ? "<" : ">",
                        order.descending() ? "DESC" : "ASC"));
    return query
        .bind("registryId", registryId)
        .bind("value", after.map(key -> Keys.number(key, 0)).orElse(start))
        .bind("id", after.map(key -> Keys.number(key, 1)).orElse(0L))
        .bind("limit", limit)
        .mapTo(Row.class)
        .list();
  }

  /** When an image was made. */
  Instant createdAt(Repository repository) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT created_at
                    FROM repository
                    WHERE id = :id
                    """)
                .bind("id", repository.id())
                .mapTo(Instant.class)
                .findOne()
                .orElse(Instant.EPOCH));
  }

  /** What people wrote about an image. */
  Text text(Repository repository) {
    return database.read(handle -> text(handle, repository));
  }

  /** Changes what people wrote about an image. The change may be run more than once. */
  Text changeText(Repository repository, UnaryOperator<Text> change) {
    return database.write(
        handle -> {
          lock(handle, repository);
          Text text = change.apply(text(handle, repository));
          handle
              .createUpdate(
                  """
                  INSERT INTO image_text (repository_id, description, readme)
                  VALUES (:id, :description, :readme)
                  ON CONFLICT (repository_id)
                    DO UPDATE SET description = excluded.description, readme = excluded.readme
                  """)
              .bind("id", repository.id())
              .bind("description", text.description())
              .bind("readme", text.readme())
              .execute();
          return text;
        });
  }

  private void lock(Handle handle, Repository repository) {
    handle
        .createQuery(
            """
            SELECT id
            FROM repository
            WHERE id = :id
            """
                + database.dialect().forUpdate())
        .bind("id", repository.id())
        .mapTo(Long.class)
        .findOne();
  }

  private static Text text(Handle handle, Repository repository) {
    return handle
        .createQuery(
            """
            SELECT description, readme
            FROM image_text
            WHERE repository_id = :id
            """)
        .bind("id", repository.id())
        .mapTo(Text.class)
        .findOne()
        .orElse(Text.NONE);
  }

  /**
   * An image in a list.
   *
   * @param name with that of the registry
   * @param pushedAt 0 before the first push, as is pulledAt before the first pull
   */
  record Row(
      long id,
      RepositoryName name,
      Instant createdAt,
      @Nullable String description,
      long artifactCount,
      long tagCount,
      long sizeBytes,
      long pushedAt,
      long pullCount,
      long pulledAt) {}

  /**
   * What people write about an image, and can be changed of it.
   *
   * @param readme in Markdown
   */
  public record Text(String description, String readme) {
    static final Text NONE = new Text("", "");
  }
}
