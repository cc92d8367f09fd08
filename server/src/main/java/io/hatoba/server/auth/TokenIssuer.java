package io.hatoba.server.auth;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Standing;
import io.hatoba.server.endpoint.Side;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registries.Exposure;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives out tokens: whoever they are for, with what was asked for as far as it is allowed. Less
 * than asked is not an error; a token without any access is what a login asks for.
 */
@Singleton
public final class TokenIssuer {
  /** The most scopes one request can ask for. */
  static final int MAX_SCOPES = 100;

  /** Longer than any scope with a repository name that exists. */
  static final int MAX_SCOPE_LENGTH = 512;

  /** So many characters of scopes keep the token below the header limit of common servers. */
  private static final int MAX_ACCESS = 3500;

  private final Logins logins;
  private final Tokens tokens;
  private final Registries registries;
  private final AccessVersion version;

  public TokenIssuer(Logins logins, Tokens tokens, Registries registries, AccessVersion version) {
    this.logins = logins;
    this.tokens = tokens;
    this.registries = registries;
    this.version = version;
  }

  /**
   * Issues a token.
   *
   * @param login the access key; none for who stays unknown
   * @param asked scopes as text, one each; those that are broken or of an unknown kind give nothing
   * @param side where the client is; outside, registries without a public address do not exist
   * @throws RefusedException with {@code UNAUTHORIZED} or {@code TOOMANYREQUESTS} as {@link
   *     Authenticator#authenticate}; {@code REQUEST_INVALID} for more or longer scopes than allowed
   */
  Grant issue(Optional<Credentials.Basic> login, List<String> asked, String address, Side side) {
    if (asked.size() > MAX_SCOPES
        || asked.stream().anyMatch(scope -> scope.length() > MAX_SCOPE_LENGTH)) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.REQUEST_INVALID,
              "a token is for at most %d scopes of at most %d characters"
                  .formatted(MAX_SCOPES, MAX_SCOPE_LENGTH),
              ""));
    }
    long now = version.current();
    Optional<Standing> standing = login.map(key -> logins.check(key, address, now));
    Exposure exposure = registries.exposure(now);
    Permissions all = Permissions.of(standing, exposure.opened());
    Permissions permissions =
        side == Side.PRIVATE || exposure.hidden().isEmpty()
            ? all
            : all.without(exposure.hidden().keySet());
    List<Scope> access = access(permissions, asked);
    return new Grant(
        tokens.issue(
            standing.map(Standing::principal).orElse(Caller.ANONYMOUS),
            standing.map(known -> new Tokens.KeyRef(known.keyId(), known.generation())),
            access,
            standing.flatMap(Standing::expiresAt)),
        access);
  }

  private static List<Scope> access(Permissions permissions, List<String> asked) {
    Map<String, Set<String>> repositories = new LinkedHashMap<>();
    boolean catalog = false;
    for (String text : asked) {
      Optional<Scope> scope = Scope.parse(text);
      if (scope.isEmpty()) {
        continue;
      }
      if (scope.get().type().equals(Scope.REPOSITORY)) {
        repositories
            .computeIfAbsent(scope.get().name(), name -> new LinkedHashSet<>())
            .addAll(scope.get().actions());
      } else if (scope.get().equals(Scope.CATALOG)) {
        catalog = permissions.catalog();
      }
    }
    List<Scope> access = new ArrayList<>();
    if (catalog) {
      access.add(Scope.CATALOG);
    }
    int length = 0;
    for (var repository : repositories.entrySet()) {
      Optional<Scope> allowed = allowed(permissions, repository.getKey(), repository.getValue());
      length += allowed.map(scope -> scope.toString().length()).orElse(0);
      if (length > MAX_ACCESS) {
        break;
      }
      allowed.ifPresent(access::add);
    }
    return access;
  }

  private static Optional<Scope> allowed(Permissions permissions, String name, Set<String> asked) {
    RepositoryName repository;
    try {
      repository = RepositoryName.parse(name);
    } catch (RefusedException notAName) {
      return Optional.empty(); // nothing can be there
    }
    Set<Action> owned = permissions.on(repository);
    Set<String> actions = new LinkedHashSet<>();
    for (Action action : Action.values()) {
      if (owned.contains(action) && (asked.contains(action.identifier()) || asked.contains("*"))) {
        actions.add(action.identifier());
      }
    }
    return actions.isEmpty()
        ? Optional.empty()
        : Optional.of(new Scope(Scope.REPOSITORY, name, actions));
  }

  /** A token and what it allows. */
  record Grant(Tokens.Issued token, List<Scope> access) {}
}
