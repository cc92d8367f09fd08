package io.hatoba.server.auth;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grant;
import io.hatoba.server.account.Session;
import io.hatoba.server.account.SessionCookie;
import io.hatoba.server.account.Sessions;
import io.hatoba.server.account.Standings;
import io.hatoba.server.auth.SignInListener.Attempt;
import io.hatoba.server.auth.SignInListener.Via;
import io.hatoba.server.endpoint.Endpoint;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.startup.Secret;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/session}: signs in with name and password (everybody), tells who calls and what
 * they may (whoever is signed in), signs out. FEATURES B3.
 */
@Path("/api/v1/session")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class SessionResource {
  private static final int LONGEST = 1000;

  private final PasswordLogins logins;
  private final SessionCallers callers;
  private final SignIns signIns;
  private final Sessions sessions;
  private final Accounts accounts;
  private final Standings standings;
  private final Endpoints endpoints;
  private final Requester requester;

  @Inject
  SessionResource(
      PasswordLogins logins,
      SessionCallers callers,
      SignIns signIns,
      Sessions sessions,
      Accounts accounts,
      Standings standings,
      Endpoints endpoints,
      Requester requester) {
    this.logins = logins;
    this.callers = callers;
    this.signIns = signIns;
    this.sessions = sessions;
    this.accounts = accounts;
    this.standings = standings;
    this.endpoints = endpoints;
    this.requester = requester;
  }

  /** Begins a session: 201 with the cookie. 401 says the same for whatever was wrong. */
  @POST
  @Access(Access.Who.ANYBODY)
  @Operation(
      summary = "Sign in",
      description =
          "With the name and password of an account. The answer sets the session cookie. After a few"
              + " wrong passwords the next try has to wait (429).")
  @APIResponseSchema(
      value = WhoAmI.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response signIn(@Nullable Login body, @Context HttpServerRequest request) {
    Login login = body == null ? new Login(null, null) : body;
    Checks checks = new Checks();
    String name = checks.requiredText("/account", login.account(), LONGEST);
    String password = checks.requiredText("/password", login.password(), LONGEST);
    checks.done();
    Endpoint endpoint = endpoints.of(request);
    String address = endpoints.clientAddress(request);
    SameOrigin.requireIfTold(sent(request), endpoint);
    Account account = logins.check(name, new Secret(password), address);
    Session.Opened opened = sessions.open(account.id(), from(request, address));
    endSessionBefore();
    signIns.signedIn(
        new Attempt(Via.PASSWORD, account.name(), Optional.of(account.principal()), address));
    return Response.status(Response.Status.CREATED)
        .header(HttpHeaders.LOCATION, "/api/v1/session")
        .header(HttpHeaders.SET_COOKIE, SessionCookie.set(endpoint, opened.secret()))
        .entity(whoIs(begun(opened)))
        .build();
  }

  private Requester begun(Session.Opened opened) {
    return callers
        .find(opened.secret(), opened.session().from())
        .orElseThrow(SessionResource::gone);
  }

  /** A browser that signs in while it is signed in leaves no session behind. */
  private void endSessionBefore() {
    requester
        .sessionId()
        .ifPresent(id -> sessions.endIfThere(accountOfRequester().id(), Long.parseLong(id)));
  }

  /** Who calls, and what they may do in the whole service. */
  @GET
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "Who am I",
      description =
          "The caller, and the actions that the caller's roles and credentials allow in the whole"
              + " service. Roles in single registries are not in them.")
  public WhoAmI whoAmI() {
    return whoIs(requester);
  }

  private WhoAmI whoIs(Requester caller) {
    Optional<Account> account = accounts.findByPrincipal(caller.actor().principal());
    List<String> actions =
        Arrays.stream(Permission.values())
            .filter(permission -> caller.may(permission, Target.SERVICE))
            .map(Permission::identifier)
            .toList();
    return new WhoAmI(
        caller.actor().principal(),
        account.map(Account::name),
        account.map(Account::email).filter(email -> !email.isEmpty()),
        caller.sessionId().isPresent() ? "session" : "key",
        standings.rightsOf(caller.actor().principal()).grants().stream()
            .map(grant -> new HeldRole(grant.role().name(), grant.registry().map(Grant.In::name)))
            .toList(),
        actions);
  }

  /** Ends the caller's session. */
  @DELETE
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "Sign out",
      description = "Ends the session that the cookie belongs to, at once and on every node.")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response signOut(@Context HttpServerRequest request) {
    String id =
        requester
            .sessionId()
            .orElseThrow(
                () ->
                    new RefusedException(
                        Refusal.unknown(
                            ErrorCode.NAME_UNKNOWN,
                            "this request came with an access key; there is no session to end",
                            "")));
    sessions.endIfThere(accountOfRequester().id(), Long.parseLong(id));
    return Response.noContent()
        .header(HttpHeaders.SET_COOKIE, SessionCookie.clear(endpoints.of(request)))
        .build();
  }

  private Account accountOfRequester() {
    return accounts
        .findByPrincipal(requester.actor().principal())
        .orElseThrow(SessionResource::gone);
  }

  private static RefusedException gone() {
    return new RefusedException(
        new Refusal.Unauthorized("this account no longer exists", Optional.empty(), List.of()));
  }

  private static SameOrigin.Sent sent(HttpServerRequest request) {
    return new SameOrigin.Sent(
        request.method().name(),
        Optional.ofNullable(request.getHeader("Sec-Fetch-Site")),
        Optional.ofNullable(request.getHeader("Origin")),
        Optional.ofNullable(request.getHeader(HttpHeaders.CONTENT_TYPE)),
        true);
  }

  private static Session.From from(HttpServerRequest request, String address) {
    return new Session.From(
        address, Optional.ofNullable(request.getHeader(HttpHeaders.USER_AGENT)).orElse(""));
  }

  /** What a person types. */
  @Schema(name = "SignIn")
  public record Login(@Nullable String account, @Nullable String password) {
    @Override
    public String toString() {
      return "Login[***]";
    }
  }

  /**
   * Who calls.
   *
   * @param account the name of the account, if the principal is one
   * @param via {@code session} or {@code key}
   * @param roles of the account and its groups, whatever a narrowed key leaves of them
   * @param actions allowed in the whole service
   */
  public record WhoAmI(
      String principal,
      Optional<String> account,
      Optional<String> email,
      String via,
      List<HeldRole> roles,
      List<String> actions) {
    public WhoAmI {
      roles = List.copyOf(roles);
      actions = List.copyOf(actions);
    }
  }

  /**
   * A role that the caller has.
   *
   * @param registry where; absent: in the whole service
   */
  public record HeldRole(String role, Optional<String> registry) {}
}
