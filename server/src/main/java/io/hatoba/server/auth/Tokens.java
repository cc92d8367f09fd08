package io.hatoba.server.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.hatoba.server.account.ServerKeys;
import io.hatoba.server.startup.Secret;
import io.hatoba.server.startup.StartupException;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Bearer tokens: JWT with ES256, signed with the key {@code token} of {@link ServerKeys}. Verifying
 * a signature costs 0.4 ms of a core, so a verified token is remembered, by the SHA-256 of its
 * text.
 *
 * <pre>
 * header   alg ES256, kid = thumbprint of the key
 * claims   iss, aud = service, sub = principal, jti, iat, nbf = iat − 60 s, exp
 *          access       [{type, name, actions}]        as Docker's token specification
 *          hatoba_key   [id, generation of its secret] if an access key stands behind it
 * </pre>
 */
@Singleton
public final class Tokens {
  /** Longer ones do not fit the header limit of common servers and are not looked at. */
  static final int MAX_LENGTH = 8 * 1024;

  private static final Duration SKEW = Duration.ofSeconds(60);
  private static final Duration SHORTEST = Duration.ofMinutes(5);
  private static final Duration LONGEST = Duration.ofMinutes(30);
  private static final int MAX_REMEMBERED = 20_000;

  private final ServerKeys keys;
  private final AuthConfig config;
  private final InstantSource clock;
  private final Cache<Hash, Verified> verified =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();
  private volatile @Nullable Signing signing;

  public Tokens(ServerKeys keys, AuthConfig config, InstantSource clock) {
    Duration lifetime = config.tokenLifetime();
    if (lifetime.compareTo(SHORTEST) < 0 || lifetime.compareTo(LONGEST) > 0) {
      throw new StartupException(
          "hatoba.auth.token-lifetime must be between 5m and 30m, not " + lifetime + ".");
    }
    this.keys = keys;
    this.config = config;
    this.clock = clock;
  }

  /**
   * Signs a token.
   *
   * @param notAfter the token does not live longer than this
   */
  Issued issue(
      String principal, Optional<KeyRef> key, List<Scope> access, Optional<Instant> notAfter) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant end = now.plus(config.tokenLifetime());
    if (notAfter.isPresent() && notAfter.get().isBefore(end)) {
      end = notAfter.get().truncatedTo(ChronoUnit.SECONDS);
    }
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(config.issuer())
            .audience(config.service())
            .subject(principal)
            .jwtID(UUID.randomUUID().toString())
            .issueTime(Date.from(now))
            .notBeforeTime(Date.from(now.minus(SKEW)))
            .expirationTime(Date.from(end))
            .claim("access", access.stream().map(Tokens::entry).toList());
    key.ifPresent(ref -> claims.claim("hatoba_key", List.of(ref.id(), ref.generation())));
    Signing signing = signing();
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(signing.key().getKeyID()).build(),
            claims.build());
    try {
      jwt.sign(signing.signer());
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
    return new Issued(jwt.serialize(), now, Duration.between(now, end));
  }

  private static Map<String, Object> entry(Scope scope) {
    return Map.of(
        "type", scope.type(), "name", scope.name(), "actions", List.copyOf(scope.actions()));
  }

  /** What a token says, if it was verified before. Never blocks. The end is not looked at. */
  Optional<Verified> remembered(String compact) {
    return compact.length() > MAX_LENGTH
        ? Optional.empty()
        : Optional.ofNullable(verified.getIfPresent(Hash.of(compact)));
  }

  /**
   * What a token says, if we signed it for this service and its time has come. Whether it has ended
   * is for the caller to see.
   */
  Optional<Verified> verify(String compact) {
    if (compact.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    Hash hash = Hash.of(compact);
    Verified known = verified.getIfPresent(hash);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Verified> fresh = parse(compact);
    fresh.ifPresent(token -> verified.put(hash, token));
    return fresh;
  }

  private Optional<Verified> parse(String compact) {
    try {
      SignedJWT jwt = SignedJWT.parse(compact);
      Signing signing = signing();
      if (!JWSAlgorithm.ES256.equals(jwt.getHeader().getAlgorithm())
          || !signing.key().getKeyID().equals(jwt.getHeader().getKeyID())
          || !jwt.verify(signing.verifier())) {
        return Optional.empty();
      }
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      if (!config.issuer().equals(claims.getIssuer())
          || !claims.getAudience().contains(config.service())
          || clock.instant().isBefore(claims.getNotBeforeTime().toInstant())) {
        return Optional.empty();
      }
      return Optional.of(
          new Verified(
              claims.getSubject(),
              key(claims),
              Reach.Listed.of(access(claims)),
              claims.getExpirationTime().toInstant()));
    } catch (ParseException | JOSEException e) {
      return Optional.empty();
    }
  }

  private static Optional<KeyRef> key(JWTClaimsSet claims) throws ParseException {
    List<?> parts = claims.getListClaim("hatoba_key");
    return parts == null
        ? Optional.empty()
        : Optional.of(new KeyRef((String) parts.get(0), Math.toIntExact((Long) parts.get(1))));
  }

  private static List<Scope> access(JWTClaimsSet claims) throws ParseException {
    List<Scope> access = new ArrayList<>();
    for (Object entry : claims.getListClaim("access")) {
      Map<?, ?> fields = (Map<?, ?>) entry;
      Set<String> actions = new LinkedHashSet<>();
      ((List<?>) field(fields, "actions")).forEach(action -> actions.add((String) action));
      access.add(
          new Scope((String) field(fields, "type"), (String) field(fields, "name"), actions));
    }
    return access;
  }

  private static Object field(Map<?, ?> fields, String name) throws ParseException {
    Object value = fields.get(name);
    if (value == null) {
      throw new ParseException("no " + name, 0);
    }
    return value;
  }

  private Signing signing() {
    Signing known = signing;
    if (known != null) {
      return known;
    }
    try {
      ECKey key = ECKey.parse(keys.key("token", Tokens::newKey).reveal());
      Signing loaded = new Signing(key, new ECDSASigner(key), new ECDSAVerifier(key));
      signing = loaded;
      return loaded;
    } catch (ParseException | JOSEException e) {
      throw new IllegalStateException("the stored signing key cannot be read", e);
    }
  }

  private static Secret newKey() {
    try {
      return new Secret(
          new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate().toJSONString());
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The access key behind a token.
   *
   * @param generation of its secret
   */
  record KeyRef(String id, int generation) {}

  /** A token that was just signed. */
  record Issued(String compact, Instant issuedAt, Duration expiresIn) {
    @Override
    public String toString() {
      return "Issued[***]";
    }
  }

  /** What a token with a good signature says. */
  record Verified(String principal, Optional<KeyRef> key, Reach.Listed reach, Instant expiresAt) {}

  private record Signing(ECKey key, ECDSASigner signer, ECDSAVerifier verifier) {
    @Override
    public String toString() {
      return "Signing[***]";
    }
  }

  private record Hash(long a, long b, long c, long d) {
    static Hash of(String compact) {
      try {
        ByteBuffer digest =
            ByteBuffer.wrap(
                MessageDigest.getInstance("SHA-256")
                    .digest(compact.getBytes(StandardCharsets.UTF_8)));
        return new Hash(digest.getLong(), digest.getLong(), digest.getLong(), digest.getLong());
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
