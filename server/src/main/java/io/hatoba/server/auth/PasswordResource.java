package io.hatoba.server.auth;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.startup.Secret;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/me/password}: changes the caller's password. Whoever is signed in, and nobody with
 * a narrowed key. FEATURES B3.
 */
@Path("/api/v1/me/password")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class PasswordResource {
  private static final int LONGEST = 1000;

  private final PasswordLogins logins;
  private final Accounts accounts;
  private final Requester requester;

  @Inject
  PasswordResource(PasswordLogins logins, Accounts accounts, Requester requester) {
    this.logins = logins;
    this.accounts = accounts;
    this.requester = requester;
  }

  /** Changes the password. */
  @PUT
  @Access(Access.Who.OWNER)
  @Operation(
      summary = "Change my password",
      description =
          "Needs the current one, and ends all other sessions of the account. Its access keys go"
              + " on. After a few wrong passwords the next try has to wait (429).")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response change(@Nullable Change body) {
    Change wanted = body == null ? new Change(null, null) : body;
    Account me = accounts.requireOf(requester);
    Checks checks = new Checks();
    String current = checks.requiredText("/current", wanted.current(), LONGEST);
    String fresh = checks.requiredText("/new", wanted.fresh(), LONGEST);
    if (!fresh.isEmpty()) {
      accounts.checkRules(checks, "/new", new Secret(fresh), me);
      checks.require(!fresh.equals(current), "/new", "is the current one");
    }
    checks.done();
    if (me.isRobot()) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.CONFLICT, "a service account has keys and no password", me.name()));
    }
    requireCurrent(me, new Secret(current));
    accounts.setPassword(me, new Secret(fresh), requester.sessionId().map(Long::parseLong));
    return Response.noContent().build();
  }

  private void requireCurrent(Account me, Secret current) {
    try {
      var _ = logins.check(me.name(), current, requester.actor().address());
    } catch (RefusedException e) {
      if (e.refusal() instanceof Refusal.Unauthorized) {
        Checks checks = new Checks();
        checks.wrong("/current", "INVALID", "is not the current password");
        checks.done();
      }
      throw e;
    }
  }

  /** The current password and the new one. */
  @Schema(name = "PasswordChange")
  public record Change(@Nullable String current, @JsonProperty("new") @Nullable String fresh) {
    @Override
    public String toString() {
      return "Change[***]";
    }
  }
}
