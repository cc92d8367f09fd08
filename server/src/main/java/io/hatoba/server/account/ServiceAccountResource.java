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
import java.time.InstantSource;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBodySchema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/service-accounts}: accounts for programs, with keys and roles of their own ({@code
 * service-account:read}, {@code service-account:write}). FEATURES B3.
 */
@Path("/api/v1/service-accounts")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class ServiceAccountResource {
  private static final int LONGEST_DESCRIPTION = 1000;

  private final Accounts accounts;
  private final AccountPages pages;
  private final Requester requester;
  private final InstantSource clock;

  @Inject
  ServiceAccountResource(
      Accounts accounts, AccountPages pages, Requester requester, InstantSource clock) {
    this.accounts = accounts;
    this.pages = pages;
    this.requester = requester;
    this.clock = clock;
  }

  /** Lists service accounts. */
  @GET
  @Requires(Permission.SERVICE_ACCOUNT_READ)
  @Operation(
      summary = "List service accounts",
      description = "Sorted by `name` (default) or `createdAt`, with `-` from the other end.")
  public Page<Shown> list(@BeanParam Paging paging, @BeanParam AccountQuery query) {
    AccountPages.Filter filter = query.filter(true);
    return paging.page(
        pages.page(filter, paging.after(2), paging.fetch()),
        Shown::of,
        account -> filter.sort().key(account));
  }

  /** Makes a service account. */
  @POST
  @Requires(Permission.SERVICE_ACCOUNT_WRITE)
  @Operation(
      summary = "Create a service account",
      description =
          "It has no role and no key yet: give roles to `robot:NAME`, and make keys under `keys`.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response create(@Nullable NewServiceAccount body) {
    NewServiceAccount wanted = body == null ? new NewServiceAccount(null, null, null) : body;
    Checks checks = new Checks();
    Optional<String> name = checks.parsed("/name", wanted.name(), Account::parseRobotName);
    Account.Settings settings =
        new Account.Settings(
            "",
            checks.text("/description", wanted.description(), LONGEST_DESCRIPTION),
            true,
            Moments.future(checks, "/expiresAt", wanted.expiresAt(), clock));
    checks.done();
    Account account =
        accounts.create(Account.ROBOT + name.orElseThrow(), settings, Optional.empty());
    return answer(
        Response.status(Response.Status.CREATED)
            .header(HttpHeaders.LOCATION, "/api/v1/service-accounts/" + name.get()),
        account);
  }

  /** Shows a service account. */
  @GET
  @Path("{name}")
  @Requires(Permission.SERVICE_ACCOUNT_READ)
  @Operation(summary = "Show a service account", description = "Its keys have a list of their own.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(@PathParam("name") String name) {
    return answer(Response.ok(), accounts.requireRobot(name));
  }

  /** Changes a service account. */
  @PATCH
  @Path("{name}")
  @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
  @Requires(Permission.SERVICE_ACCOUNT_WRITE)
  @Operation(
      summary = "Change a service account",
      description =
          "A JSON Merge Patch of `description`, `enabled` and `expiresAt` (`null`: no end). While it"
              + " is not enabled, and from `expiresAt` on, none of its keys and tokens work.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(Changeable.class)
  public Response change(
      @PathParam("name") String name, @BeanParam IfMatch condition, @Nullable JsonNode body) {
    Patch patch = new Patch(body == null ? NullNode.getInstance() : body, condition);
    Account account = accounts.requireRobot(name);
    return answer(
        Response.ok(),
        accounts.change(
            account.name(), current -> settings(patch, current), Optional.of(requester.actor())));
  }

  private Account.Settings settings(Patch patch, Account.Settings before) {
    Changeable wanted = patch.applyTo(Changeable.of(before));
    Checks checks = new Checks();
    Account.Settings after =
        new Account.Settings(
            "",
            checks.text("/description", wanted.description(), LONGEST_DESCRIPTION),
            wanted.enabled(),
            wanted.expiresAt().equals(before.expiresAt().map(Instant::toString))
                ? before.expiresAt()
                : Moments.future(checks, "/expiresAt", wanted.expiresAt().orElse(null), clock));
    checks.done();
    return after;
  }

  /** Deletes a service account. */
  @DELETE
  @Path("{name}")
  @Requires(Permission.SERVICE_ACCOUNT_WRITE)
  @Operation(
      summary = "Delete a service account",
      description = "With its keys and roles; its tokens end at once. History keeps its name.")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response delete(@PathParam("name") String name) {
    accounts.delete(accounts.requireRobot(name).name(), requester.actor());
    return Response.noContent().build();
  }

  private static Response answer(Response.ResponseBuilder answer, Account account) {
    return answer
        .header(HttpHeaders.ETAG, IfMatch.tagOf(Changeable.of(account.settings())))
        .entity(Shown.of(account))
        .build();
  }

  /** What makes a service account. */
  public record NewServiceAccount(
      @Nullable String name, @Nullable String description, @Nullable String expiresAt) {}

  /** What can be changed of a service account. */
  @Schema(name = "ServiceAccountChange")
  public record Changeable(
      @Nullable String description, boolean enabled, Optional<String> expiresAt) {
    static Changeable of(Account.Settings settings) {
      return new Changeable(
          settings.description(), settings.enabled(), settings.expiresAt().map(Instant::toString));
    }
  }

  /**
   * A service account as the API shows it.
   *
   * @param name without {@code robot$}
   */
  @Schema(name = "ServiceAccount")
  public record Shown(
      String name,
      String principal,
      String description,
      boolean enabled,
      Optional<Instant> expiresAt,
      Instant createdAt) {
    static Shown of(Account account) {
      return new Shown(
          account.name().substring(Account.ROBOT.length()),
          account.principal(),
          account.description(),
          account.enabled(),
          account.expiresAt(),
          account.createdAt());
    }
  }
}
