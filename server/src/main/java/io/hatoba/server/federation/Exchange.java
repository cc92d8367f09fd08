package io.hatoba.server.federation;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.ShortLivedKeys;
import io.hatoba.server.auth.SignInListener.Attempt;
import io.hatoba.server.auth.SignInListener.Reason;
import io.hatoba.server.auth.SignInListener.Via;
import io.hatoba.server.auth.SignIns;
import io.hatoba.server.database.Database;
import io.hatoba.server.identity.IdentityToken;
import io.hatoba.server.identity.IdentityTokens;
import io.hatoba.server.identity.IdentityTokens.Expected;
import io.hatoba.server.identity.Verdict;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.rest.Throttle;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Exchanges identity tokens for short-lived keys. */
@Singleton
final class Exchange {
  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String EXPIRED =
      """
      SELECT hash
      FROM federation_token
      WHERE expires_at <= :before
      ORDER BY expires_at
      LIMIT :limit
      """;

  /** A company's runners often share one address. */
  private static final int BURST = 120;

  private static final Duration EACH = Duration.ofMillis(500);
  private static final int MAX_PER_TRANSACTION = 500;
  private static final int LONGEST_VALUE = 200;

  /** Longer than the skew that is allowed between clocks. */
  private static final long REMEMBERED_LONGER_MILLIS = 5 * 60_000;

  private final Database database;
  private final AccessVersion version;
  private final TrustedIssuers issuers;
  private final IdentityTokens tokens;
  private final ShortLivedKeys keys;
  private final Throttle throttle;
  private final SignIns signIns;
  private final InstantSource clock;

  Exchange(
      Database database,
      AccessVersion version,
      TrustedIssuers issuers,
      IdentityTokens tokens,
      ShortLivedKeys keys,
      SignIns signIns,
      InstantSource clock) {
    this.database = database;
    this.version = version;
    this.issuers = issuers;
    this.tokens = tokens;
    this.keys = keys;
    this.throttle = new Throttle(BURST, EACH, clock);
    this.signIns = signIns;
    this.clock = clock;
  }

  /**
   * The key for a token, which is used up by it.
   *
   * @param address where the request comes from
   * @throws RefusedException with {@code UNAUTHORIZED} if the token is not to be believed or was
   *     used before, {@code DENIED} if no rule lets it in, {@code TOOMANYREQUESTS}, {@code
   *     UNAVAILABLE} if its issuer cannot be asked for its keys
   */
  Given exchange(String compact, String address) {
    throttle.count(address);
    TrustedIssuer issuer = issuer(compact);
    IdentityToken token =
        switch (tokens.verify(
            compact, Expected.federation(issuer.issuer(), issuer.jwksUri(), issuer.audience()))) {
          case Verdict.Believed(var believed) -> believed;
          case Verdict.Rejected(var reason) -> {
            signIns.refused(
                new Attempt(Via.FEDERATION, issuer.name(), Optional.empty(), address),
                Reason.WRONG_SECRET);
            throw unauthorized("the identity token " + reason);
          }
        };
    try {
      Given given = give(issuer, token, compact, address);
      signIns.signedIn(
          new Attempt(
              Via.FEDERATION,
              token.subject(),
              Optional.of(Account.principal(given.serviceAccount())),
              address));
      return given;
    } catch (RefusedException e) {
      if (e.refusal().code() != ErrorCode.UNAVAILABLE) {
        signIns.refused(
            new Attempt(Via.FEDERATION, token.subject(), Optional.empty(), address),
            Reason.NOT_ALLOWED);
      }
      throw e;
    }
  }

  private TrustedIssuer issuer(String compact) {
    String claimed =
        IdentityTokens.claimedIssuer(compact)
            .orElseThrow(() -> unauthorized("the identity token is no signed JWT"));
    return issuers
        .find(claimed)
        .orElseThrow(
            () ->
                unauthorized(
                    "the identity token is of an issuer that is not trusted here: "
                        + shortened(claimed)));
  }

  private Given give(TrustedIssuer issuer, IdentityToken token, String compact, String address) {
    Rule rule = rule(issuer, token);
    String serviceAccount = Account.ROBOT + rule.serviceAccount();
    ShortLivedKeys.Draft draft = keys.draft(rule.scopes(), rule.keyLifetime(), address);
    Instant expiresAt =
        version.change(
            handle -> {
              useUp(handle, token, compact);
              return keys.insert(handle, serviceAccount, draft);
            });
    return new Given(draft.id(), draft.secret(), expiresAt, serviceAccount);
  }

  /**
   * The first rule that matches. A refusal tells of the closest one only, and none of its patterns.
   */
  private static Rule rule(TrustedIssuer issuer, IdentityToken token) {
    int closest = 0;
    long most = -1;
    for (int i = 0; i < issuer.rules().size(); i++) {
      Rule rule = issuer.rules().get(i);
      if (rule.mismatch(token).isEmpty()) {
        return rule;
      }
      long matching = rule.matching(token);
      if (matching > most) {
        most = matching;
        closest = i;
      }
    }
    String claim = issuer.rules().get(closest).mismatch(token).orElseThrow();
    String has =
        token
            .text(claim)
            .or(() -> Optional.of(token.texts(claim)).filter(l -> !l.isEmpty()).map(List::toString))
            .map(value -> "'" + shortened(value) + "'")
            .orElse("missing in the token");
    throw new RefusedException(
        new Refusal.Denied(
            "no rule of the issuer %s lets this job in. The closest is rule %d, which does not take the claim %s: it is %s"
                .formatted(issuer.name(), closest + 1, claim, has),
            claim));
  }

  /** A token is good once. What cannot be given after all does not use it up. */
  private void useUp(Handle handle, IdentityToken token, String compact) {
    int inserted =
        handle
            .createUpdate(
                """
                INSERT INTO federation_token (hash, expires_at)
                VALUES (:hash, :expiresAt)
                ON CONFLICT (hash) DO NOTHING
                """)
            .bind("hash", hash(token, compact))
            .bind("expiresAt", token.expiresAt().toEpochMilli())
            .execute();
    if (inserted == 0) {
      throw unauthorized(
          "the identity token was used before; each is good once, ask for a new one");
    }
  }

  /**
   * What a token is known by. Its signature is left out: of an elliptic curve there is a second one
   * that is as good.
   */
  private static String hash(IdentityToken token, String compact) {
    String known =
        token
            .id()
            .map(id -> "jti " + token.issuer() + " " + id)
            .orElseGet(() -> "token " + compact.substring(0, compact.lastIndexOf('.')));
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(known.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Forgets tokens that have expired; returns how many, 0 when there is nothing more to do. */
  int expireOnce() {
    long before = clock.millis() - REMEMBERED_LONGER_MILLIS;
    List<String> expired =
        database.read(
            handle ->
                handle
                    .createQuery(EXPIRED)
                    .bind("before", before)
                    .bind("limit", MAX_PER_TRANSACTION)
                    .mapTo(String.class)
                    .list());
    if (expired.isEmpty()) {
      return 0;
    }
    return database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM federation_token
                    WHERE hash IN (<expired>)
                    """)
                .bindList("expired", expired)
                .execute());
  }

  private static String shortened(String text) {
    return text.substring(0, Math.min(text.length(), LONGEST_VALUE)).replaceAll("\\p{Cntrl}", " ");
  }

  private static RefusedException unauthorized(String message) {
    return new RefusedException(new Refusal.Unauthorized(message, Optional.empty(), List.of()));
  }

  /** A key, for the only time its secret is known. */
  record Given(String id, Secret secret, Instant expiresAt, String serviceAccount) {}
}
