package io.hatoba.server.auth;

import java.util.Optional;

/**
 * Is told who comes in and who is turned away. There may be none. Called on the thread that
 * answers, after the decision, which it cannot change: an exception is logged and goes no further.
 */
public interface SignInListener {
  /**
   * Somebody came in. For access keys at most once a minute for each key, address and node, since
   * they come with every request.
   */
  void signedIn(Attempt attempt);

  /** Somebody was turned away. Told each time, and whoever guesses tries often. */
  void refused(Attempt attempt, Reason reason);

  /**
   * A try to come in.
   *
   * @param name the account or the id of the key, as typed: foreign text, at most 64 characters
   * @param principal whom it belongs to, if the secret was right
   * @param address of the network
   */
  record Attempt(Via via, String name, Optional<String> principal, String address) {}

  /** What was shown. */
  enum Via {
    PASSWORD,
    ACCESS_KEY,
    OIDC,
    FEDERATION
  }

  /** Why somebody was turned away. */
  enum Reason {
    /** No such account or key, or the secret is wrong; that both are one is on purpose. */
    WRONG_SECRET,
    /** The secret was right; the account or key is disabled or has expired. */
    DISABLED,
    /** Too many wrong secrets before; this one was not looked at. */
    TOO_MANY,
    /** The identity provider vouched for somebody who may not come in here. */
    NOT_ALLOWED
  }
}
