package io.hatoba.server.account;

import io.hatoba.server.startup.Secret;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A credential of an account, without its secret.
 *
 * @param id what is typed as user name
 * @param generation grows with each new secret
 * @param expiresAt from then on it does not work
 * @param created when it was made, and from where
 * @param lastUsed about when it was last used, and from where; written in batches
 */
public record AccessKey(
    String id,
    long accountId,
    int generation,
    boolean enabled,
    Optional<Instant> expiresAt,
    Use created,
    Optional<Use> lastUsed) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._$-]{1,64}");

  /** Whether text can be the id of a key. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** A moment and the network address a request came from; empty text if there was none. */
  public record Use(Instant at, String address) {}

  /** A key that was just made or got a new secret, for the only time the secret is known. */
  public record Issued(AccessKey key, Secret secret) {}
}
