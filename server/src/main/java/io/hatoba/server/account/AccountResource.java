package io.hatoba.server.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.IfMatch;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Patch;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.rest.Requires;
import io.hatoba.server.startup.Secret;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBodySchema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/accounts}: the people, for administrators ({@code account:read}, {@code
 * account:write}). FEATURES B3.
 */
@Path("/api/v1/accounts")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class AccountResource {
  private final Accounts accounts;
  private final AccountPages pages;
  private final Sessions sessions;
  private final Standings standings;
  private final Requester requester;

  @Inject
  AccountResource(
      Accounts accounts,
      AccountPages pages,
      Sessions sessions,
      Standings standings,
      Requester requester) {
    this.accounts = accounts;
    this.pages = pages;
    this.sessions = sessions;
    this.standings = standings;
    this.requester = requester;
  }

  /** Lists people. */
  @GET
  @Requires(Permission.ACCOUNT_READ)
  @Operation(
      summary = "List accounts",
      description =
          "People; service accounts have a list of their own. Sorted by `name` (default),"
              + " `createdAt` or `lastSignInAt`, with `-` before it from the other end.")
  public Page<Shown> list(@BeanParam Paging paging, @BeanParam AccountQuery query) {
    AccountPages.Filter filter = query.filter(false);
    return paging.page(
        pages.page(filter, paging.after(2), paging.fetch()),
        Shown::of,
        account -> filter.sort().key(account));
  }

  /** Makes an account. */
  @POST
  @Requires(Permission.ACCOUNT_WRITE)
  @Operation(
      summary = "Create an account",
      description =
          "It has no role and no key yet. Without `password` it can be opened by single sign-on or"
              + " by keys that an administrator makes.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response create(@Nullable NewAccount body) {
    NewAccount wanted = body == null ? new NewAccount(null, null, null) : body;
    Checks checks = new Checks();
    Optional<String> name = checks.parsed("/name", wanted.name(), Account::parseName);
    String email = Emails.check(checks, "/email", wanted.email());
    Optional<Secret> password = Optional.ofNullable(wanted.password()).map(Secret::new);
    password.ifPresent(
        secret ->
            PasswordRules.check(
                checks, "/password", secret, new PasswordRules.Whose(name.orElse(""), email)));
    checks.done();
    Account account =
        accounts.create(
            name.orElseThrow(), new Account.Settings(email, "", true, Optional.empty()), password);
    return answer(
        Response.status(Response.Status.CREATED)
            .header(HttpHeaders.LOCATION, "/api/v1/accounts/" + account.name()),
        account);
  }

  /** Shows an account. */
  @GET
  @Path("{account}")
  @Requires(Permission.ACCOUNT_READ)
  @Operation(summary = "Show an account", description = "A person's.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(@PathParam("account") String name) {
    return answer(Response.ok(), accounts.requirePerson(name));
  }

  /** Changes an account. */
  @PATCH
  @Path("{account}")
  @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
  @Requires(Permission.ACCOUNT_WRITE)
  @Operation(
      summary = "Change an account",
      description =
          "A JSON Merge Patch of `email`, `enabled` and `password`. While it is not enabled none of"
              + " its keys and tokens work; its sessions end for good. A new password ends its"
              + " sessions. 409 if it is your own or the last administrator's and would be"
              + " disabled.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(Changeable.class)
  public Response change(
      @PathParam("account") String name, @BeanParam IfMatch condition, @Nullable JsonNode body) {
    Patch patch = new Patch(body == null ? NullNode.getInstance() : body, condition);
    Account before = accounts.requirePerson(name);
    Optional<Secret> password = password(patch, before);
    Account after =
        accounts.change(name, current -> settings(patch, current), Optional.of(requester.actor()));
    password.ifPresent(secret -> accounts.setPassword(after, secret, Optional.empty()));
    return answer(Response.ok(), after);
  }

  private Optional<Secret> password(Patch patch, Account account) {
    Changeable wanted = patch.applyTo(Changeable.of(account.settings()));
    Optional<Secret> password = wanted.password().map(Secret::new);
    if (password.isPresent()) {
      Checks checks = new Checks();
      PasswordRules.check(
          checks,
          "/password",
          password.get(),
          new PasswordRules.Whose(account.name(), account.email()));
      checks.done();
      Delegation.requireAllOf(requester, standings.rightsOf(account.principal()));
    }
    return password;
  }

  private static Account.Settings settings(Patch patch, Account.Settings before) {
    Changeable wanted = patch.applyTo(Changeable.of(before));
    Checks checks = new Checks();
    String email = Emails.check(checks, "/email", wanted.email());
    checks.done();
    return new Account.Settings(email, before.description(), wanted.enabled(), before.expiresAt());
  }

  /** Deletes an account. */
  @DELETE
  @Path("{account}")
  @Requires(Permission.ACCOUNT_WRITE)
  @Operation(
      summary = "Delete an account",
      description =
          "With its keys, sessions, roles and memberships in groups; its tokens end at once."
              + " History keeps its name. 409 if it is your own or the last administrator's.")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response delete(@PathParam("account") String name) {
    accounts.delete(accounts.requirePerson(name).name(), requester.actor());
    return Response.noContent().build();
  }

  /** Signs an account out everywhere. */
  @DELETE
  @Path("{account}/sessions")
  @Requires(Permission.ACCOUNT_WRITE)
  @Operation(
      summary = "Sign an account out everywhere",
      description = "Ends all its sessions, at once and on every node. Its keys go on.")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response endSessions(@PathParam("account") String name) {
    sessions.endAll(accounts.requirePerson(name).id(), Optional.empty());
    return Response.noContent().build();
  }

  private static Response answer(Response.ResponseBuilder answer, Account account) {
    return answer
        .header(HttpHeaders.ETAG, IfMatch.tagOf(Changeable.of(account.settings())))
        .entity(Shown.of(account))
        .build();
  }

  /** What makes an account. */
  public record NewAccount(
      @Nullable String name, @Nullable String email, @Nullable String password) {
    @Override
    public String toString() {
      return "NewAccount[" + name + "]";
    }
  }

  /** What can be changed of an account; the password is never shown. */
  @Schema(name = "AccountChange")
  public record Changeable(@Nullable String email, boolean enabled, Optional<String> password) {
    static Changeable of(Account.Settings settings) {
      return new Changeable(settings.email(), settings.enabled(), Optional.empty());
    }

    @Override
    public String toString() {
      return "Changeable[***]";
    }
  }

  /** An account as the API shows it. */
  @Schema(name = "Account")
  public record Shown(
      String name,
      String principal,
      Optional<String> email,
      boolean enabled,
      Instant createdAt,
      Optional<Instant> lastSignInAt) {
    static Shown of(Account account) {
      return new Shown(
          account.name(),
          account.principal(),
          Optional.of(account.email()).filter(text -> !text.isEmpty()),
          account.enabled(),
          account.createdAt(),
          account.lastSignInAt());
    }
  }
}
