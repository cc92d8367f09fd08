package io.hatoba.server.account;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.server.database.Database;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * What decides about a session's requests, remembered as long as {@link
 * io.hatoba.server.registry.AccessVersion} stays the same.
 */
@Singleton
public final class SessionStandings {
  private static final int MAX_REMEMBERED = 10_000;

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String SELECT =
      """
      SELECT s.id, s.account_id, s.created_at, s.last_seen_at, s.ends_at, s.expires_at, s.address,
        s.user_agent, a.principal, a.enabled AS account_enabled
      FROM session s
      JOIN account a ON a.id = s.account_id
      WHERE s.secret_hash = :hash
      """;

  private final Database database;
  private final InstantSource clock;
  private final Cache<String, Versioned> remembered =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();

  public SessionStandings(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * The standing of the session with this secret, if there is one and it lives.
   *
   * @param version from {@link io.hatoba.server.registry.AccessVersion}, asked before this call
   */
  public Optional<SessionStanding> find(Secret secret, long version) {
    String hash = Sessions.hash(secret);
    Instant now = clock.instant();
    Versioned known = remembered.getIfPresent(hash);
    if (known != null && known.version() == version && known.standing().worksAt(now)) {
      return Optional.of(known.standing());
    }
    // Also if what is remembered has run out: uses have moved the end since.
    Optional<SessionStanding> loaded = database.read(handle -> select(handle, hash));
    loaded.ifPresent(standing -> remembered.put(hash, new Versioned(version, standing)));
    return loaded.filter(standing -> standing.worksAt(now));
  }

  private static Optional<SessionStanding> select(Handle handle, String hash) {
    return handle
        .createQuery(SELECT)
        .bind("hash", hash)
        .map((row, context) -> standing(row))
        .findOne()
        .map(standing -> standing.with(Standings.rights(handle, standing.principal())));
  }

  private static SessionStanding standing(ResultSet row) throws SQLException {
    return new SessionStanding(
        Sessions.session(row),
        row.getString("principal"),
        row.getBoolean("account_enabled"),
        Rights.NONE);
  }

  private record Versioned(long version, SessionStanding standing) {}
}
