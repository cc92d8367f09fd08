package io.hatoba.server.account;

import io.hatoba.server.startup.Secret;
import java.time.Instant;

/**
 * A person who has signed in, in one browser. What the browser keeps is a secret that is not here.
 *
 * @param id how its owner names it; opens nothing
 * @param endsAt when it ends unless it is used before
 * @param expiresAt when it ends however much it is used
 * @param from where it was last used
 */
public record Session(
    long id,
    long accountId,
    Instant createdAt,
    Instant lastSeenAt,
    Instant endsAt,
    Instant expiresAt,
    From from) {

  /**
   * Where a request comes from.
   *
   * @param address of the network
   * @param userAgent what the browser calls itself; at most {@value #LONGEST_USER_AGENT} characters
   */
  public record From(String address, String userAgent) {
    private static final int LONGEST_USER_AGENT = 256;

    public From {
      userAgent =
          userAgent
              .substring(0, Math.min(userAgent.length(), LONGEST_USER_AGENT))
              .replaceAll("\\p{Cntrl}", " ");
    }
  }

  /** A session that has just begun, for the only time its secret is known. */
  public record Opened(Session session, Secret secret) {}
}
