package io.hatoba.server.scrub;

import io.hatoba.server.content.Damage.Kind;
import io.hatoba.server.database.Database;
import io.hatoba.server.scrub.Pass.Cause;
import io.hatoba.server.scrub.Pass.Phase;
import io.hatoba.server.scrub.Pass.Piece;
import io.hatoba.server.scrub.Pass.State;
import io.hatoba.server.scrub.Pass.Tally;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The SQL of passes. The row of the running pass is locked by whoever takes a piece of it; a piece
 * belongs to the node that renews its claim, and after that has run out to whoever takes it next.
 */
final class PassStore {
  private static final String COLUMNS =
      """
      SELECT id, cause, state, started_by, started_at, ended_at, phase, position, manifests, blobs, bytes, damaged,
        unreadable
      FROM scrub_pass
      """;

  /** A piece is at most so many copies, and of at most so many bytes, or one copy. */
  private static final int COPIES = 256;

  private static final long BYTES = 32L << 20;

  private final Database database;

  PassStore(Database database) {
    this.database = database;
  }

  Optional<Pass> running() {
    return database.read(handle -> running(handle, ""));
  }

  Optional<Pass> find(long id) {
    return database.read(
        handle ->
            handle
                .createQuery(COLUMNS + "WHERE id = :id")
                .bind("id", id)
                .map((row, _) -> pass(row))
                .findOne());
  }

  /** Newest first. */
  List<Pass> page(Optional<Long> before, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(COLUMNS + "WHERE id < :before\nORDER BY id DESC\nLIMIT :limit")
                .bind("before", before.orElse(Long.MAX_VALUE))
                .bind("limit", limit)
                .map((row, _) -> pass(row))
                .list());
  }

  /** Starts one by the schedule, unless one runs or another node is quicker. */
  void startByItself(Instant now) {
    database.write(handle -> insert(handle, Cause.SCHEDULE, "system", now));
  }

  /**
   * Starts one by hand, in the place of one that the schedule has started. Empty if one that was
   * started by hand runs.
   */
  Optional<Pass> startByHand(String principal, Instant now) {
    return database.write(
        handle -> {
          Optional<Pass> running = running(handle, database.dialect().forUpdate());
          if (running.filter(pass -> pass.cause() == Cause.MANUAL).isPresent()) {
            return Optional.<Pass>empty();
          }
          running.ifPresent(pass -> end(handle, pass.id(), State.STOPPED, now));
          insert(handle, Cause.MANUAL, principal, now);
          return running(handle, "").filter(pass -> pass.startedBy().equals(principal));
        });
  }

  /** Stops one, if it runs. */
  void stop(long id, Instant now) {
    database.write(
        handle -> {
          boolean runs =
              running(handle, database.dialect().forUpdate())
                  .filter(pass -> pass.id() == id)
                  .isPresent();
          if (runs) {
            end(handle, id, State.STOPPED, now);
          }
          return runs;
        });
  }

  /** Whether {@link #take} has something to do, found out without a turn of the writer. */
  boolean mayTake(String me, Instant now, Duration period) {
    return database.read(
        handle ->
            running(handle, "")
                .filter(
                    pass ->
                        pass.phase() == Phase.END
                            || pass.isDue(now, period)
                            || abandoned(handle, pass, me, now).isPresent())
                .isPresent());
  }

  /**
   * Takes the next piece of the running pass: one that nobody works on any more, else a new one if
   * that is due. Ends the pass if nothing is left.
   */
  Optional<Piece> take(String me, Instant now, Instant until, Duration period) {
    return database.write(
        handle -> {
          Optional<Pass> running = running(handle, database.dialect().forUpdate());
          if (running.isEmpty()) {
            return Optional.<Piece>empty();
          }
          Pass pass = running.get();
          Optional<Piece> abandoned = abandoned(handle, pass, me, now);
          if (abandoned.isPresent()) {
            claim(handle, abandoned.get(), me, until);
            return abandoned;
          }
          return pass.isDue(now, period) || pass.phase() == Phase.END
              ? next(handle, pass, me, now, until)
              : Optional.<Piece>empty();
        });
  }

  /**
   * Notes how far a piece is, and keeps it.
   *
   * @param until how long; a time that has passed gives it up
   * @return false if it is not this node's any more: then nothing is noted
   */
  boolean save(Piece piece, String me, String after, Tally tally, Instant until) {
    return database.write(
        handle -> {
          boolean ours =
              handle
                      .createUpdate(
                          """
                          UPDATE scrub_piece
                          SET after_digest = :after, claimed_until = :until
                          WHERE id = :id AND claimed_by = :me
                          """)
                      .bind("after", after)
                      .bind("until", until)
                      .bind("id", piece.id())
                      .bind("me", me)
                      .execute()
                  == 1;
          if (ours) {
            count(handle, piece, tally);
          }
          return ours;
        });
  }

  /** A piece is done. */
  void finish(Piece piece, String me, Tally tally) {
    database.write(
        handle -> {
          boolean ours =
              handle
                      .createUpdate(
                          """
                          DELETE FROM scrub_piece
                          WHERE id = :id AND claimed_by = :me
                          """)
                      .bind("id", piece.id())
                      .bind("me", me)
                      .execute()
                  == 1;
          if (ours) {
            count(handle, piece, tally);
          }
          return ours;
        });
  }

  private static Optional<Pass> running(Handle handle, String lock) {
    return handle
        .createQuery(COLUMNS + "WHERE state = 'running'" + lock)
        .map((row, _) -> pass(row))
        .findOne();
  }

  private static int insert(Handle handle, Cause cause, String principal, Instant now) {
    return handle
        .createUpdate(
            """
            INSERT INTO scrub_pass (cause, state, started_by, started_at)
            VALUES (:cause, 'running', :by, :now)
            ON CONFLICT DO NOTHING
            """)
        .bind("cause", cause.word())
        .bind("by", principal)
        .bind("now", now)
        .execute();
  }

  private static void end(Handle handle, long id, State state, Instant now) {
    handle
        .createUpdate(
            """
            DELETE FROM scrub_piece
            WHERE pass_id = :id
            """)
        .bind("id", id)
        .execute();
    handle
        .createUpdate(
            """
            UPDATE scrub_pass
            SET state = :state, ended_at = :now
            WHERE id = :id
            """)
        .bind("state", state.word())
        .bind("now", now)
        .bind("id", id)
        .execute();
  }

  /** In this process one thread takes pieces, and it has none when it does. */
  private static Optional<Piece> abandoned(Handle handle, Pass pass, String me, Instant now) {
    return handle
        .createQuery(
            """
            SELECT id, pass_id, kind, after_digest, until_digest
            FROM scrub_piece
            WHERE pass_id = :pass AND (claimed_by = :me OR claimed_until <= :now)
            ORDER BY id
            LIMIT 1
            """)
        .bind("pass", pass.id())
        .bind("me", me)
        .bind("now", now)
        .map(
            (row, _) ->
                new Piece(
                    row.getLong("id"),
                    row.getLong("pass_id"),
                    Kind.of(row.getString("kind")),
                    row.getString("after_digest"),
                    row.getString("until_digest")))
        .findOne();
  }

  private static void claim(Handle handle, Piece piece, String me, Instant until) {
    handle
        .createUpdate(
            """
            UPDATE scrub_piece
            SET claimed_by = :me, claimed_until = :until
            WHERE id = :id
            """)
        .bind("me", me)
        .bind("until", until)
        .bind("id", piece.id())
        .execute();
  }

  private static Optional<Piece> next(
      Handle handle, Pass pass, String me, Instant now, Instant until) {
    Phase phase = pass.phase();
    String position = pass.position();
    while (phase != Phase.END) {
      Optional<String> last = lastOfNext(handle, phase.kind(), position);
      if (last.isPresent()) {
        moveOn(handle, pass, phase, last.get());
        return Optional.of(insertPiece(handle, pass, phase, position, last.get(), me, until));
      }
      phase = phase.next();
      position = "";
    }
    moveOn(handle, pass, Phase.END, "");
    boolean isDone =
        handle
            .createQuery(
                """
                SELECT id
                FROM scrub_piece
                WHERE pass_id = :pass
                ORDER BY id
                LIMIT 1
                """)
            .bind("pass", pass.id())
            .mapTo(Long.class)
            .findOne()
            .isEmpty();
    if (isDone) {
      end(handle, pass.id(), State.SUCCEEDED, now);
    }
    return Optional.empty();
  }

  private static void moveOn(Handle handle, Pass pass, Phase phase, String position) {
    handle
        .createUpdate(
            """
            UPDATE scrub_pass
            SET phase = :phase, position = :position
            WHERE id = :id
            """)
        .bind("phase", phase.word())
        .bind("position", position)
        .bind("id", pass.id())
        .execute();
  }

  private static Piece insertPiece(
      Handle handle, Pass pass, Phase phase, String after, String last, String me, Instant until) {
    long id =
        handle
            .createQuery(
                """
                INSERT INTO scrub_piece (pass_id, kind, after_digest, until_digest, claimed_by, claimed_until)
                VALUES (:pass, :kind, :after, :last, :me, :until)
                RETURNING id
                """)
            .bind("pass", pass.id())
            .bind("kind", phase.kind().word())
            .bind("after", after)
            .bind("last", last)
            .bind("me", me)
            .bind("until", until)
            .mapTo(Long.class)
            .one();
    return new Piece(id, pass.id(), phase.kind(), after, last);
  }

  /** The last digest of the next piece; empty at the end. */
  private static Optional<String> lastOfNext(Handle handle, Kind kind, String after) {
    String sql =
        switch (kind) {
          case BLOB ->
              """
              SELECT digest, size
              FROM blob
              WHERE digest > :after AND damaged_at <= 0
              ORDER BY digest
              LIMIT :limit
              """;
          case MANIFEST ->
              """
              SELECT digest, length(bytes) AS size
              FROM manifest
              WHERE digest > :after AND damaged_at <= 0
              ORDER BY digest
              LIMIT :limit
              """;
        };
    List<Sized> sizes =
        handle
            .createQuery(sql)
            .bind("after", after)
            .bind("limit", COPIES)
            .map((row, _) -> new Sized(row.getString("digest"), row.getLong("size")))
            .list();
    Optional<String> last = Optional.empty();
    long bytes = 0;
    for (Sized sized : sizes) {
      bytes += sized.size();
      if (last.isPresent() && bytes > BYTES) {
        break;
      }
      last = Optional.of(sized.digest());
    }
    return last;
  }

  private static void count(Handle handle, Piece piece, Tally tally) {
    handle
        .createUpdate(
            """
            UPDATE scrub_pass
            SET manifests = manifests + :manifests, blobs = blobs + :blobs, bytes = bytes + :bytes,
              damaged = damaged + :damaged, unreadable = unreadable + :unreadable
            WHERE id = :id
            """)
        .bind("manifests", tally.manifests())
        .bind("blobs", tally.blobs())
        .bind("bytes", tally.bytes())
        .bind("damaged", tally.damaged())
        .bind("unreadable", tally.unreadable())
        .bind("id", piece.passId())
        .execute();
  }

  private static Pass pass(ResultSet row) throws SQLException {
    long endedAt = row.getLong("ended_at");
    Optional<Instant> ended =
        row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(endedAt));
    return new Pass(
        row.getLong("id"),
        Cause.of(row.getString("cause")),
        State.of(row.getString("state")),
        row.getString("started_by"),
        Instant.ofEpochMilli(row.getLong("started_at")),
        ended,
        Phase.of(row.getString("phase")),
        row.getString("position"),
        new Tally(
            row.getLong("manifests"),
            row.getLong("blobs"),
            row.getLong("bytes"),
            row.getLong("damaged"),
            row.getLong("unreadable")));
  }

  private record Sized(String digest, long size) {}
}
