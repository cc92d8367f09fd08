package io.hatoba.server.image;

import io.hatoba.oci.Digest;
import io.hatoba.server.content.ArtifactKind;
import io.hatoba.server.content.Repository;
import io.hatoba.server.database.Database;
import io.hatoba.server.rest.Scan;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** The SQL of artifacts. Whatever a row shows costs the same however many tags there are. */
@Singleton
public final class ArtifactStore {
  /** How many tags, parents and platforms a row names at most. */
  static final int NAMED = 10;

  /** The columns of a row; of what there may be many, the first few. */
  private static final String COLUMNS =
      """
      SELECT rm.digest, rm.media_type, rm.artifact_type, rm.kind, rm.total_size, rm.platform, rm.subject, rm.pushed_at,
        rm.pushed_by,
        (SELECT string_agg(x.name, ',')
          FROM (
            SELECT t.name
            FROM tag t
            WHERE t.repository_id = rm.repository_id AND t.digest = rm.digest
            ORDER BY t.name
            LIMIT 11) x) AS tags,
        (SELECT string_agg(x.parent, ',')
          FROM (
            SELECT e.parent
            FROM manifest_edge e
            WHERE e.repository_id = rm.repository_id AND e.child = rm.digest AND e.kind = 'manifest'
            ORDER BY e.parent
            LIMIT 10) x) AS parents,
        (SELECT string_agg(x.platform, ',')
          FROM (
            SELECT e.platform
            FROM manifest_edge e
            WHERE e.repository_id = rm.repository_id AND e.parent = rm.digest AND e.platform IS NOT NULL
            ORDER BY e.child
            LIMIT 100) x) AS child_platforms,
        (SELECT CAST(sum(p.count) AS BIGINT)
          FROM pull_stat p
          WHERE p.repository_id = rm.repository_id AND p.digest = rm.digest) AS pull_count,
        (SELECT max(p.last)
          FROM pull_stat p
          WHERE p.repository_id = rm.repository_id AND p.digest = rm.digest) AS pulled_at
      """;

  private final Database database;

  public ArtifactStore(Database database) {
    this.database = database;
  }

  /** A page of the artifacts of an image. */
  Scan<Row> page(
      Repository repository, Filter filter, Order order, Optional<Place> after, int wanted) {
    if (filter.tag().isPresent()) {
      // At most one, so that there is no second page.
      List<Row> found =
          database.read(handle -> byTag(handle, repository, filter.tag().get())).stream()
              .filter(filter)
              .toList();
      return new Scan<>(after.isPresent() ? List.of() : found, Optional.empty());
    }
    Scan.Chunks<Row> chunks =
        (last, limit) -> {
          Place from = last.map(Row::place).or(() -> after).orElse(order.start());
          return database.read(handle -> chunk(handle, repository, filter, order, from, limit));
        };
    return filter.isIndexed() ? Scan.all(wanted, chunks) : Scan.filtered(wanted, chunks, filter);
  }

  /** One artifact. */
  Optional<Row> find(Repository repository, Digest digest) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    COLUMNS
                        + """
                        FROM repository_manifest rm
                        WHERE rm.repository_id = :repositoryId AND rm.digest = :digest
                        """)
                .bind("repositoryId", repository.id())
                .bind("digest", digest)
                .mapTo(Row.class)
                .findOne());
  }

  /** What names this artifact as its subject, in the order of the digests. */
  List<Row> referrers(
      Repository repository,
      Digest subject,
      Optional<String> artifactType,
      String after,
      int limit) {
    return database.read(
        handle -> {
          Query query =
              handle
                  .createQuery(
                      COLUMNS
                          + """
                          FROM repository_manifest rm
                          WHERE rm.repository_id = :repositoryId AND rm.subject = :subject AND rm.digest > :after
                          """
                          + (artifactType.isPresent()
                              ? "AND rm.artifact_type = :artifactType\n"
                              : "")
                          + """
                          ORDER BY rm.digest
                          LIMIT :limit
                          """)
                  .bind("repositoryId", repository.id())
                  .bind("subject", subject)
                  .bind("after", after)
                  .bind("limit", limit);
          artifactType.ifPresent(type -> query.bind("artifactType", type));
          return query.mapTo(Row.class).list();
        });
  }

  /** The indexes that name this artifact, in the order of their digests. */
  List<Row> parents(Repository repository, Digest child, String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    COLUMNS
                        + """
                        FROM manifest_edge pe
                        JOIN repository_manifest rm ON rm.repository_id = pe.repository_id AND rm.digest = pe.parent
                        WHERE pe.repository_id = :repositoryId AND pe.child = :child AND pe.kind = 'manifest'
                          AND pe.parent > :after
                        ORDER BY pe.parent
                        LIMIT :limit
                        """)
                .bind("repositoryId", repository.id())
                .bind("child", child)
                .bind("after", after)
                .bind("limit", limit)
                .mapTo(Row.class)
                .list());
  }

  /** Those of these that are there, with their sizes. */
  List<Present> present(Repository repository, List<Digest> digests) {
    if (digests.isEmpty()) {
      return List.of();
    }
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT digest, kind, total_size
                    FROM repository_manifest
                    WHERE repository_id = :repositoryId AND digest IN (<digests>)
                    ORDER BY digest
                    LIMIT :limit
                    """)
                .bind("repositoryId", repository.id())
                .bindList("digests", digests)
                .bind("limit", digests.size())
                .mapTo(Present.class)
                .list());
  }

  private static List<Row> chunk(
      Handle handle, Repository repository, Filter filter, Order order, Place from, int limit) {
    if (filter.platform().isPresent()) {
      String platform = filter.platform().get();
      return Stream.concat(
              images(handle, repository, platform, order, from, limit).stream(),
              indexes(handle, repository, platform, order, from, limit).stream())
          .sorted(order.comparator())
          .limit(limit)
          .toList();
    }
    Query query =
        handle
            .createQuery(
                COLUMNS
                    + """
                    FROM repository_manifest rm
                    WHERE rm.repository_id = :repositoryId AND %s (rm.pushed_at, rm.digest) %s (:pushedAt, :digest)
                    ORDER BY rm.pushed_at %3$s, rm.digest %3$s
                    LIMIT :limit
                    """
                        .formatted(
                            filter.kind().isPresent() ? "rm.kind = :kind AND" : "",
                            order.comparison(),
                            order.direction()))
            .bind("repositoryId", repository.id())
            .bind("pushedAt", from.pushedAt())
            .bind("digest", from.digest())
            .bind("limit", limit);
    filter.kind().ifPresent(kind -> query.bind("kind", kind.identifier()));
    return query.mapTo(Row.class).list();
  }

  private static List<Row> images(
      Handle handle, Repository repository, String platform, Order order, Place from, int limit) {
    return handle
        .createQuery(
            COLUMNS
                + """
                FROM repository_manifest rm
                WHERE rm.repository_id = :repositoryId AND rm.platform = :platform
                  AND (rm.pushed_at, rm.digest) %s (:pushedAt, :digest)
                ORDER BY rm.pushed_at %2$s, rm.digest %2$s
                LIMIT :limit
                """
                    .formatted(order.comparison(), order.direction()))
        .bind("repositoryId", repository.id())
        .bind("platform", platform)
        .bind("pushedAt", from.pushedAt())
        .bind("digest", from.digest())
        .bind("limit", limit)
        .mapTo(Row.class)
        .list();
  }

  /** An index may name several children of one platform, and is one row. */
  private static List<Row> indexes(
      Handle handle, Repository repository, String platform, Order order, Place from, int limit) {
    return handle
        .createQuery(
            COLUMNS
                + """
                FROM (
                  SELECT DISTINCT i.parent_pushed_at, i.parent
                  FROM manifest_edge i
                  WHERE i.repository_id = :repositoryId AND i.platform = :platform
                    AND (i.parent_pushed_at, i.parent) %s (:pushedAt, :digest)
                  ORDER BY i.parent_pushed_at %2$s, i.parent %2$s
                  LIMIT :limit) found
                JOIN repository_manifest rm ON rm.repository_id = :repositoryId AND rm.digest = found.parent
                ORDER BY found.parent_pushed_at %2$s, found.parent %2$s
                LIMIT :limit
                """
                    .formatted(order.comparison(), order.direction()))
        .bind("repositoryId", repository.id())
        .bind("platform", platform)
        .bind("pushedAt", from.pushedAt())
        .bind("digest", from.digest())
        .bind("limit", limit)
        .mapTo(Row.class)
        .list();
  }

  private static List<Row> byTag(Handle handle, Repository repository, String tag) {
    return handle
        .createQuery(
            COLUMNS
                + """
                FROM tag g
                JOIN repository_manifest rm ON rm.repository_id = g.repository_id AND rm.digest = g.digest
                WHERE g.repository_id = :repositoryId AND g.name = :tag
                """)
        .bind("repositoryId", repository.id())
        .bind("tag", tag)
        .mapTo(Row.class)
        .list();
  }

  /** The orders of a list of artifacts. */
  enum Order {
    NEWEST,
    OLDEST;

    static Order parse(String text) {
      return switch (text) {
        case "-pushedAt" -> NEWEST;
        case "pushedAt" -> OLDEST;
        default -> throw Keys.invalid("sort is pushedAt or -pushedAt", "sort");
      };
    }

    private String comparison() {
      return this == NEWEST ? "<" : ">";
    }

    private String direction() {
      return this == NEWEST ? "DESC" : "ASC";
    }

    private Place start() {
      return this == NEWEST ? new Place(Long.MAX_VALUE, "") : new Place(-1, "");
    }

    private Comparator<Row> comparator() {
      Comparator<Row> oldest =
          Comparator.comparing(Row::pushedAt).thenComparing(row -> row.digest().toString());
      return this == NEWEST ? oldest.reversed() : oldest;
    }
  }

  /** Where a page begins: after the row with these values. */
  record Place(long pushedAt, String digest) {
    static Place of(List<String> key) {
      return new Place(Keys.number(key, 0), key.get(1));
    }

    List<String> key() {
      return List.of(Long.toString(pushedAt), digest);
    }
  }

  /**
   * Which artifacts.
   *
   * @param platform as {@link io.hatoba.oci.Platform#text}
   * @param untagged those without tags, or those with tags
   */
  record Filter(
      Optional<String> tag,
      Optional<ArtifactKind> kind,
      Optional<String> platform,
      Optional<Boolean> untagged)
      implements Predicate<Row> {
    /** Whether one index alone finds the rows. */
    boolean isIndexed() {
      return untagged.isEmpty() && (kind.isEmpty() || platform.isEmpty());
    }

    @Override
    public boolean test(Row row) {
      return kind.filter(wanted -> !row.kind().equals(wanted.identifier())).isEmpty()
          && platform.filter(wanted -> !row.platforms().contains(wanted)).isEmpty()
          && untagged.filter(wanted -> wanted != (row.tags() == null)).isEmpty();
    }
  }

  /** An artifact in a list. */
  record Row(
      Digest digest,
      String mediaType,
      @Nullable String artifactType,
      String kind,
      long totalSize,
      @Nullable String platform,
      @Nullable Digest subject,
      Instant pushedAt,
      String pushedBy,
      @Nullable String tags,
      @Nullable String parents,
      @Nullable String childPlatforms,
      @Nullable Long pullCount,
      @Nullable Instant pulledAt) {
    Place place() {
      return new Place(pushedAt.toEpochMilli(), digest.toString());
    }

    /** The first tags, in order. */
    List<String> firstTags() {
      return split(tags).sorted().limit(NAMED).toList();
    }

    boolean hasMoreTags() {
      return split(tags).count() > NAMED;
    }

    List<String> firstParents() {
      return split(parents).sorted().toList();
    }

    /** What it runs on; of an index what it names. */
    Set<String> platforms() {
      return Stream.concat(Stream.ofNullable(platform), split(childPlatforms))
          .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> split(@Nullable String list) {
      return list == null ? Stream.empty() : Arrays.stream(list.split(",", -1));
    }
  }

  /** An artifact that is there. */
  record Present(Digest digest, String kind, long totalSize) {}
}
