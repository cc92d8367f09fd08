package io.hatoba.server.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.hatoba.oci.RefusedException;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether identity tokens are to be believed (OpenID Connect Core 1.0, section 3.1.3.7; RFC
 * 8725). The algorithm must be one of a fixed list of signatures with a public key: {@code none}
 * and those with a shared secret are not on it, so that nobody passes a public key off as one. Keys
 * come from the issuer only, never from the token.
 */
@Singleton
public final class IdentityTokens {
  /** Longer ones are not looked at. */
  public static final int MAX_LENGTH = 16 * 1024;

  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private static final Duration SKEW = Duration.ofSeconds(30);

  /** What may come a second time has to be remembered as long as it is good. */
  private static final Duration LONGEST = Duration.ofHours(24);

  private static final int SHORTEST_RSA_KEY = 2048;
  private static final int MAX_TRIES = 10;

  private final Issuers issuers;
  private final InstantSource clock;

  public IdentityTokens(Issuers issuers, InstantSource clock) {
    this.issuers = issuers;
    this.clock = clock;
  }

  /** Which issuer a token says it is of. Nothing of it was verified. */
  public static Optional<String> claimedIssuer(String compact) {
    if (compact.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(SignedJWT.parse(compact).getJWTClaimsSet().getIssuer());
    } catch (ParseException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether a token is to be believed.
   *
   * @throws RefusedException with {@code UNAVAILABLE} if the issuer's keys cannot be had
   */
  public Verdict verify(String compact, Expected expected) {
    if (compact.length() > MAX_LENGTH) {
      return new Verdict.Rejected("is longer than " + MAX_LENGTH + " characters");
    }
    try {
      SignedJWT jwt = SignedJWT.parse(compact);
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      Optional<String> header = wrongHeader(jwt.getHeader());
      if (header.isPresent()) {
        return new Verdict.Rejected(header.get());
      }
      Optional<String> bindings = wrongBindings(claims, jwt.getHeader().getAlgorithm(), expected);
      Optional<String> wrong =
          wrongParties(claims, expected)
              .or(() -> wrongTimes(claims))
              .or(() -> wrongSignature(jwt, expected))
              .or(() -> bindings);
      return wrong.isPresent()
          ? new Verdict.Rejected(wrong.get())
          : new Verdict.Believed(
              new IdentityToken(
                  claims.getIssuer(),
                  claims.getSubject(),
                  Optional.ofNullable(claims.getJWTID()),
                  instant(claims.getIssueTime()),
                  instant(claims.getExpirationTime()),
                  withoutNulls(claims)));
    } catch (ParseException e) {
      return new Verdict.Rejected("is no signed JWT");
    }
  }

  private static Map<String, Object> withoutNulls(JWTClaimsSet claims) {
    Map<String, Object> all = new HashMap<>(claims.getClaims());
    all.values().removeIf(Objects::isNull);
    return all;
  }

  private static Optional<String> wrongHeader(JWSHeader header) {
    if (!ALGORITHMS.contains(header.getAlgorithm())) {
      return Optional.of("is signed with an algorithm that is not accepted");
    }
    JOSEObjectType type = header.getType();
    return type == null || type.equals(JOSEObjectType.JWT)
        ? Optional.empty()
        : Optional.of("is of another type than JWT");
  }

  private static Optional<String> wrongParties(JWTClaimsSet claims, Expected expected)
      throws ParseException {
    if (!expected.issuer().equals(claims.getIssuer())) {
      return Optional.of("is of another issuer than " + expected.issuer());
    }
    if (claims.getSubject() == null || claims.getSubject().isEmpty()) {
      return Optional.of("has no subject");
    }
    List<String> audience = claims.getAudience();
    if (!audience.contains(expected.audience())) {
      return Optional.of("is not for the audience " + expected.audience());
    }
    String authorized = claims.getStringClaim("azp");
    return switch (expected.use()) {
      case SIGN_IN ->
          (authorized == null && audience.size() == 1) || expected.audience().equals(authorized)
              ? Optional.empty()
              : Optional.of("was given to another client");
      case FEDERATION ->
          audience.size() == 1
              ? Optional.empty()
              : Optional.of("is for more audiences than " + expected.audience());
    };
  }

  private Optional<String> wrongTimes(JWTClaimsSet claims) {
    Instant now = clock.instant();
    if (claims.getExpirationTime() == null || claims.getIssueTime() == null) {
      return Optional.of("does not say when it was made and when it ends");
    }
    if (!now.isBefore(instant(claims.getExpirationTime()).plus(SKEW))) {
      return Optional.of("has expired");
    }
    if (instant(claims.getIssueTime()).isAfter(now.plus(SKEW))
        || (claims.getNotBeforeTime() != null
            && instant(claims.getNotBeforeTime()).isAfter(now.plus(SKEW)))) {
      return Optional.of("is of the future; compare the clocks");
    }
    return instant(claims.getExpirationTime()).isAfter(now.plus(LONGEST))
        ? Optional.of("is good for more than " + LONGEST.toHours() + " hours")
        : Optional.empty();
  }

  /** What binds it to one sign-in: the nonce and the access token that came with it. */
  private static Optional<String> wrongBindings(
      JWTClaimsSet claims, JWSAlgorithm algorithm, Expected expected) throws ParseException {
    if (expected.nonce().isPresent()
        && !expected.nonce().get().equals(claims.getStringClaim("nonce"))) {
      return Optional.of("belongs to another sign-in");
    }
    String accessHash = claims.getStringClaim("at_hash");
    return accessHash == null
            || expected.accessToken().isEmpty()
            || accessHash.equals(hash(expected.accessToken().get(), algorithm))
        ? Optional.empty()
        : Optional.of("belongs to another access token");
  }

  private Optional<String> wrongSignature(SignedJWT jwt, Expected expected) {
    return signed(jwt, expected)
        ? Optional.empty()
        : Optional.of("is not signed with a key of its issuer");
  }

  private boolean signed(SignedJWT jwt, Expected expected) {
    JWSHeader header = jwt.getHeader();
    List<JWK> keys = issuers.keys(expected.issuer(), expected.jwksUri(), header, false);
    if (signed(jwt, keys)) {
      return true;
    }
    if (!keys.isEmpty() && header.getKeyID() != null) {
      return false;
    }
    return signed(jwt, issuers.keys(expected.issuer(), expected.jwksUri(), header, true));
  }

  private static boolean signed(SignedJWT jwt, List<JWK> keys) {
    return keys.stream().limit(MAX_TRIES).anyMatch(key -> signed(jwt, key));
  }

  private static boolean signed(SignedJWT jwt, JWK key) {
    try {
      JWSVerifier verifier = verifier(key);
      return verifier != null && jwt.verify(verifier);
    } catch (JOSEException e) {
      return false; // the key is of another curve than the algorithm
    }
  }

  private static @Nullable JWSVerifier verifier(JWK key) throws JOSEException {
    return switch (key) {
      case RSAKey rsa when rsa.size() >= SHORTEST_RSA_KEY -> new RSASSAVerifier(rsa);
      case ECKey ec -> new ECDSAVerifier(ec);
      default -> null;
    };
  }

  /** The left half of the hash that belongs to the algorithm (section 3.1.3.6). */
  private static String hash(String accessToken, JWSAlgorithm algorithm) {
    String name = "SHA-" + algorithm.getName().substring(2);
    try {
      byte[] hash =
          MessageDigest.getInstance(name).digest(accessToken.getBytes(StandardCharsets.US_ASCII));
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(Arrays.copyOf(hash, hash.length / 2));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Instant instant(Date date) {
    return date.toInstant();
  }

  /**
   * What a token must say.
   *
   * @param jwksUri where the issuer's keys are, if not where the issuer says
   * @param audience who it must be for
   * @param nonce of the sign-in that it must belong to
   * @param accessToken that came with it
   */
  public record Expected(
      Use use,
      String issuer,
      Optional<URI> jwksUri,
      String audience,
      Optional<String> nonce,
      Optional<String> accessToken) {
    /** A person's, in the answer to a code. */
    public static Expected signIn(
        String issuer, String client, String nonce, Optional<String> accessToken) {
      return new Expected(
          Use.SIGN_IN, issuer, Optional.empty(), client, Optional.of(nonce), accessToken);
    }

    /** A machine's, sent to us by itself. */
    public static Expected federation(String issuer, Optional<URI> jwksUri, String audience) {
      return new Expected(
          Use.FEDERATION, issuer, jwksUri, audience, Optional.empty(), Optional.empty());
    }

    @Override
    public String toString() {
      return "Expected[" + use + " " + issuer + " " + audience + "]";
    }
  }

  /** What a token is used for. */
  public enum Use {
    SIGN_IN,
    /** Must be for us alone: another audience of it could use it here. */
    FEDERATION
  }
}
