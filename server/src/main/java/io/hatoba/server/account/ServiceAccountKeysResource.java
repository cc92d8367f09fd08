package io.hatoba.server.account;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.IfMatch;
import io.hatoba.server.rest.Page;
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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBodySchema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/service-accounts/{name}/keys}: the access keys of a service account ({@code
 * service-account:read}, {@code service-account:write}). FEATURES B3.
 */
@Path("/api/v1/service-accounts/{name}/keys")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class ServiceAccountKeysResource {
  private final KeyOperations operations;
  private final Accounts accounts;
  private final Standings standings;
  private final Requester requester;

  @Inject
  ServiceAccountKeysResource(
      KeyOperations operations, Accounts accounts, Standings standings, Requester requester) {
    this.operations = operations;
    this.accounts = accounts;
    this.standings = standings;
    this.requester = requester;
  }

  /** Lists the keys. */
  @GET
  @Requires(Permission.SERVICE_ACCOUNT_READ)
  @Operation(
      summary = "List the access keys of a service account",
      description = "At most five, in order of their ids.")
  public Page<KeyOperations.Shown> list(@PathParam("name") String name) {
    return operations.list(accounts.requireRobot(name));
  }

  /** Makes a key. */
  @POST
  @Requires(Permission.SERVICE_ACCOUNT_WRITE)
  @Operation(
      summary = "Make an access key of a service account",
      description = "The answer has the secret, for the only time. 409 if there are five already.")
  @APIResponseSchema(
      value = KeyOperations.Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response create(@PathParam("name") String name, KeyOperations.@Nullable NewKey body) {
    return operations.create(
        mine(name),
        body,
        new KeyOperations.Place(
            "/api/v1/service-accounts/" + name + "/keys", requester.actor().address()));
  }

  /** Shows a key. */
  @GET
  @Path("{keyId}")
  @Requires(Permission.SERVICE_ACCOUNT_READ)
  @Operation(
      summary = "Show an access key of a service account",
      description = "Without its secret.")
  @APIResponseSchema(
      value = KeyOperations.Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(@PathParam("name") String name, @PathParam("keyId") String id) {
    return operations.get(accounts.requireRobot(name), id);
  }

  /** Changes a key. */
  @PATCH
  @Path("{keyId}")
  @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
  @Requires(Permission.SERVICE_ACCOUNT_WRITE)
  @Operation(
      summary = "Change an access key of a service account",
      description =
          "A JSON Merge Patch of `name`, `enabled`, `expiresAt` and `scopes` (`null`: none). Takes"
              + " effect at once, also for tokens that were had with it.")
  @APIResponseSchema(
      value = KeyOperations.Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(KeyOperations.Changeable.class)
  public Response change(
      @PathParam("name") String name,
      @PathParam("keyId") String id,
      @BeanParam IfMatch condition,
      @Nullable JsonNode body) {
    return operations.change(mine(name), id, condition, body);
  }

  /** Gives a key a new secret. */
  @POST
  @Path("{keyId}/reissue")
  @Requires(Permission.SERVICE_ACCOUNT_WRITE)
  @Operation(
      summary = "Give an access key of a service account a new secret",
      description = "The old one and tokens that were had with it end at once.")
  public KeyOperations.Shown reissue(
      @PathParam("name") String name, @PathParam("keyId") String id) {
    return operations.reissue(mine(name), id);
  }

  /** Deletes a key. */
  @DELETE
  @Path("{keyId}")
  @Requires(Permission.SERVICE_ACCOUNT_WRITE)
  @Operation(
      summary = "Delete an access key of a service account",
      description = "Its tokens end at once.")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response delete(@PathParam("name") String name, @PathParam("keyId") String id) {
    return operations.delete(accounts.requireRobot(name), id);
  }

  /** The account, if the caller may do what a key of it may. */
  private Account mine(String name) {
    Account account = accounts.requireRobot(name);
    Delegation.requireAllOf(requester, standings.rightsOf(account.principal()));
    return account;
  }
}
