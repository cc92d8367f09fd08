package io.hatoba.server.sso;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Identities;
import io.hatoba.server.account.Session;
import io.hatoba.server.account.Sessions;
import io.hatoba.server.auth.SignInListener.Attempt;
import io.hatoba.server.auth.SignInListener.Reason;
import io.hatoba.server.auth.SignInListener.Via;
import io.hatoba.server.auth.SignIns;
import io.hatoba.server.endpoint.Endpoint;
import io.hatoba.server.identity.IdentityToken;
import io.hatoba.server.rest.Throttle;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Begins and finishes sign-ins by the identity provider. */
@Singleton
final class OidcSignIn {
  /** Where the provider sends a browser back to. */
  static final String CALLBACK = "/api/v1/session/oidc/callback";

  private static final Logger LOG = Logger.getLogger(OidcSignIn.class);
  private static final int BURST = 60;
  private static final Duration EACH = Duration.ofSeconds(1);
  private static final int LONGEST_ANSWER = 4096;

  private final OidcConfig config;
  private final Oidc oidc;
  private final SignInsInProgress inProgress;
  private final Identities identities;
  private final Sessions sessions;
  private final SignIns signIns;
  private final Throttle throttle;

  OidcSignIn(
      OidcConfig config,
      Oidc oidc,
      SignInsInProgress inProgress,
      Identities identities,
      Sessions sessions,
      SignIns signIns,
      InstantSource clock) {
    this.config = config;
    this.oidc = oidc;
    this.inProgress = inProgress;
    this.identities = identities;
    this.sessions = sessions;
    this.signIns = signIns;
    this.throttle = new Throttle(BURST, EACH, clock);
  }

  /** Whether there is single sign-on. */
  boolean enabled() {
    return oidc.enabled();
  }

  /**
   * Begins a sign-in.
   *
   * @throws RefusedException with {@code TOOMANYREQUESTS}, and with {@code UNAVAILABLE} if the
   *     provider cannot be asked
   */
  Started start(ReturnPath returnTo, Endpoint endpoint, String address) {
    throttle.count(address);
    String redirectUri = endpoint.origin() + CALLBACK;
    SignInsInProgress.Begun begun = inProgress.begin(redirectUri, returnTo);
    return new Started(oidc.authorizationAddress(begun, redirectUri), begun.cookie());
  }

  /** Finishes a sign-in with what the provider's redirect has brought. */
  Outcome finish(Answer answer, Optional<SignInsInProgress.Cookie> cookie, Session.From from) {
    if (!answer.isBounded()) {
      return refused(Problem.EXPIRED);
    }
    Optional<SignInsInProgress.InProgress> begun =
        answer
            .state()
            .flatMap(state -> cookie.flatMap(own -> inProgress.end(new Secret(state), own)));
    if (begun.isEmpty()) {
      return refused(Problem.EXPIRED);
    }
    if (!oidc.isOurs(answer.issuer()) || answer.error().isPresent() || answer.code().isEmpty()) {
      LOG.infof("the identity provider let nobody in, error=%s", answer.tameError());
      return refused(
          answer.error().filter("access_denied"::equals).isPresent()
              ? Problem.CANCELLED
              : Problem.PROVIDER);
    }
    try {
      Optional<IdentityToken> token =
          oidc.redeem(new Secret(answer.code().get()), cookie.orElseThrow(), begun.get());
      return token
          .map(verified -> signIn(verified, begun.get().returnTo(), from))
          .orElseGet(() -> refused(Problem.PROVIDER));
    } catch (RefusedException e) {
      if (e.refusal().code() != ErrorCode.UNAVAILABLE) {
        throw e;
      }
      LOG.warnf("failed to finish a sign-in, %s", e.refusal().message());
      return refused(Problem.UNAVAILABLE);
    }
  }

  private Outcome signIn(IdentityToken token, ReturnPath returnTo, Session.From from) {
    List<String> groups = token.texts(config.groupsClaim());
    String name = token.text(config.accountClaim()).orElse(token.subject());
    if (config.allowedGroups().isPresent()
        && config.allowedGroups().get().stream().noneMatch(groups::contains)) {
      return turnedAway(name, Optional.empty(), Reason.NOT_ALLOWED, Problem.NOT_ALLOWED, from);
    }
    Optional<Identities.Found> account;
    try {
      account =
          identities.signIn(
              new Identities.Person(token.issuer(), token.subject(), name, email(token), groups),
              config.createAccounts());
    } catch (RefusedException e) {
      if (e.refusal().code() != ErrorCode.DENIED) {
        throw e;
      }
      LOG.warnf("refused a sign-in, %s", e.refusal().message());
      return turnedAway(name, Optional.empty(), Reason.NOT_ALLOWED, Problem.NOT_ALLOWED, from);
    }
    if (account.isEmpty()) {
      return turnedAway(name, Optional.empty(), Reason.NOT_ALLOWED, Problem.NO_ACCOUNT, from);
    }
    String principal = Account.principal(account.get().name());
    try {
      Session.Opened opened = sessions.open(account.get().id(), from);
      signIns.signedIn(
          new Attempt(Via.OIDC, account.get().name(), Optional.of(principal), from.address()));
      return new Outcome.SignedIn(returnTo, opened.secret());
    } catch (RefusedException e) {
      if (e.refusal().code() != ErrorCode.UNAUTHORIZED) {
        throw e;
      }
      return turnedAway(
          account.get().name(), Optional.of(principal), Reason.DISABLED, Problem.DISABLED, from);
    }
  }

  private Outcome turnedAway(
      String name, Optional<String> principal, Reason reason, Problem problem, Session.From from) {
    signIns.refused(new Attempt(Via.OIDC, name, principal, from.address()), reason);
    return refused(problem);
  }

  /** Only what nobody has said to be unverified. */
  private static Optional<String> email(IdentityToken token) {
    return token.text("email_verified").map("false"::equals).orElse(false)
        ? Optional.empty()
        : token.text("email");
  }

  private static Outcome refused(Problem problem) {
    return new Outcome.Refused(problem);
  }

  /** Forgets sign-ins that nobody has finished in time; as often as it returns more than 0. */
  int expireOnce() {
    return inProgress.expireOnce();
  }

  /** Where to send the browser, and what it has to keep. */
  record Started(String location, SignInsInProgress.Cookie cookie) {}

  /**
   * What the provider's redirect has brought.
   *
   * @param issuer who answers, if it says so
   */
  record Answer(
      Optional<String> state,
      Optional<String> code,
      Optional<String> error,
      Optional<String> issuer) {
    private boolean isBounded() {
      return List.of(state, code, error, issuer).stream()
          .allMatch(field -> field.map(String::length).orElse(0) <= LONGEST_ANSWER);
    }

    private String tameError() {
      String text = error.orElse("");
      return text.substring(0, Math.min(text.length(), 100)).replaceAll("[^A-Za-z0-9._ -]", "?");
    }

    @Override
    public String toString() {
      return "Answer[***]";
    }
  }

  /** What came of it. */
  sealed interface Outcome {
    /**
     * Somebody is signed in.
     *
     * @param session the secret of the session's cookie
     */
    record SignedIn(ReturnPath returnTo, Secret session) implements Outcome {}

    /** Nobody is. */
    record Refused(Problem problem) implements Outcome {}
  }

  /** Why nobody is signed in, as the sign-in page is told. */
  enum Problem {
    /** Begun too long ago, in another browser, finished before, or never begun. */
    EXPIRED,
    /** The person has said no at the provider. */
    CANCELLED,
    /** The provider let nobody in, or what it said is not to be believed. */
    PROVIDER,
    /** The provider cannot be asked now. */
    UNAVAILABLE,
    /** The person is in none of the groups that may sign in. */
    NOT_ALLOWED,
    /** No account is made by signing in, and the person has none. */
    NO_ACCOUNT,
    /** The account is disabled. */
    DISABLED;

    /** As it stands in the address: {@code not-allowed}. */
    String identifier() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }
}
