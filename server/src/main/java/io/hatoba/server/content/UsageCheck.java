package io.hatoba.server.content;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** Counts usage anew from the links themselves, and compares it with what is written down. */
final class UsageCheck {
  private UsageCheck() {}

  /** What differs in a registry and its images. */
  static List<Usage.Drift> drift(Handle handle, long registryId) {
    Map<Long, Image> images = new TreeMap<>();
    linked(handle, registryId).forEach(image -> images.put(image.repositoryId(), image));
    Map<Long, Image> written = new TreeMap<>();
    written(handle, registryId).forEach(image -> written.put(image.repositoryId(), image));

    List<Usage.Drift> drift = new ArrayList<>();
    images.forEach(
        (id, image) ->
            compare(
                drift,
                registryId,
                Optional.of(id),
                image,
                written.getOrDefault(id, Image.nothing(id))));
    written.forEach(
        (id, image) -> {
          if (!images.containsKey(id)) {
            compare(drift, registryId, Optional.of(id), Image.nothing(id), image);
          }
        });
    Image sum = images.values().stream().reduce(Image.nothing(0), Image::plus);
    Registry total = total(handle, registryId);
    compare(drift, registryId, Optional.empty(), sum, total.asImage());
    Comparison registry = new Comparison(drift, registryId, Optional.empty());
    registry.of("images", images.size(), total.images());
    registry.of("physical bytes", distinctBytes(handle, registryId), total.physicalBytes());
    registry.of("contents without a link", 0, unlinked(handle, registryId));
    registry.of("links without a content", 0, unwritten(handle, registryId));
    return drift;
  }

  private static void compare(
      List<Usage.Drift> drift,
      long registryId,
      Optional<Long> repositoryId,
      Image expected,
      Image actual) {
    Comparison comparison = new Comparison(drift, registryId, repositoryId);
    comparison.of("artifacts", expected.artifacts(), actual.artifacts());
    comparison.of("tags", expected.tags(), actual.tags());
    comparison.of("logical bytes", expected.logicalBytes(), actual.logicalBytes());
  }

  private static List<Image> linked(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT r.id AS repository_id,
              (SELECT count(*) FROM repository_manifest m WHERE m.repository_id = r.id) AS artifacts,
              (SELECT count(*) FROM tag t WHERE t.repository_id = r.id) AS tags,
              CAST((
                SELECT coalesce(sum(b.size), 0)
                FROM repository_blob l
                JOIN blob b ON b.digest = l.digest
                WHERE l.repository_id = r.id) + (
                SELECT coalesce(sum(m.size), 0)
                FROM repository_manifest m
                WHERE m.repository_id = r.id) AS BIGINT) AS logical_bytes
            FROM repository r
            WHERE r.registry_id = :registryId
            ORDER BY r.id
            """)
        .bind("registryId", registryId)
        .mapTo(Image.class)
        .list();
  }

  private static List<Image> written(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT repository_id, CAST(sum(artifacts) AS BIGINT) AS artifacts, CAST(sum(tags) AS BIGINT) AS tags,
              CAST(sum(bytes) AS BIGINT) AS logical_bytes
            FROM (
              SELECT repository_id, artifact_count AS artifacts, tag_count AS tags, logical_bytes AS bytes
              FROM repository_usage
              WHERE registry_id = :registryId
              UNION ALL
              SELECT d.repository_id, d.artifacts, d.tags, d.logical_bytes
              FROM usage_delta d
              JOIN repository_usage u ON u.registry_id = d.registry_id AND u.repository_id = d.repository_id
              WHERE d.registry_id = :registryId) both_parts
            GROUP BY repository_id
            ORDER BY repository_id
            """)
        .bind("registryId", registryId)
        .mapTo(Image.class)
        .list();
  }

  private static Registry total(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT CAST(coalesce(sum(images), 0) AS BIGINT) AS images,
              CAST(coalesce(sum(artifacts), 0) AS BIGINT) AS artifacts, CAST(coalesce(sum(tags), 0) AS BIGINT) AS tags,
              CAST(coalesce(sum(logical), 0) AS BIGINT) AS logical_bytes,
              CAST(coalesce(sum(physical), 0) AS BIGINT) AS physical_bytes
            FROM (
              SELECT image_count AS images, artifact_count AS artifacts, tag_count AS tags, logical_bytes AS logical,
                physical_bytes AS physical
              FROM registry_usage
              WHERE registry_id = :registryId
              UNION ALL
              SELECT images, artifacts, tags, logical_bytes, physical_bytes
              FROM usage_delta
              WHERE registry_id = :registryId) both_parts
            """)
        .bind("registryId", registryId)
        .mapTo(Registry.class)
        .one();
  }

  private static long distinctBytes(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT CAST(coalesce(sum(size), 0) AS BIGINT)
            FROM (
              SELECT 'blob' AS kind, l.digest, b.size
              FROM repository_blob l
              JOIN repository r ON r.id = l.repository_id
              JOIN blob b ON b.digest = l.digest
              WHERE r.registry_id = :registryId
              UNION
              SELECT 'blob' AS kind, h.digest, b.size
              FROM deleted_manifest_blob h
              JOIN blob b ON b.digest = h.digest
              WHERE h.registry_id = :registryId
              UNION
              SELECT 'manifest' AS kind, l.digest, l.size
              FROM repository_manifest l
              JOIN repository r ON r.id = l.repository_id
              WHERE r.registry_id = :registryId
              UNION
              SELECT 'manifest' AS kind, h.digest, h.size
              FROM deleted_manifest h
              WHERE h.registry_id = :registryId) contents
            """)
        .bind("registryId", registryId)
        .mapTo(Long.class)
        .one();
  }

  private static long unlinked(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT count(*)
            FROM registry_content c
            WHERE c.registry_id = :registryId
              AND NOT (c.kind = 'blob' AND EXISTS (
                SELECT 1
                FROM repository_blob l
                JOIN repository r ON r.id = l.repository_id
                WHERE l.digest = c.digest AND r.registry_id = c.registry_id))
              AND NOT (c.kind = 'blob' AND EXISTS (
                SELECT 1
                FROM deleted_manifest_blob h
                WHERE h.digest = c.digest AND h.registry_id = c.registry_id))
              AND NOT (c.kind = 'manifest' AND EXISTS (
                SELECT 1
                FROM repository_manifest l
                JOIN repository r ON r.id = l.repository_id
                WHERE l.digest = c.digest AND r.registry_id = c.registry_id))
              AND NOT (c.kind = 'manifest' AND EXISTS (
                SELECT 1
                FROM deleted_manifest h
                WHERE h.digest = c.digest AND h.registry_id = c.registry_id))
            """)
        .bind("registryId", registryId)
        .mapTo(Long.class)
        .one();
  }

  private static long unwritten(Handle handle, long registryId) {
    return handle
        .createQuery(
            """
            SELECT count(*)
            FROM (
              SELECT 'blob' AS kind, l.digest
              FROM repository_blob l
              JOIN repository r ON r.id = l.repository_id
              WHERE r.registry_id = :registryId
              UNION ALL
              SELECT 'manifest' AS kind, l.digest
              FROM repository_manifest l
              JOIN repository r ON r.id = l.repository_id
              WHERE r.registry_id = :registryId
              UNION ALL
              SELECT 'blob' AS kind, digest
              FROM deleted_manifest_blob
              WHERE registry_id = :registryId
              UNION ALL
              SELECT 'manifest' AS kind, digest
              FROM deleted_manifest
              WHERE registry_id = :registryId) links
            WHERE NOT EXISTS (
              SELECT 1
              FROM registry_content c
              WHERE c.registry_id = :registryId AND c.digest = links.digest AND c.kind = links.kind)
            """)
        .bind("registryId", registryId)
        .mapTo(Long.class)
        .one();
  }

  record Image(long repositoryId, long artifacts, long tags, long logicalBytes) {
    static Image nothing(long repositoryId) {
      return new Image(repositoryId, 0, 0, 0);
    }

    Image plus(Image other) {
      return new Image(
          repositoryId,
          artifacts + other.artifacts,
          tags + other.tags,
          logicalBytes + other.logicalBytes);
    }
  }

  record Registry(long images, long artifacts, long tags, long logicalBytes, long physicalBytes) {
    Image asImage() {
      return new Image(0, artifacts, tags, logicalBytes);
    }
  }

  private record Comparison(List<Usage.Drift> drift, long registryId, Optional<Long> repositoryId) {
    void of(String what, long expected, long actual) {
      if (expected != actual) {
        drift.add(new Usage.Drift(what, registryId, repositoryId, expected, actual));
      }
    }
  }
}
