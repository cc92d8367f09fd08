package io.hatoba.server.account;

import io.hatoba.server.startup.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A credential of an account, without its secret.
 *
 * @param id what is typed as user name
 * @param name what people call it; may be empty, need not be unique
 * @param generation grows with each new secret
 * @param expiresAt from then on it does not work
 * @param scopes what it is narrowed to; empty: it may do all that its owner may
 * @param created when it was made, and from where
 * @param secretAt when its secret was made
 * @param lastUsed about when it was last used, and from where; written in batches
 */
public record AccessKey(
    String id,
    long accountId,
    String name,
    int generation,
    boolean enabled,
    Optional<Instant> expiresAt,
    Optional<List<KeyScope>> scopes,
    Use created,
    Instant secretAt,
    Optional<Use> lastUsed) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._$-]{1,64}");

  /** From this age on a new secret is advised. */
  public static final Duration OLD = Duration.ofDays(90);

  public AccessKey {
    scopes = scopes.map(List::copyOf);
  }

  /** Whether text can be the id of a key. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /**
   * What its owner decides about a key.
   *
   * @param name as {@link AccessKey#name}
   */
  public record Settings(
      String name, boolean enabled, Optional<Instant> expiresAt, Optional<List<KeyScope>> scopes) {
    /** Of a key that may do all that its owner may, without an end. */
    public static final Settings PLAIN = new Settings("", true, Optional.empty(), Optional.empty());

    public Settings {
      expiresAt = expiresAt.map(at -> Instant.ofEpochMilli(at.toEpochMilli()));
      scopes = scopes.map(List::copyOf);
    }
  }

  /** What its owner decides about it. */
  public Settings settings() {
    return new Settings(name, enabled, expiresAt, scopes);
  }

  /** A moment and the network address a request came from; empty text if there was none. */
  public record Use(Instant at, String address) {}

  /** A key that was just made or got a new secret, for the only time the secret is known. */
  public record Issued(AccessKey key, Secret secret) {}
}
