package io.hatoba.server.federation;

import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.identity.IdentityTokens;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Checks;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/federation/token}: gives a short-lived access key for an identity token
 * (everybody; the token is the credential). FEATURES B3.
 */
@Path("/api/v1/federation/token")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class FederationTokenResource {
  private final Exchange exchange;
  private final Endpoints endpoints;

  @Inject
  FederationTokenResource(Exchange exchange, Endpoints endpoints) {
    this.exchange = exchange;
    this.endpoints = endpoints;
  }

  /** Exchanges a token: 200 with a key, 401 for a bad token, 403 if no rule lets it in. */
  @POST
  @Access(Access.Who.ANYBODY)
  @Operation(
      summary = "Exchange an identity token for a key",
      description =
          "For jobs of GitHub Actions, GitLab or another trusted issuer. The answer's `id` and"
              + " `secret` are user name and password of `docker login` and of this API, until"
              + " `expiresAt`. A token is good once.")
  public ShortLivedKey exchange(
      @Nullable TokenToExchange body, @Context HttpServerRequest request) {
    Checks checks = new Checks();
    String token =
        checks.requiredText(
            "/token", body == null ? null : body.token(), IdentityTokens.MAX_LENGTH);
    checks.done();
    Exchange.Given given = exchange.exchange(token, endpoints.clientAddress(request));
    return new ShortLivedKey(
        given.id(), given.secret().reveal(), given.expiresAt(), given.serviceAccount());
  }

  /** What the job shows. */
  public record TokenToExchange(@Nullable String token) {
    @Override
    public String toString() {
      return "TokenToExchange[***]";
    }
  }

  /** The key. */
  public record ShortLivedKey(String id, String secret, Instant expiresAt, String serviceAccount) {
    @Override
    public String toString() {
      return "ShortLivedKey[" + id + "]";
    }
  }
}
