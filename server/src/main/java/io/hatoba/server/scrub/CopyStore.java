package io.hatoba.server.scrub;

import io.hatoba.oci.Digest;
import io.hatoba.server.content.Damage.Kind;
import io.hatoba.server.database.Database;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The SQL of the copies that are read, and of those that could not be. */
final class CopyStore {
  private static final int LONGEST_ERROR = 500;

  private final Database database;

  CopyStore(Database database) {
    this.database = database;
  }

  /** The digests after one, up to another, of what is not known to be damaged. */
  List<Digest> digests(Kind kind, String after, String until, int limit) {
    String sql =
        switch (kind) {
          case BLOB ->
              """
              SELECT digest
              FROM blob
              WHERE digest > :after AND digest <= :until AND damaged_at <= 0
              ORDER BY digest
              LIMIT :limit
              """;
          case MANIFEST ->
              """
              SELECT digest
              FROM manifest
              WHERE digest > :after AND digest <= :until AND damaged_at <= 0
              ORDER BY digest
              LIMIT :limit
              """;
        };
    return database.read(
        handle ->
            handle
                .createQuery(sql)
                .bind("after", after)
                .bind("until", until)
                .bind("limit", limit)
                .mapTo(Digest.class)
                .list());
  }

  /** One copy; empty if it went meanwhile, or is known to be damaged. */
  Optional<StoredCopy> find(Kind kind, Digest digest) {
    String sql =
        switch (kind) {
          case BLOB ->
              """
              SELECT size, object_key, bytes
              FROM blob
              WHERE digest = :digest AND damaged_at <= 0
              """;
          case MANIFEST ->
              """
              SELECT length(bytes) AS size, NULL AS object_key, bytes
              FROM manifest
              WHERE digest = :digest AND damaged_at <= 0
              """;
        };
    return database.read(
        handle ->
            handle
                .createQuery(sql)
                .bind("digest", digest)
                .map(
                    (row, _) ->
                        new StoredCopy(
                            kind,
                            digest,
                            row.getLong("size"),
                            row.getString("object_key"),
                            row.getBytes("bytes")))
                .findOne());
  }

  /**
   * Notes that a copy could not be read.
   *
   * @param notBefore when it is tried again
   */
  void putOff(Kind kind, Digest digest, String error, Instant now, Instant notBefore) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO scrub_unreadable (kind, digest, attempts, failed_at, not_before, error)
                    VALUES (:kind, :digest, 1, :now, :notBefore, :error)
                    ON CONFLICT (kind, digest) DO UPDATE
                    SET attempts = scrub_unreadable.attempts + 1, failed_at = excluded.failed_at,
                      not_before = excluded.not_before, error = excluded.error
                    """)
                .bind("kind", kind.word())
                .bind("digest", digest)
                .bind("now", now)
                .bind("notBefore", notBefore)
                .bind("error", shown(error))
                .execute());
  }

  /** What is to be tried again now, oldest first. */
  List<Unreadable> due(Instant now, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT kind, digest, attempts, failed_at, not_before, error
                    FROM scrub_unreadable
                    WHERE not_before <= :now
                    ORDER BY not_before, kind, digest
                    LIMIT :limit
                    """)
                .bind("now", now)
                .bind("limit", limit)
                .map((row, _) -> Unreadable.of(row))
                .list());
  }

  /** What could not be read, in the order of kinds and digests. */
  List<Unreadable> page(Optional<List<String>> after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT kind, digest, attempts, failed_at, not_before, error
                    FROM scrub_unreadable
                    WHERE (kind, digest) > (:kind, :digest)
                    ORDER BY kind, digest
                    LIMIT :limit
                    """)
                .bind("kind", after.map(List::getFirst).orElse(""))
                .bind("digest", after.map(List::getLast).orElse(""))
                .bind("limit", limit)
                .map((row, _) -> Unreadable.of(row))
                .list());
  }

  /** Takes one that is due. False if another node has. */
  boolean take(Unreadable unreadable, Instant until) {
    return database.write(
            handle ->
                handle
                    .createUpdate(
                        """
                        UPDATE scrub_unreadable
                        SET not_before = :until
                        WHERE kind = :kind AND digest = :digest AND not_before = :before
                        """)
                    .bind("until", until)
                    .bind("kind", unreadable.kind().word())
                    .bind("digest", unreadable.digest())
                    .bind("before", unreadable.notBefore())
                    .execute())
        == 1;
  }

  /** It could be read, or is gone. */
  void done(Unreadable unreadable) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM scrub_unreadable
                    WHERE kind = :kind AND digest = :digest
                    """)
                .bind("kind", unreadable.kind().word())
                .bind("digest", unreadable.digest())
                .execute());
  }

  /** PostgreSQL has no text with a NUL in it. */
  private static String shown(String error) {
    String clean = error.replace('\0', '\uFFFD');
    return clean.length() <= LONGEST_ERROR ? clean : clean.substring(0, LONGEST_ERROR);
  }
}
