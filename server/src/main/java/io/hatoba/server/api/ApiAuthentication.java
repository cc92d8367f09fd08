package io.hatoba.server.api;

import io.hatoba.server.auth.Authenticator;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Images;
import io.hatoba.server.rest.Requires;
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
import org.jspecify.annotations.Nullable;

/**
 * Finds out who calls an operation of the management API, and lets the call through if its
 * annotation ({@link Requires}, {@link Access}) allows it. An operation without one is called by
 * nobody.
 */
@jakarta.ws.rs.ext.Provider
@Priority(Priorities.AUTHENTICATION)
public final class ApiAuthentication implements ContainerRequestFilter {
  // Quarkus makes filters before it has read the settings, and with them nothing may be opened yet.
  private final Provider<Authenticator> authenticator;
  private final Provider<Endpoints> endpoints;
  private final CurrentRequester current;
  private final HttpServerRequest request;

  @Context @Nullable ResourceInfo resource;

  @Inject
  ApiAuthentication(
      Provider<Authenticator> authenticator,
      Provider<Endpoints> endpoints,
      CurrentRequester current,
      HttpServerRequest request) {
    this.authenticator = authenticator;
    this.endpoints = endpoints;
    this.current = current;
    this.request = request;
  }

  @Override
  public void filter(ContainerRequestContext context) {
    Optional<String> authorization =
        Optional.ofNullable(context.getHeaderString(HttpHeaders.AUTHORIZATION));
    String address = endpoints.get().clientAddress(request);
    Method method = method();
    Requires requires = method.getAnnotation(Requires.class);
    Access access = method.getAnnotation(Access.class);
    boolean anybody = access != null && access.value() == Access.Who.ANYBODY;
    Caller caller =
        anybody && authorization.isEmpty()
            ? Caller.anonymous(address)
            : authenticator.get().authenticate(authorization, address);
    current.set(caller);
    if (requires != null) {
      Target target = target(context.getUriInfo().getPathParameters());
      if (!requires.onSome() || !caller.mayOnSome(requires.value(), target)) {
        caller.require(requires.value(), target);
      }
    } else if (access == null) {
      throw new IllegalStateException(method + " states neither a permission nor who may call it");
    }
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
