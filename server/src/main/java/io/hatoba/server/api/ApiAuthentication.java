package io.hatoba.server.api;

import io.hatoba.server.auth.Authenticator;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.auth.Endpoints;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import java.util.Optional;

/**
 * Finds out who calls the management API: an access key by Basic, or a token. Nobody is let in
 * without.
 */
@jakarta.ws.rs.ext.Provider
public final class ApiAuthentication implements ContainerRequestFilter {
  // Quarkus makes filters before it has read the settings, and with them nothing may be opened yet.
  private final Provider<Authenticator> authenticator;
  private final Provider<Endpoints> endpoints;
  private final HttpServerRequest request;

  @Inject
  ApiAuthentication(
      Provider<Authenticator> authenticator,
      Provider<Endpoints> endpoints,
      HttpServerRequest request) {
    this.authenticator = authenticator;
    this.endpoints = endpoints;
    this.request = request;
  }

  @Override
  public void filter(ContainerRequestContext context) {
    Caller caller =
        authenticator
            .get()
            .authenticate(
                Optional.ofNullable(context.getHeaderString(HttpHeaders.AUTHORIZATION)),
                endpoints.get().clientAddress(request));
    context.setSecurityContext(new ByCaller(caller, context.getSecurityContext().isSecure()));
  }

  private record ByCaller(Caller caller, boolean secure) implements SecurityContext {
    @Override
    public Principal getUserPrincipal() {
      return () -> caller.actor().principal();
    }

    /** Roles here are actions. */
    @Override
    public boolean isUserInRole(String action) {
      return caller.mayManage(action);
    }

    @Override
    public boolean isSecure() {
      return secure;
    }

    @Override
    public String getAuthenticationScheme() {
      return BASIC_AUTH;
    }
  }
}
