package io.hatoba.server.image;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.Repository;
import io.hatoba.server.database.Database;
import io.hatoba.server.rest.Scan;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The SQL of lists of tags. */
@Singleton
public final class TagStore {
  private static final String COLUMNS =
      """
      SELECT t.name, t.digest, t.created_at, t.moved_at, t.moved_by,
        (SELECT max(p.last)
          FROM pull_stat p
          WHERE p.repository_id = t.repository_id AND p.digest = t.digest AND p.tag = t.name) AS pulled_at
      """;

  private final Database database;

  public TagStore(Database database) {
    this.database = database;
  }

  /**
   * A page of the tags of an image.
   *
   * @param part of the name, in lower case; empty: all
   */
  Scan<Row> page(
      Repository repository, Order order, String part, Optional<Place> after, int wanted) {
    Scan.Chunks<Row> chunks =
        (last, limit) -> {
          Place from = last.map(order::place).or(() -> after).orElse(order.start());
          return database.read(handle -> chunk(handle, repository, order, from, limit));
        };
    return part.isEmpty()
        ? Scan.all(wanted, chunks)
        : Scan.filtered(wanted, chunks, row -> row.hasPart(part));
  }

  /** As {@link #page}, of the tags that point at one manifest, by name. */
  Scan<Row> page(
      Repository repository, Digest digest, String part, Optional<Place> after, int wanted) {
    Scan.Chunks<Row> chunks =
        (last, limit) -> {
          String from =
              last.map(row -> row.name().name()).or(() -> after.map(Place::name)).orElse("");
          return database.read(handle -> ofDigest(handle, repository, digest, from, limit));
        };
    return part.isEmpty()
        ? Scan.all(wanted, chunks)
        : Scan.filtered(wanted, chunks, row -> row.hasPart(part));
  }

  /** The first tags that point at a manifest. */
  List<String> namesOf(Repository repository, Digest digest, int limit) {
    return database.read(handle -> ofDigest(handle, repository, digest, "", limit)).stream()
        .map(row -> row.name().name())
        .toList();
  }

  /** One tag. */
  Optional<Row> find(Repository repository, Tag tag) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    COLUMNS
                        + """
                        FROM tag t
                        WHERE t.repository_id = :repositoryId AND t.name = :name
                        """)
                .bind("repositoryId", repository.id())
                .bind("name", tag)
                .mapTo(Row.class)
                .findOne());
  }

  /**
   * What happened to a tag, newest first.
   *
   * @param before the id of the last row of the page before
   * @param now what was deleted can be brought back if that is possible for longer
   */
  List<Change> history(Repository repository, Tag tag, long before, Instant now, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT h.id, h.from_digest, h.to_digest, h.at, h.by_principal,
                      (SELECT rm.digest
                        FROM repository_manifest rm
                        WHERE rm.repository_id = h.repository_id AND rm.digest = h.from_digest) AS present,
                      (SELECT d.until
                        FROM deleted_manifest dm
                        JOIN deletion d ON d.id = dm.deletion_id
                        WHERE dm.repository_id = h.repository_id AND dm.digest = h.from_digest AND d.until > :now)
                        AS restorable_until
                    FROM tag_history h
                    WHERE h.repository_id = :repositoryId AND h.name = :name AND h.id < :before
                    ORDER BY h.id DESC
                    LIMIT :limit
                    """)
                .bind("repositoryId", repository.id())
                .bind("name", tag)
                .bind("before", before)
                .bind("now", now)
                .bind("limit", limit)
                .mapTo(Change.class)
                .list());
  }

  private static List<Row> chunk(
      Handle handle, Repository repository, Order order, Place from, int limit) {
    return switch (order) {
      case NAME ->
          handle
              .createQuery(
                  COLUMNS
                      + """
                      FROM tag t
                      WHERE t.repository_id = :repositoryId AND t.name > :name
                      ORDER BY t.name
                      LIMIT :limit
                      """)
              .bind("repositoryId", repository.id())
              .bind("name", from.name())
              .bind("limit", limit)
              .mapTo(Row.class)
              .list();
      case LAST_MOVED ->
          handle
              .createQuery(
                  COLUMNS
                      + """
                      FROM tag t
                      WHERE t.repository_id = :repositoryId AND (t.moved_at, t.name) < (:movedAt, :name)
                      ORDER BY t.moved_at DESC, t.name DESC
                      LIMIT :limit
                      """)
              .bind("repositoryId", repository.id())
              .bind("movedAt", from.movedAt())
              .bind("name", from.name())
              .bind("limit", limit)
              .mapTo(Row.class)
              .list();
    };
  }

  private static List<Row> ofDigest(
      Handle handle, Repository repository, Digest digest, String after, int limit) {
    return handle
        .createQuery(
            COLUMNS
                + """
                FROM tag t
                WHERE t.repository_id = :repositoryId AND t.digest = :digest AND t.name > :name
                ORDER BY t.name
                LIMIT :limit
                """)
        .bind("repositoryId", repository.id())
        .bind("digest", digest)
        .bind("name", after)
        .bind("limit", limit)
        .mapTo(Row.class)
        .list();
  }

  /** The orders of a list of tags. */
  enum Order {
    NAME,
    LAST_MOVED;

    static Order parse(String text) {
      return switch (text) {
        case "name" -> NAME;
        case "-movedAt" -> LAST_MOVED;
        default -> throw Keys.invalid("sort is name or -movedAt", "sort");
      };
    }

    Place place(Row row) {
      return new Place(row.movedAt().toEpochMilli(), row.name().name());
    }

    private Place start() {
      return new Place(Long.MAX_VALUE, "");
    }
  }

  /** Where a page begins: after the row with these values. */
  record Place(long movedAt, String name) {
    static Place of(List<String> key) {
      return new Place(Keys.number(key, 0), key.get(1));
    }

    List<String> key() {
      return List.of(Long.toString(movedAt), name);
    }
  }

  /** A tag in a list. */
  record Row(
      Tag name,
      Digest digest,
      Instant createdAt,
      Instant movedAt,
      String movedBy,
      @Nullable Instant pulledAt) {
    boolean hasPart(String part) {
      return name.name().toLowerCase(Locale.ROOT).contains(part);
    }
  }

  /**
   * Something that happened to a tag.
   *
   * @param present where it pointed before, if that is still there
   * @param restorableUntil until when that can be brought back, if it was deleted
   */
  record Change(
      long id,
      @Nullable Digest fromDigest,
      @Nullable Digest toDigest,
      Instant at,
      String byPrincipal,
      @Nullable Digest present,
      @Nullable Instant restorableUntil) {}
}
