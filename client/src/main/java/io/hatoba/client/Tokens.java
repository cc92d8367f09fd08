package io.hatoba.client;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What goes into {@code Authorization} (Docker token authentication). Nothing until the registry
 * challenged the first time; from then on what it asked for, without another challenge. Many
 * threads that need the same token wait for one request.
 */
final class Tokens {
  private static final int LONGEST_ANSWER = 64 * 1024;
  private static final int MOST_SLOTS = 4096;
  private static final int MOST_CHALLENGED_SCOPES = 16;
  private static final Duration MARGIN = Duration.ofSeconds(10);

  /** How the registry wants to be spoken to. */
  private sealed interface Scheme {
    /** It never asked. */
    record Unasked() implements Scheme {}

    record Basic() implements Scheme {}

    record Bearer(URI realm, Optional<String> service) implements Scheme {}
  }

  private record Token(Secret value, Instant until) {
    String header() {
      return "Bearer " + value.reveal();
    }
  }

  /** The place of one set of scopes: its token, and what the registry demanded in addition. */
  private static final class Slot {
    final ReentrantLock lock = new ReentrantLock();
    final NavigableSet<Scope> scopes;
    @Nullable Token token;

    Slot(NavigableSet<Scope> scopes) {
      this.scopes = new TreeSet<>(scopes);
    }
  }

  private final Wire wire;
  private final Resender resender;
  private final URI origin;
  private final Credentials credentials;
  private final ClientSettings settings;
  private final ConcurrentMap<NavigableSet<Scope>, Slot> slots = new ConcurrentHashMap<>();
  private volatile Scheme scheme = new Scheme.Unasked();

  Tokens(Wire wire, URI origin, Credentials credentials, ClientSettings settings) {
    this.wire = wire;
    this.resender = new Resender(settings.retries());
    this.origin = origin;
    this.credentials = credentials;
    this.settings = settings;
  }

  /** The header for a request that needs these scopes; empty if nothing can or need be sent. */
  Optional<String> authorization(NavigableSet<Scope> scopes) throws IOException {
    return switch (scheme) {
      case Scheme.Unasked() -> Optional.empty();
      case Scheme.Basic() -> basic();
      case Scheme.Bearer bearer -> Optional.of(token(bearer, slot(scopes), Optional.empty()));
    };
  }

  /**
   * The header that answers a challenge; empty if there is none that could help.
   *
   * @param rejected what was sent and refused
   * @throws RegistryException with {@link RegistryException.Reason#UNTRUSTED} if the realm is not
   *     one to send credentials to
   */
  Optional<String> answer(
      List<String> challenges, NavigableSet<Scope> scopes, Optional<String> rejected)
      throws IOException {
    List<Challenge> all = challenges.stream().flatMap(h -> Challenge.parse(h).stream()).toList();
    Optional<Challenge> bearer = all.stream().filter(c -> c.scheme().equals("bearer")).findFirst();
    if (bearer.isPresent()) {
      Scheme.Bearer asked =
          new Scheme.Bearer(realm(bearer.get()), bearer.get().parameter("service"));
      scheme = asked;
      Slot slot = slot(scopes);
      widen(slot, bearer.get().parameter("scope").orElse(""));
      return Optional.of(token(asked, slot, rejected));
    }
    if (all.stream().anyMatch(c -> c.scheme().equals("basic"))) {
      scheme = new Scheme.Basic();
      return basic().filter(header -> !Optional.of(header).equals(rejected));
    }
    return Optional.empty();
  }

  private Slot slot(NavigableSet<Scope> scopes) {
    if (slots.size() > MOST_SLOTS) {
      slots.clear();
    }
    return slots.computeIfAbsent(scopes, Slot::new);
  }

  private static void widen(Slot slot, String demanded) throws IOException {
    lock(slot);
    try {
      Arrays.stream(demanded.split(" ", -1))
          .filter(scope -> !scope.isBlank())
          .limit(MOST_CHALLENGED_SCOPES)
          .map(Scope::new)
          .forEach(slot.scopes::add);
    } finally {
      slot.lock.unlock();
    }
  }

  private static void lock(Slot slot) throws IOException {
    try {
      // Whoever holds it may be asking the token endpoint.
      slot.lock.lockInterruptibly();
    } catch (InterruptedException e) {
      throw BodyStream.interrupted(e);
    }
  }

  private String token(Scheme.Bearer bearer, Slot slot, Optional<String> rejected)
      throws IOException {
    lock(slot);
    try {
      Token kept = slot.token;
      if (kept != null
          && settings.retries().clock().instant().isBefore(kept.until())
          && !Optional.of(kept.header()).equals(rejected)) {
        return kept.header();
      }
      Token fresh = fetch(bearer, slot.scopes);
      slot.token = fresh;
      return fresh.header();
    } finally {
      slot.lock.unlock();
    }
  }

  private Token fetch(Scheme.Bearer bearer, NavigableSet<Scope> scopes) throws IOException {
    Instant asked = settings.retries().clock().instant();
    Request request = Request.of("GET", withQuery(bearer, scopes));
    try (Answer answer = resender.send(() -> wire.exchange(request, basic()))) {
      byte[] json = answer.expect(200).bytes(LONGEST_ANSWER);
      AnswerJson.Token token = parse(json);
      Duration quarter = token.lifetime().dividedBy(4);
      Duration margin = quarter.compareTo(MARGIN) < 0 ? quarter : MARGIN;
      return new Token(token.value(), asked.plus(token.lifetime()).minus(margin));
    }
  }

  private AnswerJson.Token parse(byte[] json) throws RegistryException {
    try {
      return AnswerJson.token(json)
          .orElseThrow(() -> RegistryException.protocol("the token endpoint sent no token"));
    } catch (RegistryException e) {
      throw e;
    } catch (IOException e) {
      // The parser's message may quote the token: it is left out.
      throw RegistryException.protocol("the token endpoint's answer is no JSON");
    }
  }

  private URI withQuery(Scheme.Bearer bearer, NavigableSet<Scope> scopes) {
    StringBuilder query = new StringBuilder();
    bearer.service().ifPresent(service -> append(query, "service", service));
    scopes.forEach(scope -> append(query, "scope", scope.text()));
    if (credentials instanceof Credentials.AccessKey key) {
      append(query, "account", key.id());
    }
    append(query, "client_id", settings.userAgent());
    String realm = bearer.realm().toString();
    return URI.create(realm + (bearer.realm().getRawQuery() == null ? "?" : "&") + query);
  }

  private static void append(StringBuilder query, String name, String value) {
    query
        .append(query.isEmpty() ? "" : "&")
        .append(name)
        .append('=')
        .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
  }

  private URI realm(Challenge challenge) throws RegistryException {
    String text = challenge.parameter("realm").orElse("");
    URI realm;
    try {
      realm = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw RegistryException.protocol("the token realm is no URL");
    }
    if (!Origins.isSpoken(realm) || realm.getRawFragment() != null) {
      throw RegistryException.untrusted("the token realm is no plain http or https URL");
    }
    if (Origins.isDowngrade(origin, realm)) {
      throw RegistryException.untrusted("the registry is on https and its token realm is not");
    }
    if (!settings.trust().realms().allows(origin, realm)) {
      throw RegistryException.untrusted(
          "the token realm is on %s, where credentials of %s must not go"
              .formatted(realm.getAuthority(), origin.getAuthority()));
    }
    return realm;
  }

  private Optional<String> basic() {
    return switch (credentials) {
      case Credentials.Anonymous() -> Optional.empty();
      case Credentials.AccessKey(String id, Secret secret) -> {
        byte[] pair = (id + ":" + secret.reveal()).getBytes(StandardCharsets.UTF_8);
        yield Optional.of("Basic " + Base64.getEncoder().encodeToString(pair));
      }
    };
  }
}
