package io.hatoba.server.federation;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An issuer whose tokens are exchanged for keys.
 *
 * @param issuer as its tokens name it; no two have the same
 * @param audience whom its tokens must be for
 * @param jwksUri where its keys are; empty asks the issuer
 * @param rules the first that matches decides
 */
public record TrustedIssuer(
    long id,
    String name,
    String issuer,
    String audience,
    Optional<URI> jwksUri,
    List<Rule> rules,
    Instant createdAt,
    Instant updatedAt) {
  public TrustedIssuer {
    rules = List.copyOf(rules);
  }
}
