package io.hatoba.server.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.outbound.Call;
import io.hatoba.server.outbound.Outbound;
import io.hatoba.server.outbound.Reply;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The addresses and public keys of issuers, fetched when first needed and remembered for an hour.
 * Keys are fetched anew before that when a token names one that is not among them, at most once a
 * minute: whoever sends us made-up tokens cannot make us flood an issuer.
 *
 * <p>What cannot be fetched is refused with {@code UNAVAILABLE}; old keys are not used on.
 */
@Singleton
public final class Issuers {
  private static final Duration MEMORY = Duration.ofHours(1);
  private static final Duration REFRESH = Duration.ofMinutes(1);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final int MAX_REMEMBERED = 1000;
  private static final int MAX_KEYS = 100;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Outbound outbound;
  private final InstantSource clock;
  private final Cache<String, Remembered<Metadata>> metadata = cache();
  private final Cache<URI, Remembered<JWKSet>> keys = cache();

  public Issuers(Outbound outbound, InstantSource clock) {
    this.outbound = outbound;
    this.clock = clock;
  }

  private static <K, V> Cache<K, V> cache() {
    return Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();
  }

  /**
   * What is wrong with the address of an issuer, or of its keys, that a person has typed; to be
   * said before it is stored. Empty if nothing is.
   */
  public Optional<String> complaint(String address) {
    try {
      URI uri = new URI(address);
      if (uri.getRawFragment() != null || uri.getRawQuery() != null) {
        return Optional.of("the address must have neither a query nor a fragment");
      }
      return outbound.complaint(uri).or(() -> plain(uri));
    } catch (URISyntaxException e) {
      return Optional.of("it is no address");
    }
  }

  /** Keys that come unprotected over a network are anybody's. */
  private static Optional<String> plain(URI uri) {
    return uri.getScheme().equals("https") || LOOPBACK.contains(uri.getHost())
        ? Optional.empty()
        : Optional.of("the address must begin with https://");
  }

  /**
   * What an issuer says about itself.
   *
   * @throws RefusedException with {@code UNAVAILABLE} if it cannot be had, or names another issuer
   */
  public Metadata metadata(String issuer) {
    return metadata
        .get(issuer, name -> new Remembered<>())
        .get(MEMORY, clock.instant(), () -> fetchMetadata(issuer));
  }

  /**
   * The keys that may have signed a token with this header.
   *
   * @param jwksUri where they are, if that is known; otherwise the issuer is asked
   * @param fresh whether to fetch them although they were fetched before, unless it was just now
   * @throws RefusedException with {@code UNAVAILABLE} if they cannot be had
   */
  List<JWK> keys(String issuer, Optional<URI> jwksUri, JWSHeader header, boolean fresh) {
    URI address = jwksUri.orElseGet(() -> metadata(issuer).jwksUri());
    JWKSet set =
        keys.get(address, uri -> new Remembered<>())
            .get(fresh ? REFRESH : MEMORY, clock.instant(), () -> fetchKeys(address));
    return new JWKSelector(JWKMatcher.forJWSHeader(header)).select(set);
  }

  private Metadata fetchMetadata(String issuer) {
    String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
    URI address = uri(base + "/.well-known/openid-configuration", issuer);
    JsonNode document = json(address);
    String named = document.path("issuer").asText("");
    if (!named.equals(issuer)) {
      throw unavailable(
          "%s says that its issuer is '%s', not '%s'"
              .formatted(address, named.substring(0, Math.min(named.length(), 200)), issuer));
    }
    List<String> methods = new ArrayList<>();
    document
        .path("token_endpoint_auth_methods_supported")
        .forEach(method -> methods.add(method.asText()));
    return new Metadata(
        issuer,
        field(document, "jwks_uri", issuer)
            .orElseThrow(() -> unavailable(address + " names no jwks_uri")),
        field(document, "authorization_endpoint", issuer),
        field(document, "token_endpoint", issuer),
        field(document, "userinfo_endpoint", issuer),
        methods);
  }

  private static Optional<URI> field(JsonNode document, String name, String issuer) {
    JsonNode value = document.path(name);
    if (!value.isTextual()) {
      return Optional.empty();
    }
    URI address = uri(value.textValue(), issuer);
    Optional<String> complaint =
        address.getScheme() == null || address.getHost() == null
            ? Optional.of("it is no address")
            : plain(address);
    if (complaint.isPresent()) {
      throw unavailable("%s of %s cannot be used: %s".formatted(name, issuer, complaint.get()));
    }
    return Optional.of(address);
  }

  private JWKSet fetchKeys(URI address) {
    try {
      JWKSet set = JWKSet.parse(body(address)).toPublicJWKSet();
      if (set.size() > MAX_KEYS) {
        throw unavailable("%s has more than %d keys".formatted(address, MAX_KEYS));
      }
      return set;
    } catch (ParseException e) {
      throw unavailable(address + " sends no key set");
    }
  }

  private JsonNode json(URI address) {
    try {
      return JSON.readTree(body(address));
    } catch (JsonProcessingException e) {
      throw unavailable(address + " sends no JSON");
    }
  }

  private String body(URI address) {
    Optional<String> complaint = outbound.complaint(address).or(() -> plain(address));
    if (complaint.isPresent()) {
      throw unavailable(address + " may not be asked: " + complaint.get());
    }
    return switch (outbound.send(Call.getJson(address))) {
      case Reply.Answered(int status, var _, String body) when status == 200 -> body;
      case Reply.Answered(int status, var _, var _) ->
          throw unavailable("%s answers with status %d".formatted(address, status));
      case Reply.Forbidden(String reason) -> throw unavailable(reason);
      case Reply.Failed(String reason) -> throw unavailable(reason);
    };
  }

  private static URI uri(String text, String issuer) {
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      throw unavailable("an address of the issuer " + issuer + " is none");
    }
  }

  private static RefusedException unavailable(String reason) {
    return new RefusedException(
        new Refusal.Unavailable("the identity provider cannot be asked: " + reason, AFTER_FAILURE));
  }

  /**
   * Something that was fetched, or the last failure to. Those who need it at the same time wait for
   * one fetch.
   */
  private static final class Remembered<T> {
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable T value;
    private Instant fetchedAt = Instant.EPOCH;
    private @Nullable RefusedException failure;
    private Instant failedAt = Instant.EPOCH;

    T get(Duration memory, Instant now, Fetch<T> fetch) {
      lock.lock();
      try {
        T known = value;
        if (known != null && now.isBefore(fetchedAt.plus(memory))) {
          return known;
        }
        RefusedException failed = failure;
        if (failed != null && now.isBefore(failedAt.plus(AFTER_FAILURE))) {
          throw new RefusedException(failed.refusal());
        }
        T fresh = fetch.run();
        value = fresh;
        fetchedAt = now;
        failure = null;
        return fresh;
      } catch (RefusedException e) {
        if (failure == null || !now.isBefore(failedAt.plus(AFTER_FAILURE))) {
          failure = e;
          failedAt = now;
        }
        throw e;
      } finally {
        lock.unlock();
      }
    }
  }

  @FunctionalInterface
  private interface Fetch<T> {
    T run();
  }
}
