package io.hatoba.server.distribution;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.auth.Action;
import io.hatoba.server.auth.Authenticator;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.auth.Scope;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Uploads;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.endpoint.Side;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Who makes a request. Asked once, when it starts. */
@Singleton
final class Access {
  static final Set<Action> PULL = Set.of(Action.PULL);

  /** A push reads as well: clients ask for both at once. Only the push is required. */
  static final Set<Action> PUSH = Set.of(Action.PULL, Action.PUSH);

  static final Set<Action> DELETE = Set.of(Action.DELETE);

  private final Authenticator authenticator;
  private final Endpoints endpoints;
  private final Repositories repositories;
  private final Uploads uploads;

  Access(
      Authenticator authenticator,
      Endpoints endpoints,
      Repositories repositories,
      Uploads uploads) {
    this.authenticator = authenticator;
    this.endpoints = endpoints;
    this.repositories = repositories;
    this.uploads = uploads;
  }

  /** The caller, if that is known without waiting. */
  Optional<Caller> remembered(Exchange exchange) {
    return authenticator
        .remembered(exchange.authorization(), address(exchange))
        .map(caller -> caller.on(side(exchange)));
  }

  /**
   * The caller, whoever it is, for what needs no right but to be known.
   *
   * @throws RefusedException with {@code UNAUTHORIZED} or {@code TOOMANYREQUESTS}
   */
  Caller known(Exchange exchange) {
    return naming(List.of(), () -> authenticate(exchange));
  }

  /**
   * The caller, who may do all of this.
   *
   * @throws RefusedException with {@code UNAUTHORIZED} or {@code DENIED}, as {@link Caller#require}
   */
  Caller allowed(Exchange exchange, RepositoryName repository, Set<Action> needed) {
    Caller caller =
        naming(List.of(Scope.needing(repository, needed)), () -> authenticate(exchange));
    caller.require(repository, needed);
    return caller;
  }

  /** The caller, who may ask with {@code HEAD}: to pull or to push. */
  Caller allowedToHead(Exchange exchange, RepositoryName repository) {
    Caller caller = naming(List.of(Scope.needing(repository, PULL)), () -> authenticate(exchange));
    caller.requireHead(repository);
    return caller;
  }

  /**
   * The caller, who may push, of a request that would like to read another repository too. Being
   * allowed to is not required, but the challenge asks for it, so that a client gets the one token
   * that does for both.
   */
  Caller allowedToMount(Exchange exchange, RepositoryName repository, RepositoryName source) {
    Caller caller =
        naming(
            List.of(Scope.needing(repository, PUSH), Scope.needing(source, PULL)),
            () -> authenticate(exchange));
    caller.require(repository, PUSH);
    return caller;
  }

  /**
   * The caller, who may push, of a request that goes on with an upload: who opened it may go on
   * with a token that expired meanwhile (moby#33558). The owner is looked up only if the token is
   * not known to be good.
   */
  Caller allowedToUpload(Exchange exchange, Target.Upload upload) {
    Caller caller =
        remembered(exchange)
            .orElseGet(
                () ->
                    naming(
                        List.of(Scope.needing(upload.repository(), PUSH)),
                        () ->
                            authenticator
                                .authenticateForUpload(
                                    exchange.authorization(),
                                    address(exchange),
                                    ownerOf(exchange, upload))
                                .on(side(exchange))));
    caller.require(upload.repository(), PUSH);
    return caller;
  }

  /** The caller, who may list repositories. */
  Caller allowedToList(Exchange exchange) {
    Caller caller = naming(List.of(Scope.CATALOG), () -> authenticate(exchange));
    caller.requireCatalog();
    return caller;
  }

  private String address(Exchange exchange) {
    return endpoints.clientAddress(exchange.request());
  }

  private Side side(Exchange exchange) {
    return endpoints.side(exchange.request());
  }

  private Caller authenticate(Exchange exchange) {
    return authenticator
        .authenticate(exchange.authorization(), address(exchange))
        .on(side(exchange));
  }

  /** Nobody's name for an upload that does not exist: whether it does is told after who asks. */
  private String ownerOf(Exchange exchange, Target.Upload upload) {
    try {
      boolean seen =
          side(exchange) == Side.PRIVATE
              || !authenticator.hidden().contains(upload.repository().registry());
      return repositories
          .find(upload.repository(), seen)
          .map(repository -> uploads.status(repository, upload.id()).owner())
          .orElse("");
    } catch (RefusedException unknown) {
      return "";
    }
  }

  /** A refusal of whoever is not known names what a token should be asked for. */
  private static Caller naming(List<Scope> scopes, Supplier<Caller> authentication) {
    try {
      return authentication.get();
    } catch (RefusedException e) {
      if (e.refusal() instanceof Refusal.Unauthorized(var message, var error, var named)
          && named.isEmpty()) {
        throw new RefusedException(
            new Refusal.Unauthorized(
                message, error, scopes.stream().map(Scope::toString).toList()));
      }
      throw e;
    }
  }
}
