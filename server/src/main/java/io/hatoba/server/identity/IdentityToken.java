package io.hatoba.server.identity;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a token says that was verified.
 *
 * @param id {@code jti}, by which a token is known that comes a second time
 * @param claims all of them, as JSON has them
 */
public record IdentityToken(
    String issuer,
    String subject,
    Optional<String> id,
    Instant issuedAt,
    Instant expiresAt,
    Map<String, Object> claims) {
  public IdentityToken {
    claims = Map.copyOf(claims);
  }

  /** A claim that is a text, a number or true or false, as text. */
  public Optional<String> text(String claim) {
    return switch (claims.get(claim)) {
      case String text -> Optional.of(text);
      case Number number -> Optional.of(number.toString());
      case Boolean flag -> Optional.of(flag.toString());
      case null, default -> Optional.empty();
    };
  }

  /** The texts of a claim that is a list of texts, or one text; empty if it is neither. */
  public List<String> texts(String claim) {
    return switch (claims.get(claim)) {
      case String text -> List.of(text);
      case List<?> list ->
          list.stream().filter(String.class::isInstance).map(String.class::cast).toList();
      case null, default -> List.of();
    };
  }
}
