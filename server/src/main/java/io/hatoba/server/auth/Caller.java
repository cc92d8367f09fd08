package io.hatoba.server.auth;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.endpoint.Side;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Requester;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who makes this request, and what this request's credentials allow: that for which both the owner
 * has the right and the token the scope. Decided with what was known when the request came in;
 * nothing here blocks.
 */
public final class Caller implements Requester {
  /** The principal of who has shown no credentials. */
  public static final String ANONYMOUS = "anonymous";

  private final Actor actor;
  private final Reach reach;
  private final Permissions permissions;
  private final Optional<String> sessionId;

  /** The registries that do not exist outside, by name. */
  private final Map<String, Long> hidden;

  /** Whether the caller is outside, so that {@link #hidden} is about it. */
  private final boolean outside;

  Caller(Actor actor, Reach reach, Permissions permissions) {
    this(actor, reach, permissions, Optional.empty());
  }

  /**
   * A caller.
   *
   * @param sessionId the public id of the session that the request belongs to
   */
  Caller(Actor actor, Reach reach, Permissions permissions, Optional<String> sessionId) {
    this(actor, reach, permissions, sessionId, Map.of(), false);
  }

  /**
   * A caller.
   *
   * @param hidden the registries that do not exist outside the private network
   */
  Caller(Actor actor, Reach reach, Permissions permissions, Map<String, Long> hidden) {
    this(actor, reach, permissions, Optional.empty(), hidden, false);
  }

  private Caller(
      Actor actor,
      Reach reach,
      Permissions permissions,
      Optional<String> sessionId,
      Map<String, Long> hidden,
      boolean outside) {
    this.actor = actor;
    this.reach = reach;
    this.permissions = permissions;
    this.sessionId = sessionId;
    this.hidden = hidden;
    this.outside = outside;
  }

  /** Who has shown no credentials and gets what everybody may. */
  public static Caller anonymous(String address) {
    return new Caller(
        new Actor(ANONYMOUS, "", address),
        new Reach.Unlimited(),
        new Permissions(List.of(), Map.of()));
  }

  /**
   * The same caller on a side of the private network. Outside, registries without a public address
   * do not exist (FEATURES F1): roles in them count nothing, and {@link #sees} says so. The
   * management API does not ask for that.
   */
  public Caller on(Side side) {
    return side == Side.PRIVATE || hidden.isEmpty()
        ? this
        : new Caller(actor, reach, permissions.without(hidden.keySet()), sessionId, hidden, true);
  }

  /** Whether the registry of a repository exists for the caller, if it exists at all. */
  public boolean sees(RepositoryName repository) {
    return !outside || !hidden.containsKey(repository.registry());
  }

  @Override
  public Requester detached() {
    return this;
  }

  @Override
  public Actor actor() {
    return actor;
  }

  /** Whether the credentials of this request allow the action. */
  public boolean may(RepositoryName repository, Action action) {
    return reach.on(repository).contains(action) && permissions.on(repository).contains(action);
  }

  /**
   * Lets the request go on if its credentials allow all of {@code needed}. PULL beside PUSH is not
   * enforced, only named in the challenge: an identity that can only push can push.
   *
   * @throws RefusedException with {@code UNAUTHORIZED} and a challenge for the needed scope when
   *     other credentials or a wider token could help; with {@code DENIED} when this identity can
   *     never do it. What may not be known answers the same as what does not exist.
   */
  public void require(RepositoryName repository, Set<Action> needed) {
    Set<Action> enforced = EnumSet.copyOf(needed);
    if (enforced.contains(Action.PUSH)) {
      enforced.remove(Action.PULL);
    }
    Scope scope = Scope.needing(repository, needed);
    if (!permissions.on(repository).containsAll(enforced)
        && permissions.decide(repository, enforced) instanceof Decision.Refused(var why, var _)) {
      throw never(words(enforced) + " " + repository, why, scope);
    }
    if (!reach.on(repository).containsAll(enforced)) {
      throw insufficient(scope);
    }
  }

  /**
   * Lets a {@code HEAD} go on: PULL or PUSH is enough, so that a key that can only push sees what a
   * push needs to see. Otherwise as {@link #require} for PULL.
   */
  public void requireHead(RepositoryName repository) {
    if (may(repository, Action.PULL) || may(repository, Action.PUSH)) {
      return;
    }
    Set<Action> owned = permissions.on(repository);
    if (owned.contains(Action.PUSH) && !owned.contains(Action.PULL)) {
      // A token for pull alone would be empty, and the client would come back with it.
      throw insufficient(Scope.needing(repository, Set.of(Action.PUSH)));
    }
    require(repository, Set.of(Action.PULL));
  }

  /**
   * Lets a request for the catalog go on: scope {@code registry:catalog:*}, or Basic.
   *
   * @throws RefusedException as {@link #require}
   */
  public void requireCatalog() {
    if (!permissions.catalog()) {
      throw never("list the repositories", "there is no role for it", Scope.CATALOG);
    }
    if (!reach.catalog()) {
      throw insufficient(Scope.CATALOG);
    }
  }

  /**
   * Whether this identity may pull, whatever the token's scope. A mount asks this: clients that
   * mount come with a token for the target alone, and a mount without a source looks wherever the
   * identity may pull anyway.
   */
  public boolean mayRead(RepositoryName repository) {
    return permissions.on(repository).contains(Action.PULL);
  }

  /** Where this identity may pull, whatever the token's scope. */
  public ReadScope readScope() {
    ReadScope scope = permissions.readScope();
    return outside ? without(scope, Set.copyOf(hidden.values())) : scope;
  }

  private static ReadScope without(ReadScope scope, Set<Long> hidden) {
    return switch (scope) {
      case ReadScope.Everything() -> new ReadScope.EverythingBut(hidden);
      case ReadScope.EverythingBut(var ids) ->
          new ReadScope.EverythingBut(
              Stream.concat(ids.stream(), hidden.stream()).collect(Collectors.toUnmodifiableSet()));
      case ReadScope.Registries(var ids) ->
          new ReadScope.Registries(
              ids.stream()
                  .filter(id -> !hidden.contains(id))
                  .collect(Collectors.toUnmodifiableSet()));
    };
  }

  @Override
  public Optional<String> sessionId() {
    return sessionId;
  }

  /**
   * Lets a request go on that changes what opens the account: only its owner makes keys and changes
   * the password, not a key that was given away for one purpose. A service account has no owner who
   * comes with its keys; a short-lived one could else make another that stays.
   *
   * @throws RefusedException with {@code UNAUTHORIZED} for who is not known, {@code DENIED} for
   *     credentials that are narrower than their account, and for service accounts
   */
  public void requireOwner() {
    if (actor.principal().equals(ANONYMOUS)) {
      throw unknown();
    }
    if (!(reach instanceof Reach.Unlimited) || permissions.narrowing().isPresent()) {
      throw new RefusedException(
          new Refusal.Denied(
              "only a session, or an access key without scopes, may change what opens the account",
              ""));
    }
    if (!actor.principal().startsWith("account:")) {
      throw new RefusedException(
          new Refusal.Denied(
              "the keys of a service account are made by those who may administer it, under"
                  + " /service-accounts; not with its own keys",
              ""));
    }
  }

  private static RefusedException unknown() {
    return new RefusedException(
        new Refusal.Unauthorized("log in to do this", Optional.empty(), List.of()));
  }

  /** Tokens of the registry protocol allow nothing in the management API. */
  @Override
  public boolean may(Permission permission, Target target) {
    return reach instanceof Reach.Unlimited && permissions.allow(permission, target);
  }

  @Override
  public void require(Permission permission, Target target) {
    if (may(permission, target)) {
      return;
    }
    if (actor.principal().equals(ANONYMOUS)) {
      throw unknown();
    }
    if (!(reach instanceof Reach.Unlimited)) {
      throw new RefusedException(
          new Refusal.Denied(
              "tokens of /token are for the registry protocol; use the access key itself (Basic)",
              permission.identifier()));
    }
    if (!permissions.knows(target)) {
      String registry =
          switch (target) {
            case Target.Service() -> "";
            case Target.OfRegistry(var name) -> name;
            case Target.OfImage(var repository) -> repository.registry();
          };
      throw new RefusedException(
          Refusal.unknown(
              ErrorCode.NAME_UNKNOWN, "there is no registry named " + registry, registry));
    }
    throw new RefusedException(
        new Refusal.Denied(
            "%s on %s is not allowed: %s"
                .formatted(
                    permission.identifier(),
                    target,
                    permissions.decide(permission, target).reason()),
            permission.identifier()));
  }

  @Override
  public boolean holds(Permission permission, Target target) {
    return reach instanceof Reach.Unlimited && permissions.holds(permission, target);
  }

  @Override
  public boolean mayOnSome(Permission permission, Target target) {
    return reach instanceof Reach.Unlimited && permissions.allowSome(permission, target);
  }

  @Override
  public ReadScope where(Permission permission) {
    return reach instanceof Reach.Unlimited
        ? permissions.where(permission)
        : new ReadScope.Registries(Set.of());
  }

  private RefusedException never(String what, String why, Scope scope) {
    if (actor.principal().equals(ANONYMOUS)) {
      return new RefusedException(
          new Refusal.Unauthorized(
              "log in with an access key to " + what, Optional.empty(), List.of(scope.toString())));
    }
    return new RefusedException(
        new Refusal.Denied("you may not %s: %s".formatted(what, why), scope.name()));
  }

  private static RefusedException insufficient(Scope scope) {
    return new RefusedException(
        new Refusal.Unauthorized(
            "the token does not include " + scope,
            Optional.of("insufficient_scope"),
            List.of(scope.toString())));
  }

  private static String words(Set<Action> actions) {
    return actions.stream()
        .map(
            action ->
                switch (action) {
                  case PULL -> "pull from";
                  case PUSH -> "push to";
                  case DELETE -> "delete from";
                })
        .collect(Collectors.joining(" and "));
  }
}
