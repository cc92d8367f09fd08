package io.hatoba.server.auth;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Principal;
import io.hatoba.server.account.Rights;
import io.hatoba.server.account.Standing;
import io.hatoba.server.account.Standings;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.registry.Registries;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** Decides for somebody else, as their own request would be decided, and says why. */
@Singleton
public final class AccessCheck {
  private final Accounts accounts;
  private final Standings standings;
  private final Registries registries;
  private final AccessVersion version;
  private final InstantSource clock;

  public AccessCheck(
      Accounts accounts,
      Standings standings,
      Registries registries,
      AccessVersion version,
      InstantSource clock) {
    this.accounts = accounts;
    this.standings = standings;
    this.registries = registries;
    this.version = version;
    this.clock = clock;
  }

  /**
   * The decision.
   *
   * @throws RefusedException with {@code NAME_UNKNOWN} if there is no such account or key
   */
  public Decision decide(Question question) {
    long now = version.current();
    Map<String, Long> opened = registries.openedTo(now);
    if (question.who().isEmpty()) {
      return permissions(Rights.NONE, opened).decide(question.action(), question.target());
    }
    String principal = question.who().get().toString();
    if (question.key().isPresent()) {
      return decide(question, key(principal, question.key().get(), now), opened);
    }
    if (question.who().get().kind() != Principal.Kind.GROUP) {
      Account account =
          accounts
              .findByPrincipal(principal)
              .orElseThrow(
                  () ->
                      new RefusedException(
                          Refusal.unknown(
                              ErrorCode.NAME_UNKNOWN, "there is no " + principal, principal)));
      if (!account.worksAt(clock.instant())) {
        return new Decision.Refused(principal + " is disabled or has expired", Optional.empty());
      }
    }
    return permissions(standings.rightsOf(principal), opened)
        .decide(question.action(), question.target());
  }

  private Decision decide(Question question, Standing key, Map<String, Long> opened) {
    if (!key.worksAt(clock.instant())) {
      return new Decision.Refused(
          "the access key %s or its account is disabled or has expired".formatted(key.keyId()),
          Optional.of("key:" + key.keyId()));
    }
    return Permissions.of(Optional.of(key), opened).decide(question.action(), question.target());
  }

  private Standing key(String principal, String keyId, long now) {
    return standings
        .find(keyId, now)
        .filter(standing -> standing.principal().equals(principal))
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.NAME_UNKNOWN,
                        "%s has no access key with this id".formatted(principal),
                        keyId)));
  }

  private static Permissions permissions(Rights rights, Map<String, Long> opened) {
    return new Permissions(rights, Optional.empty(), opened);
  }

  /**
   * What is asked.
   *
   * @param who empty is who shows no credentials
   * @param key of {@code who}; empty asks what its owner may
   */
  public record Question(
      Optional<Principal> who, Optional<String> key, Permission action, Target target) {}
}
