package io.hatoba.server.api;

import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Answers to requests with an {@code Idempotency-Key}, kept for a day.
 *
 * <pre>
 *   (no row) --begin--> running --keep--> answered --a day--> (no row)
 *                          |--drop--> (no row)
 *                          '--five minutes: its process has died; the next try of the same request begins anew
 * </pre>
 */
@Singleton
class StoredAnswers {
  /** How long an answer is kept. */
  static final Duration KEPT = Duration.ofHours(24);

  /** Longer than an operation takes. */
  static final Duration CLAIM = Duration.ofMinutes(5);

  private final Database database;
  private final InstantSource clock;
  private final AnswerCipher cipher;

  StoredAnswers(Database database, InstantSource clock, AnswerCipher cipher) {
    this.database = database;
    this.clock = clock;
    this.cipher = cipher;
  }

  /** Begins a request, of which one try at a time can be under way. */
  Begun begin(Id id, String fingerprint) {
    String claim = UUID.randomUUID().toString();
    return database.write(handle -> begin(handle, id, fingerprint, claim));
  }

  private Begun begin(Handle handle, Id id, String fingerprint, String claim) {
    long now = clock.millis();
    int begun =
        handle
            .createUpdate(
                """
                INSERT INTO idempotency (principal, idempotency_key, fingerprint, claim, claimed_until, created_at)
                VALUES (:principal, :key, :fingerprint, :claim, :until, :now)
                ON CONFLICT (principal, idempotency_key) DO UPDATE
                SET fingerprint = excluded.fingerprint, claim = excluded.claim,
                  claimed_until = excluded.claimed_until, created_at = excluded.created_at, answer = NULL
                WHERE idempotency.created_at < :expired
                  OR (idempotency.answer IS NULL AND idempotency.claimed_until < :now
                    AND idempotency.fingerprint = excluded.fingerprint)
                """)
            .bind("principal", id.principal())
            .bind("key", id.key())
            .bind("fingerprint", fingerprint)
            .bind("claim", claim)
            .bind("until", now + CLAIM.toMillis())
            .bind("now", now)
            .bind("expired", now - KEPT.toMillis())
            .execute();
    if (begun > 0) {
      return new Begun.First(new Claim(id, fingerprint, claim));
    }
    Optional<Row> row =
        handle
            .createQuery(
                """
                SELECT fingerprint, answer
                FROM idempotency
                WHERE principal = :principal AND idempotency_key = :key
                """)
            .bind("principal", id.principal())
            .bind("key", id.key())
            .map((found, context) -> row(found))
            .findOne();
    if (row.isPresent() && !row.get().fingerprint().equals(fingerprint)) {
      return new Begun.Other();
    }
    return row.flatMap(Row::answer)
        .<Begun>map(answer -> new Begun.Repeated(cipher.open(answer, associated(id, fingerprint))))
        .orElseGet(Begun.Running::new);
  }

  /** Keeps the answer of a request that has begun. */
  void keep(Claim claim, String answer) {
    AnswerCipher.Sealed sealed = cipher.seal(answer, associated(claim.id(), claim.fingerprint()));
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    UPDATE idempotency
                    SET answer = :answer
                    WHERE principal = :principal AND idempotency_key = :key AND claim = :claim
                    """)
                .bind("answer", sealed.bytes())
                .bind("principal", claim.id().principal())
                .bind("key", claim.id().key())
                .bind("claim", claim.claim())
                .execute());
  }

  /** Forgets a request that has begun, so that it can be tried again at once. */
  void drop(Claim claim) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM idempotency
                    WHERE principal = :principal AND idempotency_key = :key AND claim = :claim
                    """)
                .bind("principal", claim.id().principal())
                .bind("key", claim.id().key())
                .bind("claim", claim.claim())
                .execute());
  }

  /**
   * Drops the oldest of what is older than {@link #KEPT}.
   *
   * @param limit the most of one transaction
   * @return how many went
   */
  int dropExpired(int limit) {
    return database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM idempotency
                    WHERE (principal, idempotency_key) IN (
                      SELECT principal, idempotency_key
                      FROM idempotency
                      WHERE created_at < :expired
                      ORDER BY created_at, principal, idempotency_key
                      LIMIT :limit
                    """
                        + database.dialect().forUpdateSkippingLocked()
                        + ")")
                .bind("expired", clock.millis() - KEPT.toMillis())
                .bind("limit", limit)
                .execute());
  }

  private static String associated(Id id, String fingerprint) {
    return id.principal() + "\n" + id.key() + "\n" + fingerprint;
  }

  private static Row row(ResultSet row) throws SQLException {
    byte @Nullable [] answer = row.getBytes("answer");
    return new Row(
        row.getString("fingerprint"),
        answer == null ? Optional.empty() : Optional.of(new AnswerCipher.Sealed(answer)));
  }

  /** Whose request, and the key that the client gave it. */
  record Id(String principal, String key) {}

  /** The right to answer a request. */
  record Claim(Id id, String fingerprint, String claim) {}

  /** What came of {@link #begin}. */
  sealed interface Begun {
    /** To be carried out. */
    record First(Claim claim) implements Begun {}

    /** Carried out before, with this answer. */
    record Repeated(String answer) implements Begun {}

    /** Another try is under way. */
    record Running() implements Begun {}

    /** The key was used for another request. */
    record Other() implements Begun {}
  }

  private record Row(String fingerprint, Optional<AnswerCipher.Sealed> answer) {}
}
