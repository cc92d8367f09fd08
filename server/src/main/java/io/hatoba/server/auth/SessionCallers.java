package io.hatoba.server.auth;

import io.hatoba.server.account.Session;
import io.hatoba.server.account.SessionStanding;
import io.hatoba.server.account.SessionStandings;
import io.hatoba.server.account.SessionUpkeep;
import io.hatoba.server.content.Actor;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * Turns the secret in a session's cookie into a {@link Caller} of the management API. The registry
 * protocol and the token service never ask here.
 */
@Singleton
public final class SessionCallers {
  private final SessionStandings standings;
  private final SessionUpkeep upkeep;
  private final Registries registries;
  private final AccessVersion version;

  public SessionCallers(
      SessionStandings standings,
      SessionUpkeep upkeep,
      Registries registries,
      AccessVersion version) {
    this.standings = standings;
    this.upkeep = upkeep;
    this.registries = registries;
    this.version = version;
  }

  /**
   * The caller, with all that the account may do; empty if the session has ended, was ended, or
   * never was. To be asked after {@link SameOrigin}. May block.
   */
  public Optional<Caller> find(Secret secret, Session.From from) {
    long now = version.current();
    Optional<SessionStanding> found = standings.find(secret, now);
    found.ifPresent(standing -> upkeep.used(standing.session(), from));
    return found.map(
        standing ->
            new Caller(
                new Actor(standing.principal(), "", from.address()),
                new Reach.Unlimited(),
                new Permissions(standing.rights(), Optional.empty(), registries.openedTo(now)),
                Optional.of(Long.toString(standing.session().id()))));
  }
}
