package io.hatoba.server.content;

import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * How much registries and images hold, and how much they may hold (C5). Exact after every
 * operation, without a row that all pushes of a registry would have to change.
 *
 * <ul>
 *   <li>The <b>size of an image</b> is that of the distinct blobs and manifests that are linked in
 *       it, those of pushes that are under way included.
 *   <li>The <b>logical bytes</b> of a registry are the sum of the sizes of its images.
 *   <li>Its <b>physical bytes</b> are those of the distinct blobs and manifests in it, each counted
 *       once however many images have it. The quota is about these.
 *   <li>Its images are its repositories, also those that are empty; the artifacts are the
 *       manifests, children of indexes and referrers included.
 * </ul>
 *
 * <p>Lists of images are read from {@code repository_usage}, which has an index for each order;
 * {@link #settle} brings it up to date before.
 */
@Singleton
public final class Usage {
  /** The most days of {@link #history}. */
  public static final int MAX_DAYS = 400;

  private final Database database;
  private final UsageLedger ledger;
  private final UsageTotals totals;

  public Usage(Database database, UsageLedger ledger, Events events, InstantSource clock) {
    this.database = database;
    this.ledger = ledger;
    this.totals = new UsageTotals(database, events, clock);
  }

  /** What a registry holds; nothing if it does not exist. */
  public OfRegistry of(long registryId) {
    return ofAll(List.of(registryId)).getOrDefault(registryId, OfRegistry.nothing(registryId));
  }

  /**
   * How many of the physical bytes of a registry are there only because something that was deleted
   * can be brought back: no artifact that is there needs them. It takes as long as reading what was
   * deleted.
   */
  public long deletedBytes(long registryId) {
    return database.read(handle -> deletedBytes(handle, registryId));
  }

  /** A registry was made: lists by usage have it from now on. */
  public void registryMade(Handle handle, long registryId) {
    UsageTotals.insert(handle, registryId);
  }

  /** What these registries hold, by their ids, in one query. */
  public Map<Long, OfRegistry> ofAll(Collection<Long> registryIds) {
    if (registryIds.isEmpty()) {
      return Map.of();
    }
    Map<Long, OfRegistry> found =
        database.read(handle -> ofRegistries(handle, List.copyOf(registryIds))).stream()
            .collect(Collectors.toMap(OfRegistry::registryId, Function.identity()));
    return registryIds.stream()
        .distinct()
        .collect(
            Collectors.toMap(
                Function.identity(), id -> found.getOrDefault(id, OfRegistry.nothing(id))));
  }

  /** What an image holds, and when it was last pushed and pulled. */
  public OfImage of(Repository repository) {
    return database.read(handle -> ofImage(handle, repository)).orElse(OfImage.NOTHING);
  }

  /**
   * Brings the totals of a registry's images up to date, so that a list that is read from them next
   * has all that was acknowledged before. Writes nothing if they are.
   */
  public void settle(long registryId) {
    totals.fold(registryId);
  }

  /**
   * What a registry held at the end of each day (UTC), of the last one until now. A day without a
   * change has what the day before had; days before the first that is known are left out.
   *
   * @param from the first day
   * @param to the last day, included; at most {@value #MAX_DAYS} days
   */
  public List<Day> history(long registryId, LocalDate from, LocalDate to) {
    if (to.toEpochDay() - from.toEpochDay() >= MAX_DAYS) {
      throw new IllegalArgumentException("more than " + MAX_DAYS + " days");
    }
    settle(registryId);
    long last = Math.min(to.toEpochDay(), totals.today());
    TreeMap<Long, DayRow> known = new TreeMap<>();
    database
        .read(handle -> days(handle, registryId, from.toEpochDay(), last))
        .forEach(row -> known.put(row.day(), row));
    List<Day> days = new ArrayList<>();
    for (long day = from.toEpochDay(); day <= last; day++) {
      Map.Entry<Long, DayRow> then = known.floorEntry(day);
      if (then != null) {
        DayRow row = then.getValue();
        days.add(new Day(LocalDate.ofEpochDay(day), row.logicalBytes(), row.physicalBytes()));
      }
    }
    return days;
  }

  /**
   * Sets how many physical bytes a registry may hold, or takes the limit away. What is there stays,
   * also above it. Holds for every push that ends after the commit.
   */
  public void setQuota(Handle handle, long registryId, Optional<Long> bytes) {
    if (bytes.isPresent() && bytes.get() < 0) {
      throw new IllegalArgumentException("a quota is not negative");
    }
    handle
        .createUpdate(
            """
            UPDATE registry
            SET quota_bytes = :bytes
            WHERE id = :registryId
            """)
        .bind("bytes", bytes.orElse(null))
        .bind("registryId", registryId)
        .execute();
    totals.quotaChanged(handle, registryId);
    ledger.quotas().forget(registryId);
  }

  /**
   * Counts anew what a registry and its images hold, from what is linked, and compares. On one
   * snapshot, so that pushes may go on; it takes as long as reading all links of the registry.
   *
   * @return what differs; nothing may
   */
  public List<Drift> check(long registryId) {
    return database.read(handle -> UsageCheck.drift(handle, registryId));
  }

  /**
   * Folds what is open in all registries into their totals, and says in the outbox which have
   * refused a push.
   */
  void foldOnce() {
    totals.open().forEach(totals::fold);
    ledger.quotas().takeRefused().forEach(totals::sayRefused);
  }

  /** Forgets days that are too long ago. */
  void forgetDays() {
    totals.forgetDays();
  }

  private static List<OfRegistry> ofRegistries(Handle handle, List<Long> ids) {
    return handle
        .createQuery(
            """
            SELECT registry_id, CAST(sum(images) AS BIGINT) AS image_count,
              CAST(sum(artifacts) AS BIGINT) AS artifact_count, CAST(sum(tags) AS BIGINT) AS tag_count,
              CAST(sum(logical) AS BIGINT) AS logical_bytes, CAST(sum(physical) AS BIGINT) AS physical_bytes
            FROM (
              SELECT registry_id, image_count AS images, artifact_count AS artifacts, tag_count AS tags,
                logical_bytes AS logical, physical_bytes AS physical
              FROM registry_usage
              WHERE registry_id IN (<ids>)
              UNION ALL
              SELECT registry_id, images, artifacts, tags, logical_bytes, physical_bytes
              FROM usage_delta
              WHERE registry_id IN (<ids>)) both_parts
            GROUP BY registry_id
            ORDER BY registry_id
            """)
        .bindList("ids", ids)
        .mapTo(OfRegistry.class)
        .list();
  }

  /**
   * By what artifacts name and not by links: those stay for a while after a deletion. Each content
   * is looked up by itself: as a join PostgreSQL would read all that is there.
   */
  private static long deletedBytes(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT CAST(coalesce(sum(size), 0) AS BIGINT)
            FROM (
              SELECT DISTINCT h.digest, b.size
              FROM deleted_manifest_blob h
              JOIN blob b ON b.digest = h.digest
              WHERE h.registry_id = :registryId AND (
                SELECT 1
                FROM repository_blob l
                JOIN manifest_edge e ON e.repository_id = l.repository_id AND e.child = l.digest
                WHERE l.digest = h.digest AND e.kind IN ('config', 'layer') AND (
                  SELECT r.registry_id
                  FROM repository r
                  WHERE r.id = l.repository_id) = :registryId
                LIMIT 1) IS NULL
              UNION ALL
              SELECT DISTINCT h.digest, h.size
              FROM deleted_manifest h
              WHERE h.registry_id = :registryId AND (
                SELECT 1
                FROM repository_manifest l
                WHERE l.digest = h.digest AND (
                  SELECT r.registry_id
                  FROM repository r
                  WHERE r.id = l.repository_id) = :registryId
                LIMIT 1) IS NULL) contents
            """)
        .bind("registryId", registryId)
        .mapTo(Long.class)
        .one();
  }

  private static Optional<OfImage> ofImage(Handle handle, Repository repository) {
    return handle
        .createQuery(
            """
            SELECT u.artifact_count + CAST(coalesce(d.artifacts, 0) AS BIGINT) AS artifact_count,
              u.tag_count + CAST(coalesce(d.tags, 0) AS BIGINT) AS tag_count,
              u.logical_bytes + CAST(coalesce(d.logical_bytes, 0) AS BIGINT) AS size_bytes,
              nullif(CASE WHEN d.pushed_at > u.pushed_at THEN d.pushed_at ELSE u.pushed_at END, 0) AS pushed_at,
              u.pull_count, nullif(u.pulled_at, 0) AS pulled_at
            FROM repository_usage u
            LEFT JOIN (
              SELECT sum(artifacts) AS artifacts, sum(tags) AS tags, sum(logical_bytes) AS logical_bytes,
                max(pushed_at) AS pushed_at
              FROM usage_delta
              WHERE registry_id = :registryId AND repository_id = :repositoryId) d ON TRUE
            WHERE u.registry_id = :registryId AND u.repository_id = :repositoryId
            """)
        .bind("registryId", repository.registryId())
        .bind("repositoryId", repository.id())
        .mapTo(OfImage.class)
        .findOne();
  }

  /** Those between, and the last one before. */
  static List<DayRow> days(Handle handle, long registryId, long from, long to) {
    return handle
        .createQuery(
            """
            SELECT day, logical_bytes, physical_bytes
            FROM usage_day
            WHERE registry_id = :registryId AND day <= :to AND day >= coalesce((
              SELECT max(day)
              FROM usage_day
              WHERE registry_id = :registryId AND day <= :from), :from)
            ORDER BY day
            LIMIT :limit
            """)
        .bind("registryId", registryId)
        .bind("from", from)
        .bind("to", to)
        .bind("limit", MAX_DAYS + 1)
        .mapTo(DayRow.class)
        .list();
  }

  /** What a registry holds. */
  public record OfRegistry(
      long registryId,
      long imageCount,
      long artifactCount,
      long tagCount,
      long logicalBytes,
      long physicalBytes) {
    static OfRegistry nothing(long registryId) {
      return new OfRegistry(registryId, 0, 0, 0, 0, 0);
    }
  }

  /**
   * What an image holds.
   *
   * @param pushedAt of the last push of a manifest, also of one that was there
   * @param pulledAt of the last pull; a few seconds late, as the count is
   */
  public record OfImage(
      long artifactCount,
      long tagCount,
      long sizeBytes,
      Optional<Instant> pushedAt,
      long pullCount,
      Optional<Instant> pulledAt) {
    static final OfImage NOTHING = new OfImage(0, 0, 0, Optional.empty(), 0, Optional.empty());
  }

  /** What a registry held at the end of a day. */
  public record Day(LocalDate date, long logicalBytes, long physicalBytes) {}

  /**
   * Something that was counted wrong.
   *
   * @param what is counted, for example {@code physical bytes}
   * @param repositoryId the image; empty: the registry
   */
  public record Drift(
      String what, long registryId, Optional<Long> repositoryId, long expected, long actual) {}

  record DayRow(long day, long logicalBytes, long physicalBytes) {}
}
