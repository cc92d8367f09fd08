package io.hatoba.server.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A server of an issuer on loopback: its own description, its keys, and tokens it has signed. */
public final class TestIssuer implements AutoCloseable {
  private final HttpServer server;
  private final List<JWK> published = new CopyOnWriteArrayList<>();
  private final Map<String, Object> description = new ConcurrentHashMap<>();

  /** How often the keys were fetched. */
  public final AtomicInteger keyFetches = new AtomicInteger();

  /** How often the description was fetched. */
  public final AtomicInteger descriptionFetches = new AtomicInteger();

  /** Starts it on a free port. */
  public TestIssuer() {
    this(0);
  }

  /** Starts it on a port. */
  public TestIssuer(int port) {
    try {
      server =
          HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    description.put("issuer", url());
    description.put("jwks_uri", jwksUri().toString());
    serve(
        "/.well-known/openid-configuration",
        descriptionFetches,
        () -> JSONObjectUtils.toJSONString(description));
    serve("/keys", keyFetches, () -> new JWKSet(published).toString());
    server.start();
  }

  private void serve(String path, AtomicInteger counter, Supplier<String> body) {
    server.createContext(
        path,
        exchange -> {
          counter.incrementAndGet();
          byte[] bytes = body.get().getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          try (exchange) {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
  }

  /** Has it answer at one more path. */
  public void serve(String path, HttpHandler handler) {
    server.createContext(path, handler);
  }

  /** Its address, which is its name. */
  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** Where its keys are. */
  public URI jwksUri() {
    return URI.create(url() + "/keys");
  }

  /** Has it say something else about itself. */
  public void describe(String field, Object value) {
    description.put(field, value);
  }

  /** Publishes keys, in the place of those before. */
  public void publish(JWK... keys) {
    published.clear();
    published.addAll(List.of(keys));
  }

  /** A new RSA key. */
  public static RSAKey rsa(String id) {
    try {
      return new RSAKeyGenerator(2048).keyID(id).keyUse(KeyUse.SIGNATURE).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A new key on the curve P-256. */
  public static ECKey ec(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).keyUse(KeyUse.SIGNATURE).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A token signed with RS256 or ES256, after the kind of the key. */
  public static String sign(JWK key, JWTClaimsSet claims) {
    return switch (key) {
      case RSAKey rsa -> sign(header(JWSAlgorithm.RS256, key), claims, signer(rsa));
      case ECKey ec -> sign(header(JWSAlgorithm.ES256, key), claims, signer(ec));
      default -> throw new IllegalArgumentException(key.toString());
    };
  }

  /** A token with another header. */
  public static String sign(JWSHeader header, JWTClaimsSet claims, JWSSigner signer) {
    try {
      SignedJWT jwt = new SignedJWT(header, claims);
      jwt.sign(signer);
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A token with {@code alg: none}. */
  public static String unsigned(JWTClaimsSet claims) {
    return new PlainJWT(claims).serialize();
  }

  /** A token whose HS256 key is the text of a public key. */
  public static String hmacWithPublicKey(RSAKey key, JWTClaimsSet claims) {
    try {
      return sign(
          header(JWSAlgorithm.HS256, key),
          claims,
          new MACSigner(key.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8)));
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A header. */
  public static JWSHeader header(JWSAlgorithm algorithm, JWK key) {
    return new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).type(JOSEObjectType.JWT).build();
  }

  /** Signs with RSA. */
  public static JWSSigner signer(RSAKey key) {
    try {
      return new RSASSASigner(key);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Signs on a curve. */
  public static JWSSigner signer(ECKey key) {
    try {
      return new ECDSASigner(key);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
