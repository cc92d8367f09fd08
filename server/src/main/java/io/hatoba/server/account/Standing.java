package io.hatoba.server.account;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Everything that decides about requests made with one access key, read at one moment.
 *
 * @param generation of the secret; a token of another one is void
 * @param account the name of the owner
 * @param principal how the owner is named in grants, tokens, history and events
 * @param narrowing by the key's scopes; empty if it may do all that its owner may
 * @param rights the roles of the owner and of its groups; those in registries that do not exist are
 *     left out
 */
public record Standing(
    String keyId,
    SecretMac secretMac,
    int generation,
    boolean keyEnabled,
    Optional<Instant> expiresAt,
    String account,
    String principal,
    boolean accountEnabled,
    Optional<Narrowing> narrowing,
    Rights rights) {
  /** The roles one by one. */
  public List<Grant> grants() {
    return rights.grants();
  }

  /** Whether the key works at this moment. */
  public boolean worksAt(Instant now) {
    return keyEnabled && accountEnabled && expiresAt.map(now::isBefore).orElse(true);
  }
}
