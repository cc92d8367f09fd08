package io.hatoba.server.account;

import java.time.Instant;

/**
 * Everything that decides about requests of one session, read at one moment.
 *
 * @param principal how the account is named in grants, history and events
 * @param rights as in {@link Standing}
 */
public record SessionStanding(
    Session session, String principal, boolean accountEnabled, Rights rights) {
  SessionStanding with(Rights others) {
    return new SessionStanding(session, principal, accountEnabled, others);
  }

  /** Whether the session lives at this moment. */
  public boolean worksAt(Instant now) {
    return accountEnabled && now.isBefore(session.endsAt());
  }
}
