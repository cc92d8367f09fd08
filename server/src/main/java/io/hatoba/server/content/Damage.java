package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.storage.ObjectKey;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Content whose stored bytes are known to be wrong, or lost.
 *
 * <pre>
 * whole ── {@link #mark} ──▶ damaged ── a push of the same digest ──▶ whole, the old bytes kept aside
 *                            │
 *                            └──── nothing needs it any more ───────▶ gone
 * </pre>
 *
 * <p>While it is damaged, its row and all that refers to it stay: a pull is refused with a reason,
 * and for a push it is absent, so that the client sends it again ({@link Blobs#add}, {@link
 * ManifestStore#insertContent}). Nothing here ever deletes bytes but {@link #discard}, which a
 * person asks for.
 */
@Singleton
public final class Damage {
  private static final int BATCH = 100;

  private final Database database;
  private final Blobs blobs;
  private final Manifests manifests;
  private final ObjectRemovals removals;
  private final InstantSource clock;

  public Damage(
      Database database,
      Blobs blobs,
      Manifests manifests,
      ObjectRemovals removals,
      InstantSource clock) {
    this.database = database;
    this.blobs = blobs;
    this.manifests = manifests;
    this.removals = removals;
    this.clock = clock;
  }

  /** What a pull of damaged content is answered. */
  static RefusedException refusal(Kind kind, Digest digest) {
    return new RefusedException(
        Refusal.unknown(
            kind == Kind.BLOB ? ErrorCode.BLOB_UNKNOWN : ErrorCode.MANIFEST_UNKNOWN,
            "the stored copy of this %s is damaged, so it is not delivered; pushing it again heals it"
                .formatted(kind.word()),
            digest.toString()));
  }

  /**
   * Says that a copy is damaged; when this returns nobody gets it any more. False if it is not the
   * stored copy any more, or is known to be damaged.
   */
  public boolean mark(Copy copy, Problem problem) {
    try (var _ = blobs.holdAll(copy.digest());
        var _ = manifests.holdAll(copy.digest())) {
      return database.write(
          handle -> {
            Instant now = clock.instant();
            if (!mark(handle, copy, now)) {
              return false;
            }
            end(handle, copy.kind(), copy.digest(), Outcome.HEALED, now);
            insert(handle, copy, problem, now);
            return true;
          });
    }
  }

  /**
   * Notes of what was damaged and is not any more how that ended.
   *
   * @return what was noted here, and so by no other node
   */
  public List<Ended> settle() {
    List<Ended> over = database.read(Damage::over);
    if (over.isEmpty()) {
      return over;
    }
    return database.write(
        handle -> {
          Instant now = clock.instant();
          return over.stream()
              .filter(ended -> end(handle, ended.kind(), ended.digest(), ended.outcome(), now))
              .toList();
        });
  }

  /**
   * Forgets what is over, and queues its object, if one was kept aside, for removal.
   *
   * @throws RefusedException with {@code CONFLICT} while it is damaged
   */
  public boolean discard(long id) {
    return database.write(
        handle -> {
          Optional<Kept> kept =
              handle
                  .createQuery(
                      """
                      SELECT object_key, outcome
                      FROM damage
                      WHERE id = :id
                      """
                          + database.dialect().forUpdate())
                  .bind("id", id)
                  .mapTo(Kept.class)
                  .findOne();
          if (kept.isEmpty()) {
            return false;
          }
          if (kept.get().outcome() == null) {
            throw new RefusedException(
                new Refusal.Conflict(
                    ErrorCode.CONFLICT,
                    "it is still damaged; push it again, or delete what needs it, and discard it then",
                    Long.toString(id)));
          }
          handle
              .createUpdate(
                  """
                  DELETE FROM damage
                  WHERE id = :id
                  """)
              .bind("id", id)
              .execute();
          if (kept.get().objectKey() != null) {
            removals.queue(handle, new ObjectKey(kept.get().objectKey()), clock.instant());
          }
          return true;
        });
  }

  private static boolean mark(Handle handle, Copy copy, Instant now) {
    return switch (copy.kind()) {
      case BLOB ->
          handle
                  .createUpdate(
                      """
                      UPDATE blob
                      SET damaged_at = :now
                      WHERE digest = :digest AND damaged_at <= 0
                        AND object_key IS NOT DISTINCT FROM CAST(:key AS TEXT)
                      """)
                  .bind("now", now)
                  .bind("digest", copy.digest())
                  .bind("key", copy.object().map(ObjectKey::id).orElse(null))
                  .execute()
              == 1;
      case MANIFEST ->
          handle
                  .createUpdate(
                      """
                      UPDATE manifest
                      SET damaged_at = :now
                      WHERE digest = :digest AND damaged_at <= 0
                      """)
                  .bind("now", now)
                  .bind("digest", copy.digest())
                  .execute()
              == 1;
    };
  }

  private static void insert(Handle handle, Copy copy, Problem problem, Instant now) {
    String kept =
        switch (copy.kind()) {
          case BLOB ->
              """
              SELECT 'blob', digest, :problem, size, object_key, bytes, :now
              FROM blob
              WHERE digest = :digest
              """;
          case MANIFEST ->
              """
              SELECT 'manifest', digest, :problem, length(bytes), NULL, bytes, :now
              FROM manifest
              WHERE digest = :digest
              """;
        };
    handle
        .createUpdate(
            "INSERT INTO damage (kind, digest, problem, size, object_key, bytes, found_at)\n"
                + kept)
        .bind("problem", problem.word())
        .bind("now", now)
        .bind("digest", copy.digest())
        .execute();
  }

  /** Of what is called damaged, what is not. Little is: all of it is looked at. */
  private static List<Ended> over(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT d.kind, d.digest, CASE WHEN b.digest IS NULL THEN 'gone' ELSE 'healed' END AS outcome
            FROM damage d
            LEFT JOIN blob b ON b.digest = d.digest
            WHERE d.outcome IS NULL AND d.kind = 'blob' AND coalesce(b.damaged_at, 0) <= 0
            UNION ALL
            SELECT d.kind, d.digest, CASE WHEN m.digest IS NULL THEN 'gone' ELSE 'healed' END AS outcome
            FROM damage d
            LEFT JOIN manifest m ON m.digest = d.digest
            WHERE d.outcome IS NULL AND d.kind = 'manifest' AND coalesce(m.damaged_at, 0) <= 0
            ORDER BY 2
            LIMIT :limit
            """)
        .bind("limit", BATCH)
        .map(
            (row, _) ->
                new Ended(
                    Kind.of(row.getString("kind")),
                    Digest.parse(row.getString("digest")),
                    Outcome.of(row.getString("outcome"))))
        .list();
  }

  /** The object of what is gone went with its row. */
  private static boolean end(
      Handle handle, Kind kind, Digest digest, Outcome outcome, Instant now) {
    return handle
            .createUpdate(
                """
                UPDATE damage
                SET outcome = :outcome, ended_at = :now,
                  object_key = CASE WHEN :gone THEN NULL ELSE object_key END
                WHERE digest = :digest AND kind = :kind AND outcome IS NULL
                """)
            .bind("outcome", outcome.word())
            .bind("gone", outcome == Outcome.GONE)
            .bind("now", now)
            .bind("digest", digest)
            .bind("kind", kind.word())
            .execute()
        == 1;
  }

  /** What is damaged. */
  public enum Kind {
    BLOB,
    MANIFEST;

    /** As it is stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The kind of a stored word. */
    public static Kind of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  /** What is wrong with it. */
  public enum Problem {
    /** There is no such object. */
    MISSING,
    /** The object ends too early. */
    SHORT,
    /** The bytes have another digest. */
    WRONG_BYTES;

    /** As it is stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** How it ended. */
  public enum Outcome {
    /** A push brought the bytes again. */
    HEALED,
    /** Nothing needed it any more. */
    GONE;

    /** As it is stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Outcome of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  /**
   * A stored copy that was read.
   *
   * @param object where it rests; empty if that is the database
   */
  public record Copy(Kind kind, Digest digest, Optional<ObjectKey> object) {}

  /** Something that is damaged no more. */
  public record Ended(Kind kind, Digest digest, Outcome outcome) {}

  record Kept(@Nullable String objectKey, @Nullable String outcome) {}
}
