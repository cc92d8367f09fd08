package io.hatoba.server.auth;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.auth.SignInListener.Attempt;
import io.hatoba.server.auth.SignInListener.Reason;
import io.hatoba.server.auth.SignInListener.Via;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Checks the name and password of an account. Has a brake of its own: guessing passwords is slow
 * work, and does not slow those who come with access keys.
 */
@Singleton
public final class PasswordLogins {
  private final Accounts accounts;
  private final SignIns signIns;
  private final LoginBrake brake;

  public PasswordLogins(Accounts accounts, SignIns signIns, InstantSource clock) {
    this.accounts = accounts;
    this.signIns = signIns;
    this.brake = new LoginBrake(clock);
  }

  /**
   * The account with this name and password, if it may sign in.
   *
   * @throws RefusedException with {@code UNAUTHORIZED}, the same and after the same work for an
   *     unknown name, a wrong password and an account that is disabled; {@code TOOMANYREQUESTS}
   *     after too many of them
   */
  public Account check(String name, Secret password, String address) {
    // What cannot be a name is not shown to the database; all of it counts as one name.
    String counted = Account.isName(name) ? name : "";
    Attempt attempt = new Attempt(Via.PASSWORD, name, Optional.empty(), address);
    Tried tried;
    try {
      tried = attempt(counted, password, address);
    } catch (RefusedException e) {
      if (e.refusal() instanceof Refusal.TooMany) {
        signIns.refused(attempt, Reason.TOO_MANY);
      }
      throw e;
    }
    if (!tried.right()) {
      signIns.refused(attempt, Reason.WRONG_SECRET);
      throw refused();
    }
    Account account = tried.stored().account().orElseThrow();
    if (!account.enabled()) {
      signIns.refused(attempt, Reason.DISABLED);
      throw refused();
    }
    accounts.refreshHash(tried.stored(), password);
    return account;
  }

  private Tried attempt(String name, Secret password, String address) {
    brake.refuseIfTooEarly(name, address);
    Accounts.Stored stored = accounts.stored(name);
    return new Tried(
        stored, brake.attempt(name, address, () -> accounts.matches(stored, password)));
  }

  private static RefusedException refused() {
    return new RefusedException(
        new Refusal.Unauthorized(
            "the account or its password is wrong, or the account is disabled",
            Optional.empty(),
            List.of()));
  }

  private record Tried(Accounts.Stored stored, boolean right) {}
}
