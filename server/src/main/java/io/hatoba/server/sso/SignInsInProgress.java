package io.hatoba.server.sso;

import io.hatoba.server.database.Database;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Sign-ins between the way to the provider and the way back.
 *
 * <pre>
 * browser   cookie = 256 random bits; from it the code verifier of PKCE and the nonce are derived
 * provider  state = 256 random bits
 * database  hash of the state, hash of the cookie, where to go afterwards, until when
 * </pre>
 *
 * Who reads the database can finish nobody's sign-in.
 */
@Singleton
final class SignInsInProgress {
  /** How long the way to the provider and back may take. */
  static final Duration LIFETIME = Duration.ofMinutes(10);

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String EXPIRED =
      """
      SELECT state_hash
      FROM oidc_sign_in
      WHERE expires_at <= :now
      ORDER BY expires_at
      LIMIT :limit
      """;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int MAX_PER_TRANSACTION = 500;

  private final Database database;
  private final InstantSource clock;

  SignInsInProgress(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Begins one.
   *
   * @param redirectUri where the provider sends the browser back to
   */
  Begun begin(String redirectUri, ReturnPath returnTo) {
    Secret state = random();
    Cookie cookie = new Cookie(random());
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO oidc_sign_in
                      (state_hash, cookie_hash, redirect_uri, return_to, expires_at)
                    VALUES (:state, :cookie, :redirectUri, :returnTo, :expiresAt)
                    """)
                .bind("state", derive(state, "state"))
                .bind("cookie", cookie.hash())
                .bind("redirectUri", redirectUri)
                .bind("returnTo", returnTo.value())
                .bind("expiresAt", clock.millis() + LIFETIME.toMillis())
                .execute());
    return new Begun(state, cookie);
  }

  /**
   * Ends the one with this state, whatever comes of it: no state is good twice.
   *
   * @return what was begun, if it was not too long ago and in the browser with this cookie
   */
  Optional<InProgress> end(Secret state, Cookie cookie) {
    return database
        .write(
            handle ->
                handle
                    .createQuery(
                        """
                        DELETE FROM oidc_sign_in
                        WHERE state_hash = :state
                        RETURNING cookie_hash, redirect_uri, return_to, expires_at
                        """)
                    .bind("state", derive(state, "state"))
                    .map(
                        (row, context) ->
                            new Stored(
                                row.getString("cookie_hash"),
                                row.getLong("expires_at"),
                                new InProgress(
                                    row.getString("redirect_uri"),
                                    new ReturnPath(row.getString("return_to")))))
                    .findOne())
        .filter(stored -> clock.millis() < stored.expiresAt())
        .filter(
            stored ->
                MessageDigest.isEqual(
                    stored.cookieHash().getBytes(StandardCharsets.US_ASCII),
                    cookie.hash().getBytes(StandardCharsets.US_ASCII)))
        .map(Stored::inProgress);
  }

  /** Forgets old ones; returns how many, 0 when there is nothing more to do. */
  int expireOnce() {
    long now = clock.millis();
    List<String> expired =
        database.read(
            handle ->
                handle
                    .createQuery(EXPIRED)
                    .bind("now", now)
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
                    DELETE FROM oidc_sign_in
                    WHERE state_hash IN (<expired>)
                    """)
                .bindList("expired", expired)
                .execute());
  }

  private static Secret random() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  private static String derive(Secret from, String purpose) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(from.bytes(), "HmacSHA256"));
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(mac.doFinal(purpose.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the browser keeps meanwhile. */
  record Cookie(Secret secret) {
    /** The code verifier of PKCE (RFC 7636). */
    String verifier() {
      return derive(secret, "verifier");
    }

    /** The code challenge that belongs to it, S256. */
    String challenge() {
      try {
        return Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                MessageDigest.getInstance("SHA-256")
                    .digest(verifier().getBytes(StandardCharsets.US_ASCII)));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    /** The nonce that the identity token must carry. */
    String nonce() {
      return derive(secret, "nonce");
    }

    private String hash() {
      return derive(secret, "cookie");
    }
  }

  /** What has just begun. */
  record Begun(Secret state, Cookie cookie) {}

  /** What comes back. */
  record InProgress(String redirectUri, ReturnPath returnTo) {}

  private record Stored(String cookieHash, long expiresAt, InProgress inProgress) {}
}
