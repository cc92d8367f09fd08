package io.hatoba.server.api;

import io.hatoba.server.account.Session;
import io.hatoba.server.account.SessionCookie;
import io.hatoba.server.auth.Authenticator;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.auth.SameOrigin;
import io.hatoba.server.auth.SessionCallers;
import io.hatoba.server.endpoint.Endpoint;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Images;
import io.hatoba.server.rest.Requires;
import io.hatoba.server.startup.Secret;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import java.lang.reflect.Method;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who calls an operation of the management API, by the {@code Authorization} header or
 * else by the cookie of a session, and lets the call through if its annotation ({@link Requires},
 * {@link Access}) allows it. An operation without one is called by nobody.
 */
@jakarta.ws.rs.ext.Provider
@Priority(Priorities.AUTHENTICATION)
public final class ApiAuthentication implements ContainerRequestFilter {
  // Quarkus makes filters before it has read the settings, and with them nothing may be opened yet.
  private final Provider<Authenticator> authenticator;
  private final Provider<SessionCallers> sessions;
  private final Provider<Endpoints> endpoints;
  private final Provider<RateLimits> limits;
  private final CurrentRequester current;
  private final HttpServerRequest request;

  @Context @Nullable ResourceInfo resource;

  @Inject
  ApiAuthentication(
      Provider<Authenticator> authenticator,
      Provider<SessionCallers> sessions,
      Provider<Endpoints> endpoints,
      Provider<RateLimits> limits,
      CurrentRequester current,
      HttpServerRequest request) {
    this.authenticator = authenticator;
    this.sessions = sessions;
    this.endpoints = endpoints;
    this.limits = limits;
    this.current = current;
    this.request = request;
  }

  @Override
  public void filter(ContainerRequestContext context) {
    Method method = method();
    Requires requires = method.getAnnotation(Requires.class);
    Access access = method.getAnnotation(Access.class);
    Supplier<Caller> asked =
        caller(context, access != null && access.value() == Access.Who.ANYBODY);
    Caller caller = asked.get();
    current.set(caller, asked);
    limits.get().take(caller.actor());
    if (requires != null) {
      Target target = target(context.getUriInfo().getPathParameters());
      if (!requires.onSome() || !caller.mayOnSome(requires.value(), target)) {
        caller.require(requires.value(), target);
      }
    } else if (access == null) {
      throw new IllegalStateException(method + " states neither a permission nor who may call it");
    } else if (access.value() == Access.Who.OWNER) {
      caller.requireOwner();
    }
  }

  /** Finds the caller, now and later; holds nothing of the request itself. */
  private Supplier<Caller> caller(ContainerRequestContext context, boolean anybody) {
    Optional<String> authorization = header(context, HttpHeaders.AUTHORIZATION);
    String address = endpoints.get().clientAddress(request);
    Supplier<Caller> withoutSession =
        anybody && authorization.isEmpty()
            ? () -> Caller.anonymous(address)
            : () -> authenticator.get().authenticate(authorization, address);
    if (authorization.isPresent()) {
      return withoutSession;
    }
    Optional<Secret> session = session(context);
    if (session.isEmpty()) {
      return withoutSession;
    }
    Session.From from =
        new Session.From(address, header(context, HttpHeaders.USER_AGENT).orElse(""));
    return () -> sessions.get().find(session.get(), from).orElseGet(withoutSession);
  }

  private Optional<Secret> session(ContainerRequestContext context) {
    Endpoint here = endpoints.get().of(request);
    Optional<Secret> secret =
        Optional.ofNullable(context.getCookies().get(SessionCookie.name(here)))
            .flatMap(cookie -> SessionCookie.parse(cookie.getValue()));
    if (secret.isEmpty()) {
      return Optional.empty();
    }
    SameOrigin.require(
        new SameOrigin.Sent(
            context.getMethod(),
            header(context, "Sec-Fetch-Site"),
            header(context, "Origin"),
            header(context, HttpHeaders.CONTENT_TYPE),
            context.hasEntity()),
        here);
    return secret;
  }

  private static Optional<String> header(ContainerRequestContext context, String name) {
    return Optional.ofNullable(context.getHeaderString(name));
  }

  private Method method() {
    if (resource == null) {
      throw new IllegalStateException("no operation");
    }
    return resource.getResourceMethod();
  }

  private static Target target(MultivaluedMap<String, String> path) {
    String registry = path.getFirst("registry");
    String image = path.getFirst("image");
    if (registry == null) {
      return Target.SERVICE;
    }
    return image == null
        ? new Target.OfRegistry(registry)
        : new Target.OfImage(Images.repository(registry, image));
  }
}
