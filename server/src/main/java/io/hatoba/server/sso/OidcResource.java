package io.hatoba.server.sso;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Session;
import io.hatoba.server.account.SessionCookie;
import io.hatoba.server.endpoint.Endpoint;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.AnyQuery;
import io.hatoba.server.startup.Secret;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Cookie;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/session/oidc}: sign-in by the identity provider, for browsers (everybody). What
 * goes wrong on the way back ends at {@code /?signInError=…}, where the console tells it. FEATURES
 * B3.
 */
@Path("/api/v1/session/oidc")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class OidcResource {
  private static final Logger LOG = Logger.getLogger(OidcResource.class);
  private static final Pattern COOKIE = Pattern.compile("[A-Za-z0-9_-]{43}");

  private final OidcSignIn signIn;
  private final OidcConfig config;
  private final Endpoints endpoints;

  @Inject
  OidcResource(OidcSignIn signIn, OidcConfig config, Endpoints endpoints) {
    this.signIn = signIn;
    this.config = config;
    this.endpoints = endpoints;
  }

  /** Whether there is single sign-on, and what stands on its button. */
  @GET
  @Access(Access.Who.ANYBODY)
  @Operation(
      summary = "Is there single sign-on",
      description =
          "And the label of its button. The button leads to `/api/v1/session/oidc/start`.")
  public SignInOffer offer() {
    return signIn.enabled()
        ? new SignInOffer(true, Optional.of(config.label()))
        : new SignInOffer(false, Optional.empty());
  }

  /** Sends the browser to the provider. */
  @GET
  @Path("start")
  @Access(Access.Who.ANYBODY)
  @Operation(
      summary = "Begin single sign-on",
      description =
          "302 to the identity provider. `returnTo` is the path on this server where the browser"
              + " ends up signed in. To be opened by a browser, not by a script.")
  @APIResponse(
      responseCode = "302",
      description = "To the identity provider, or back with an error.",
      headers =
          @Header(
              name = "Location",
              description = "Where to go.",
              schema = @Schema(implementation = String.class)))
  public Response start(
      @QueryParam("returnTo") @Nullable String returnTo, @Context HttpServerRequest request) {
    requireEnabled();
    ReturnPath path = returnTo == null ? ReturnPath.HOME : ReturnPath.parse(returnTo);
    Endpoint endpoint = endpoints.of(request);
    try {
      OidcSignIn.Started started = signIn.start(path, endpoint, endpoints.clientAddress(request));
      return redirect(started.location())
          .header(HttpHeaders.SET_COOKIE, cookie(endpoint, Optional.of(started.cookie())))
          .build();
    } catch (RefusedException e) {
      if (e.refusal().code() != ErrorCode.UNAVAILABLE) {
        throw e;
      }
      LOG.warnf("failed to begin a sign-in, %s", e.refusal().message());
      return problem(OidcSignIn.Problem.UNAVAILABLE).build();
    }
  }

  /** Where the provider sends the browser back to. */
  @GET
  @Path("callback")
  @Access(Access.Who.ANYBODY)
  @AnyQuery
  @Operation(
      summary = "Finish single sign-on",
      description =
          "The identity provider sends the browser here. 302 to where the sign-in began, with the"
              + " session's cookie; or to `/?signInError=CODE` with one of expired, cancelled,"
              + " provider, unavailable, not-allowed, no-account, disabled.")
  @APIResponse(
      responseCode = "302",
      description = "To where the sign-in began, or back with an error.",
      headers =
          @Header(
              name = "Location",
              description = "Where to go.",
              schema = @Schema(implementation = String.class)))
  public Response callback(
      @QueryParam("state") @Nullable String state,
      @QueryParam("code") @Nullable String code,
      @QueryParam("error") @Nullable String error,
      @QueryParam("iss") @Nullable String issuer,
      @Context HttpHeaders headers,
      @Context HttpServerRequest request) {
    requireEnabled();
    Endpoint endpoint = endpoints.of(request);
    OidcSignIn.Outcome outcome =
        signIn.finish(
            new OidcSignIn.Answer(
                Optional.ofNullable(state),
                Optional.ofNullable(code),
                Optional.ofNullable(error),
                Optional.ofNullable(issuer)),
            kept(headers, endpoint),
            new Session.From(
                endpoints.clientAddress(request),
                Optional.ofNullable(headers.getHeaderString(HttpHeaders.USER_AGENT)).orElse("")));
    Response.ResponseBuilder answer =
        switch (outcome) {
          case OidcSignIn.Outcome.SignedIn(var returnTo, var session) ->
              redirect(returnTo.value())
                  .header(HttpHeaders.SET_COOKIE, SessionCookie.set(endpoint, session));
          case OidcSignIn.Outcome.Refused(var problem) -> problem(problem);
        };
    return answer.header(HttpHeaders.SET_COOKIE, cookie(endpoint, Optional.empty())).build();
  }

  private void requireEnabled() {
    if (!signIn.enabled()) {
      throw new RefusedException(
          Refusal.unknown(
              ErrorCode.NAME_UNKNOWN,
              "there is no single sign-on here; hatoba.oidc.issuer would set it up",
              ""));
    }
  }

  private static Response.ResponseBuilder problem(OidcSignIn.Problem problem) {
    return redirect("/?signInError=" + problem.identifier());
  }

  /** The address of the page holds a code or state; nobody else is told it. */
  private static Response.ResponseBuilder redirect(String location) {
    return Response.status(Response.Status.FOUND)
        .header(HttpHeaders.LOCATION, location)
        .header("Referrer-Policy", "no-referrer");
  }

  private static Optional<SignInsInProgress.Cookie> kept(HttpHeaders headers, Endpoint endpoint) {
    Cookie cookie = headers.getCookies().get(cookieName(endpoint));
    return cookie == null || !COOKIE.matcher(cookie.getValue()).matches()
        ? Optional.empty()
        : Optional.of(new SignInsInProgress.Cookie(new Secret(cookie.getValue())));
  }

  /** Sets what the browser keeps meanwhile, or takes it away. */
  private static String cookie(Endpoint endpoint, Optional<SignInsInProgress.Cookie> kept) {
    return cookieName(endpoint)
        + "="
        + kept.map(cookie -> cookie.secret().reveal()).orElse("")
        + "; Max-Age="
        + (kept.isPresent() ? SignInsInProgress.LIFETIME.toSeconds() : 0)
        + "; Path=/; HttpOnly; SameSite=Lax"
        + (isSecure(endpoint) ? "; Secure" : "");
  }

  private static String cookieName(Endpoint endpoint) {
    return isSecure(endpoint) ? "__Host-hatoba-sign-in" : "hatoba-sign-in";
  }

  private static boolean isSecure(Endpoint endpoint) {
    return endpoint.origin().startsWith("https://");
  }

  /**
   * What the sign-in page needs to know.
   *
   * @param label what stands on the button, if there is one
   */
  public record SignInOffer(boolean enabled, Optional<String> label) {}
}
