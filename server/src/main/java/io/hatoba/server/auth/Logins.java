package io.hatoba.server.auth;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.LastUses;
import io.hatoba.server.account.SecretMac;
import io.hatoba.server.account.Standing;
import io.hatoba.server.account.Standings;
import io.hatoba.server.auth.SignInListener.Attempt;
import io.hatoba.server.auth.SignInListener.Reason;
import io.hatoba.server.auth.SignInListener.Via;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Checks the id and secret of an access key. */
@Singleton
public final class Logins {
  private final AccessKeys keys;
  private final Standings standings;
  private final LastUses lastUses;
  private final LoginBrake brake;
  private final SignIns signIns;
  private final InstantSource clock;

  public Logins(
      AccessKeys keys,
      Standings standings,
      LastUses lastUses,
      LoginBrake brake,
      SignIns signIns,
      InstantSource clock) {
    this.keys = keys;
    this.standings = standings;
    this.lastUses = lastUses;
    this.brake = brake;
    this.signIns = signIns;
    this.clock = clock;
  }

  /**
   * The standing of a key that works and has this secret.
   *
   * @param version from {@link io.hatoba.server.registry.AccessVersion}
   * @throws RefusedException with {@code UNAUTHORIZED}, the same and after the same work for an
   *     unknown id and a wrong secret; {@code TOOMANYREQUESTS} after too many of them
   */
  Standing check(Credentials.Basic credentials, String address, long version) {
    Attempt attempt = new Attempt(Via.ACCESS_KEY, credentials.id(), Optional.empty(), address);
    Optional<Standing> standing;
    try {
      standing = withThisSecret(credentials, address, version);
    } catch (RefusedException e) {
      if (e.refusal() instanceof Refusal.TooMany) {
        signIns.refused(attempt, Reason.TOO_MANY);
      }
      throw e;
    }
    if (standing.isEmpty()) {
      signIns.refused(attempt, Reason.WRONG_SECRET);
      throw refused("the access key id or its secret is wrong");
    }
    Attempt known =
        new Attempt(
            Via.ACCESS_KEY,
            standing.get().keyId(),
            Optional.of(standing.get().principal()),
            address);
    if (!standing.get().worksAt(clock.instant())) {
      signIns.refused(known, Reason.DISABLED);
      throw refused("this access key or its account is disabled or has expired");
    }
    lastUses.used(standing.get().keyId(), address);
    signIns.signedIn(known);
    return standing.get();
  }

  private Optional<Standing> withThisSecret(
      Credentials.Basic credentials, String address, long version) {
    // No key has the empty id. What cannot be an id is not shown to the database.
    String id = AccessKey.isId(credentials.id()) ? credentials.id() : "";
    brake.refuseIfTooEarly(id, address);
    Optional<Standing> remembered = standings.remembered(id, version);
    Optional<Standing> standing = remembered.isPresent() ? remembered : standings.load(id, version);
    SecretMac offered = keys.mac(id, credentials.secret());
    SecretMac stored = standing.map(Standing::secretMac).orElseGet(() -> keys.mac(id, NOBODYS));
    boolean right =
        brake.attempt(id, address, () -> stored.equals(offered) && standing.isPresent());
    if (!right && remembered.isPresent()) {
      standings.load(id, version); // for an unknown id the database was asked; so it is now
    }
    return right ? standing : Optional.empty();
  }

  private static final Secret NOBODYS = Secret.random();

  private static RefusedException refused(String message) {
    return new RefusedException(new Refusal.Unauthorized(message, Optional.empty(), List.of()));
  }
}
