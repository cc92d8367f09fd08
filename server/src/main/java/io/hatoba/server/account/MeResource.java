package io.hatoba.server.account;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.IfMatch;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Patch;
import io.hatoba.server.rest.Requester;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBodySchema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/me}: the caller's own account and sessions. Whoever is signed in, and nobody with
 * a narrowed key. FEATURES B3.
 */
@Path("/api/v1/me")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class MeResource {
  private static final Pattern ID = Pattern.compile("[0-9]{1,18}|[1-8][0-9]{18}");

  private final Accounts accounts;
  private final Sessions sessions;
  private final Requester requester;

  @Inject
  MeResource(Accounts accounts, Sessions sessions, Requester requester) {
    this.accounts = accounts;
    this.sessions = sessions;
    this.requester = requester;
  }

  /** Shows the caller's account. */
  @GET
  @Access(Access.Who.SIGNED_IN)
  @Operation(summary = "Show my account", description = "The account behind the credentials.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get() {
    return answer(accounts.requireOf(requester));
  }

  /** Changes the caller's account. */
  @PATCH
  @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
  @Access(Access.Who.OWNER)
  @Operation(
      summary = "Change my account",
      description = "A JSON Merge Patch of `email` (`null`: none).")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(Changeable.class)
  public Response change(@BeanParam IfMatch condition, @Nullable JsonNode body) {
    Patch patch = new Patch(body == null ? NullNode.getInstance() : body, condition);
    Account me = accounts.requireOf(requester);
    return answer(
        accounts.change(
            me.name(), before -> settings(patch, before), Optional.of(requester.actor())));
  }

  private static Account.Settings settings(Patch patch, Account.Settings before) {
    Changeable wanted = patch.applyTo(Changeable.of(before));
    Checks checks = new Checks();
    String email = Emails.check(checks, "/email", wanted.email());
    checks.done();
    return new Account.Settings(email, before.description(), before.enabled(), before.expiresAt());
  }

  private static Response answer(Account account) {
    return Response.ok(
            new Shown(
                account.name(),
                account.principal(),
                account.email(),
                account.createdAt(),
                account.lastSignInAt()))
        .header(HttpHeaders.ETAG, IfMatch.tagOf(Changeable.of(account.settings())))
        .build();
  }

  /** Lists the caller's sessions, the newest first. */
  @GET
  @Path("sessions")
  @Access(Access.Who.OWNER)
  @Operation(
      summary = "List my sessions",
      description = "Where the account is signed in, the newest first; at most 50.")
  public Page<ShownSession> sessions() {
    Account me = accounts.requireOf(requester);
    List<ShownSession> all =
        sessions.list(me.id()).stream()
            .map(session -> ShownSession.of(session, requester.sessionId()))
            .toList();
    return new Page<>(all, Optional.empty(), Optional.of((long) all.size()));
  }

  /** Ends one of the caller's sessions. */
  @DELETE
  @Path("sessions/{id}")
  @Access(Access.Who.OWNER)
  @Operation(summary = "End one of my sessions", description = "At once and on every node.")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response endSession(@PathParam("id") String id) {
    Account me = accounts.requireOf(requester);
    if (!ID.matcher(id).matches()) {
      throw new RefusedException(
          Refusal.unknown(
              ErrorCode.NAME_UNKNOWN,
              "the account has no session with this id",
              id.substring(0, Math.min(id.length(), 64))));
    }
    sessions.end(me.id(), Long.parseLong(id));
    return Response.noContent().build();
  }

  /** Ends all other sessions of the caller. */
  @DELETE
  @Path("sessions")
  @Access(Access.Who.OWNER)
  @Operation(
      summary = "End my other sessions",
      description = "All but the one that this request belongs to, at once and on every node.")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response endOtherSessions() {
    Account me = accounts.requireOf(requester);
    sessions.endAll(me.id(), requester.sessionId().map(Long::parseLong));
    return Response.noContent().build();
  }

  /** What can be changed. */
  @Schema(name = "MeChange")
  public record Changeable(@Nullable String email) {
    static Changeable of(Account.Settings settings) {
      return new Changeable(settings.email());
    }
  }

  /** The caller's account. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @Schema(name = "Me")
  public record Shown(
      String name,
      String principal,
      String email,
      Instant createdAt,
      Optional<Instant> lastSignInAt) {}

  /**
   * A session.
   *
   * @param current whether this request belongs to it
   * @param expiresAt when it ends unless it is used before
   */
  @Schema(name = "Session")
  public record ShownSession(
      String id,
      boolean current,
      Instant createdAt,
      Instant lastSeenAt,
      Instant expiresAt,
      String address,
      String userAgent) {
    static ShownSession of(Session session, Optional<String> current) {
      String id = Long.toString(session.id());
      return new ShownSession(
          id,
          current.equals(Optional.of(id)),
          session.createdAt(),
          session.lastSeenAt(),
          session.endsAt(),
          session.from().address(),
          session.from().userAgent());
    }
  }
}
