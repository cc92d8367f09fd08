package io.hatoba.server.auth;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Standing;
import io.hatoba.server.account.Standings;
import io.hatoba.server.content.Actor;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registries.Exposure;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Turns an {@code Authorization} header into a {@link Caller}.
 *
 * <p>The challenges of what is thrown here name no scope, since what the request needs is known
 * only to its route: it adds {@link Scope#needing}.
 */
@Singleton
public final class Authenticator {
  /** How much longer than it says a token is good for going on with its owner's upload. */
  static final Duration UPLOAD_LEEWAY = Duration.ofHours(1);

  private final Tokens tokens;
  private final Logins logins;
  private final Standings standings;
  private final Registries registries;
  private final AccessVersion version;
  private final InstantSource clock;

  public Authenticator(
      Tokens tokens,
      Logins logins,
      Standings standings,
      Registries registries,
      AccessVersion version,
      InstantSource clock) {
    this.tokens = tokens;
    this.logins = logins;
    this.standings = standings;
    this.registries = registries;
    this.version = version;
    this.clock = clock;
  }

  /**
   * The caller, if the header's token was verified before and is still good. Never blocks; empty
   * means "ask". Always empty while other processes can change the database.
   *
   * @param address the client's network address, for the actor
   */
  public Optional<Caller> remembered(Optional<String> authorization, String address) {
    OptionalLong now = version.remembered();
    if (now.isEmpty()
        || !(Credentials.parse(authorization) instanceof Credentials.Bearer(var compact))) {
      return Optional.empty();
    }
    Optional<Tokens.Verified> token =
        tokens.remembered(compact).filter(known -> clock.instant().isBefore(known.expiresAt()));
    Optional<Exposure> exposure = registries.rememberedExposure(now.getAsLong());
    if (token.isEmpty() || exposure.isEmpty()) {
      return Optional.empty();
    }
    if (token.get().key().isEmpty()) {
      return Optional.of(caller(token.get(), Optional.empty(), exposure.get(), address));
    }
    return standings
        .remembered(token.get().key().get().id(), now.getAsLong())
        .filter(standing -> holds(token.get(), standing))
        .map(standing -> caller(token.get(), Optional.of(standing), exposure.get(), address));
  }

  /**
   * The caller. Asked when a request starts and never again while its body flows. May block.
   *
   * @param authorization {@code Bearer} with a token, {@code Basic} with an access key, or none
   * @param address the client's network address, for the brute-force brake and for last-used
   * @throws RefusedException with {@code UNAUTHORIZED}: no header (even where anonymous pull is on:
   *     clients must learn the token endpoint), an expired or broken token ({@code invalid_token}),
   *     a wrong secret, a disabled key; {@code TOOMANYREQUESTS} after too many wrong secrets
   */
  public Caller authenticate(Optional<String> authorization, String address) {
    return authenticate(authorization, address, Optional.empty());
  }

  /**
   * As {@link #authenticate}, for a request that goes on with an upload: a token of the identity
   * that opened it is good for one hour longer than it says (moby#33558), if its access key is.
   *
   * @param uploadOwner the principal that opened the upload
   */
  public Caller authenticateForUpload(
      Optional<String> authorization, String address, String uploadOwner) {
    return authenticate(authorization, address, Optional.of(uploadOwner));
  }

  /** The names of registries that do not exist outside the private network. May block. */
  public Set<String> hidden() {
    return registries.exposure(version.current()).hidden().keySet();
  }

  private Caller authenticate(
      Optional<String> authorization, String address, Optional<String> uploadOwner) {
    return switch (Credentials.parse(authorization)) {
      case Credentials.None() -> throw refused("log in with an access key", Optional.empty());
      case Credentials.Unusable() ->
          throw refused("the Authorization header is neither Bearer nor Basic", Optional.empty());
      case Credentials.Bearer(var compact) -> bearer(compact, address, uploadOwner);
      case Credentials.Basic basic -> basic(basic, address);
    };
  }

  private Caller basic(Credentials.Basic basic, String address) {
    long now = version.current();
    Standing standing = logins.check(basic, address, now);
    Exposure exposure = registries.exposure(now);
    return new Caller(
        new Actor(standing.principal(), standing.keyId(), address),
        new Reach.Unlimited(),
        Permissions.of(Optional.of(standing), exposure.opened()),
        exposure.hidden());
  }

  private Caller bearer(String compact, String address, Optional<String> uploadOwner) {
    Tokens.Verified token =
        tokens.verify(compact).orElseThrow(() -> invalid("the token is not one of this service"));
    Instant end =
        uploadOwner.equals(Optional.of(token.principal())) && token.key().isPresent()
            ? token.expiresAt().plus(UPLOAD_LEEWAY)
            : token.expiresAt();
    if (!clock.instant().isBefore(end)) {
      throw invalid("the token has expired");
    }
    long now = version.current();
    Exposure exposure = registries.exposure(now);
    if (token.key().isEmpty()) {
      return caller(token, Optional.empty(), exposure, address);
    }
    Standing standing =
        standings
            .find(token.key().get().id(), now)
            .filter(known -> holds(token, known))
            .orElseThrow(() -> invalid("the access key behind the token no longer works"));
    return caller(token, Optional.of(standing), exposure, address);
  }

  /** Whether the key behind a token is still the one that got it. */
  private boolean holds(Tokens.Verified token, Standing standing) {
    return standing.worksAt(clock.instant())
        && standing.principal().equals(token.principal())
        && token.key().map(key -> key.generation() == standing.generation()).orElse(false);
  }

  private static Caller caller(
      Tokens.Verified token, Optional<Standing> standing, Exposure exposure, String address) {
    return new Caller(
        new Actor(token.principal(), standing.map(Standing::keyId).orElse(""), address),
        token.reach(),
        Permissions.of(standing, exposure.opened()),
        exposure.hidden());
  }

  private static RefusedException invalid(String message) {
    return refused(message, Optional.of("invalid_token"));
  }

  private static RefusedException refused(String message, Optional<String> error) {
    return new RefusedException(new Refusal.Unauthorized(message, error, List.of()));
  }
}
