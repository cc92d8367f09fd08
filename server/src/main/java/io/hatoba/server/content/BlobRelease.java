package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.storage.ObjectKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * Removes blobs to which nothing refers any more: no repository by a link, and no deleted manifest
 * that can be brought back.
 *
 * <p>Whoever takes a reference away locks the blob first, so that of two that take the last two
 * away the second sees that it is the last. Whoever adds one locks the blob for share; only the
 * removal of the row itself waits for that. All lock in the order of the digests. The row goes
 * first, in this transaction; its object is queued, and goes later.
 */
final class BlobRelease {
  private final Dialect dialect;
  private final ObjectRemovals removals;

  BlobRelease(Dialect dialect, ObjectRemovals removals) {
    this.dialect = dialect;
    this.removals = removals;
  }

  /** Makes others that take references to these away wait; before all claims of a transaction. */
  void lock(Handle handle, SortedSet<Digest> digests) {
    if (!digests.isEmpty()) {
      bound(
              handle.createQuery(
                  """
                  SELECT digest
                  FROM blob
                  WHERE digest IN (<digests>)
                  ORDER BY digest
                  """
                      + dialect.forNoKeyUpdate()),
              digests)
          .mapTo(String.class)
          .list();
    }
  }

  /**
   * Which of these locked blobs only {@code from} refers to. Nobody can add a reference to them any
   * more; the caller takes its own away and calls {@link #remove}.
   *
   * @param digests to which {@code from} refers
   * @param patient whether to wait for those who are adding references, else their blobs are in
   *     {@link Claim#busy}, and the caller's references to them must stay for now
   */
  Claim claim(Handle handle, Reference from, SortedSet<Digest> digests, boolean patient) {
    SortedSet<Digest> unshared = new TreeSet<>(unshared(handle, from, digests));
    if (unshared.isEmpty()) {
      return new Claim(Set.of(), Set.of());
    }
    Set<Digest> locked =
        new HashSet<>(
            bound(
                    handle.createQuery(
                        """
                        SELECT digest
                        FROM blob
                        WHERE digest IN (<digests>)
                        ORDER BY digest
                        """
                            + (patient ? dialect.forUpdate() : dialect.forUpdateSkippingLocked())),
                    unshared)
                .mapTo(Digest.class)
                .list());
    Set<Digest> busy = new HashSet<>(unshared);
    busy.removeAll(locked);
    // Somebody may have added a reference before the second lock.
    return new Claim(Set.copyOf(unshared(handle, from, locked)), busy);
  }

  /**
   * Removes the rows of claimed blobs, whose references are gone, and queues their objects.
   *
   * @param notBefore until when somebody may still read the objects, who has found them before
   */
  Freed remove(Handle handle, Claim claim, Instant notBefore) {
    if (claim.orphans().isEmpty()) {
      return Freed.NOTHING;
    }
    List<Row> removed =
        bound(
                handle.createQuery(
                    """
                    DELETE FROM blob
                    WHERE digest IN (<digests>)
                    RETURNING digest, size, object_key
                    """),
                claim.orphans())
            .mapTo(Row.class)
            .list();
    long bytes = 0;
    for (Row row : removed) {
      bytes += row.size();
      if (row.objectKey() != null) {
        removals.queue(handle, new ObjectKey(row.objectKey()), notBefore);
      }
    }
    return new Freed(removed.size(), bytes);
  }

  /** Those of locked blobs to which nothing but {@code from} refers. */
  private static List<Digest> unshared(Handle handle, Reference from, Collection<Digest> digests) {
    if (digests.isEmpty()) {
      return List.of();
    }
    return bound(
            handle.createQuery(
                """
                SELECT b.digest
                FROM blob b
                WHERE b.digest IN (<digests>)
                  AND NOT EXISTS (
                    SELECT 1
                    FROM repository_blob l
                    WHERE l.digest = b.digest AND l.repository_id <> :linkOf)
                  AND NOT EXISTS (
                    SELECT 1
                    FROM deleted_manifest_blob h
                    WHERE h.digest = b.digest AND NOT (h.repository_id = :heldIn AND EXISTS (
                      SELECT 1
                      FROM deleted_manifest m
                      WHERE m.repository_id = h.repository_id AND m.digest = h.parent AND m.deletion_id = :deletion)))
                ORDER BY b.digest
                """),
            digests)
        .bind("linkOf", from instanceof Reference.Link(long id) ? id : 0)
        .bind("heldIn", from instanceof Reference.Hold(long id, _) ? id : 0)
        .bind("deletion", from instanceof Reference.Hold(_, long deletion) ? deletion : 0)
        .mapTo(Digest.class)
        .list();
  }

  private static Query bound(Query query, Collection<Digest> digests) {
    return query.bindList("digests", new ArrayList<>(digests));
  }

  /** Who is about to take a reference away. */
  sealed interface Reference {
    /** The link of a repository. */
    record Link(long repositoryId) implements Reference {}

    /** The manifests of what is, or was, a repository that one deletion keeps. */
    record Hold(long repositoryId, long deletionId) implements Reference {}
  }

  /**
   * What may go.
   *
   * @param orphans to which nothing else refers
   * @param busy to which somebody is adding a reference at this moment
   */
  record Claim(Set<Digest> orphans, Set<Digest> busy) {}

  record Row(Digest digest, long size, @Nullable String objectKey) {}
}
