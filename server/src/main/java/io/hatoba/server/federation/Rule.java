package io.hatoba.server.federation;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.KeyScope;
import io.hatoba.server.identity.IdentityToken;
import io.hatoba.server.pattern.NamePattern;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Json;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which jobs become which service account.
 *
 * @param claims all of them must match; of a claim that is a list, one element
 * @param serviceAccount its name without {@code robot$}
 * @param scopes what the key is narrowed to
 * @param keyLifetime how long the key works
 */
record Rule(
    Map<String, NamePattern> claims,
    String serviceAccount,
    Optional<List<KeyScope>> scopes,
    Duration keyLifetime) {
  static final Duration SHORTEST_LIFETIME = Duration.ofMinutes(1);
  static final Duration DEFAULT_LIFETIME = Duration.ofMinutes(15);
  static final Duration LONGEST_LIFETIME = Duration.ofHours(1);
  private static final int MAX_CLAIMS = 20;
  private static final int LONGEST_CLAIM = 128;

  Rule {
    claims = Collections.unmodifiableMap(new TreeMap<>(claims));
    scopes = scopes.map(List::copyOf);
  }

  /** The first claim, in the order of the names, that does not match. */
  Optional<String> mismatch(IdentityToken token) {
    return claims.entrySet().stream()
        .filter(claim -> !matches(token, claim.getKey(), claim.getValue()))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** How many claims match. */
  long matching(IdentityToken token) {
    return claims.entrySet().stream()
        .filter(claim -> matches(token, claim.getKey(), claim.getValue()))
        .count();
  }

  private static boolean matches(IdentityToken token, String claim, NamePattern pattern) {
    return token.text(claim).map(pattern::matches).orElse(false)
        || token.texts(claim).stream().anyMatch(pattern::matches);
  }

  /** Rules as they are stored. */
  static String toJson(List<Rule> rules) {
    try {
      return Json.MAPPER.writeValueAsString(rules.stream().map(ShownRule::of).toList());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Stored rules. */
  static List<Rule> fromJson(String json) {
    try {
      return Json.MAPPER.readValue(json, new TypeReference<List<ShownRule>>() {}).stream()
          .map(ShownRule::rule)
          .toList();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the stored rules of an issuer cannot be read", e);
    }
  }

  /** A rule as answers carry it, and as it is stored. */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  public record ShownRule(
      Map<String, String> claims,
      String serviceAccount,
      Optional<List<KeyScope.Shown>> scopes,
      long keyLifetimeSeconds) {
    public ShownRule {
      claims = Collections.unmodifiableMap(new TreeMap<>(claims));
      scopes = scopes.map(List::copyOf);
    }

    static ShownRule of(Rule rule) {
      Map<String, String> claims = new TreeMap<>();
      rule.claims().forEach((claim, pattern) -> claims.put(claim, pattern.toString()));
      return new ShownRule(
          claims,
          rule.serviceAccount(),
          rule.scopes().map(scopes -> scopes.stream().map(KeyScope.Shown::of).toList()),
          rule.keyLifetime().toSeconds());
    }

    private Rule rule() {
      Map<String, NamePattern> patterns = new TreeMap<>();
      claims.forEach((claim, pattern) -> patterns.put(claim, NamePattern.parse(pattern)));
      return new Rule(
          patterns,
          serviceAccount,
          scopes.map(
              list ->
                  list.stream().flatMap(scope -> KeyScope.fromJson(json(scope)).stream()).toList()),
          Duration.ofSeconds(keyLifetimeSeconds));
    }

    private static String json(KeyScope.Shown scope) {
      try {
        return Json.MAPPER.writeValueAsString(List.of(scope));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** A rule as requests carry it, unchecked. */
  public record WantedRule(
      @Nullable Map<String, String> claims,
      @Nullable String serviceAccount,
      @Nullable List<KeyScope.Wanted> scopes,
      @Nullable Long keyLifetimeSeconds) {
    static WantedRule of(Rule rule) {
      ShownRule shown = ShownRule.of(rule);
      return new WantedRule(
          shown.claims(),
          shown.serviceAccount(),
          shown
              .scopes()
              .map(
                  scopes ->
                      scopes.stream()
                          .map(
                              scope ->
                                  new KeyScope.Wanted(
                                      scope.registry().orElse(null),
                                      scope.images().orElse(null),
                                      scope.actions()))
                          .toList())
              .orElse(null),
          shown.keyLifetimeSeconds());
    }

    /** The rule; what is wrong goes to {@code checks}. */
    Rule read(Checks checks, String field) {
      Map<String, NamePattern> patterns = new TreeMap<>();
      Map<String, String> given = claims == null ? Map.of() : claims;
      checks.require(
          !given.isEmpty() && given.size() <= MAX_CLAIMS,
          field + "/claims",
          "has %d claims; 1 to %d are possible".formatted(given.size(), MAX_CLAIMS));
      given.entrySet().stream()
          .limit(MAX_CLAIMS)
          .forEach(
              claim -> {
                String at = field + "/claims/" + pointer(claim.getKey());
                checks.requiredText(at, claim.getKey(), LONGEST_CLAIM);
                checks
                    .parsed(at, claim.getValue(), NamePattern::parse)
                    .ifPresent(pattern -> patterns.put(claim.getKey(), pattern));
              });
      long seconds = keyLifetimeSeconds == null ? DEFAULT_LIFETIME.toSeconds() : keyLifetimeSeconds;
      checks.require(
          seconds >= SHORTEST_LIFETIME.toSeconds() && seconds <= LONGEST_LIFETIME.toSeconds(),
          field + "/keyLifetimeSeconds",
          "is a number from %d to %d"
              .formatted(SHORTEST_LIFETIME.toSeconds(), LONGEST_LIFETIME.toSeconds()));
      return new Rule(
          patterns,
          checks.parsed(field + "/serviceAccount", serviceAccount, Account::parseName).orElse(""),
          KeyScope.Wanted.read(checks, field + "/scopes", scopes),
          Duration.ofSeconds(seconds));
    }

    /** A claim's name in a JSON pointer. */
    private static String pointer(String claim) {
      return claim
          .substring(0, Math.min(claim.length(), LONGEST_CLAIM))
          .replace("~", "~0")
          .replace("/", "~1");
    }
  }
}
