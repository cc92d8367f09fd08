package io.hatoba.server.account;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Everything that decides about requests made with one access key, read at one moment.
 *
 * @param generation of the secret; a token of another one is void
 * @param account the name of the owner
 * @param grants the roles of the owner; roles in registries that do not exist are left out
 */
public record Standing(
    String keyId,
    SecretMac secretMac,
    int generation,
    boolean keyEnabled,
    Optional<Instant> expiresAt,
    String account,
    boolean accountEnabled,
    List<Grant> grants) {
  public Standing {
    grants = List.copyOf(grants);
  }

  /** How the owner is named in tokens, history and events. */
  public String principal() {
    return Account.principal(account);
  }

  /** Whether the key works at this moment. */
  public boolean worksAt(Instant now) {
    return keyEnabled && accountEnabled && expiresAt.map(now::isBefore).orElse(true);
  }
}
