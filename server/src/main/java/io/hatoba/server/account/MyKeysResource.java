package io.hatoba.server.account;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.IfMatch;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Requester;
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
 * {@code /api/v1/me/keys}: the caller's own access keys. Whoever is signed in, and nobody with a
 * narrowed key. FEATURES B1.
 */
@Path("/api/v1/me/keys")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class MyKeysResource {
  private final KeyOperations operations;
  private final Accounts accounts;
  private final Requester requester;

  @Inject
  MyKeysResource(KeyOperations operations, Accounts accounts, Requester requester) {
    this.operations = operations;
    this.accounts = accounts;
    this.requester = requester;
  }

  /** Lists the keys. */
  @GET
  @Access(Access.Who.OWNER)
  @Operation(summary = "List my access keys", description = "At most five, in order of their ids.")
  public Page<KeyOperations.Shown> list() {
    return operations.list(accounts.requireOf(requester));
  }

  /** Makes a key. */
  @POST
  @Access(Access.Who.OWNER)
  @Operation(
      summary = "Make an access key",
      description = "The answer has the secret, for the only time. 409 if there are five already.")
  @APIResponseSchema(
      value = KeyOperations.Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response create(KeyOperations.@Nullable NewKey body) {
    return operations.create(
        accounts.requireOf(requester),
        body,
        new KeyOperations.Place("/api/v1/me/keys", requester.actor().address()));
  }

  /** Shows a key. */
  @GET
  @Path("{keyId}")
  @Access(Access.Who.OWNER)
  @Operation(summary = "Show one of my access keys", description = "Without its secret.")
  @APIResponseSchema(
      value = KeyOperations.Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(@PathParam("keyId") String id) {
    return operations.get(accounts.requireOf(requester), id);
  }

  /** Changes a key. */
  @PATCH
  @Path("{keyId}")
  @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
  @Access(Access.Who.OWNER)
  @Operation(
      summary = "Change one of my access keys",
      description =
          "A JSON Merge Patch of `name`, `enabled`, `expiresAt` and `scopes` (`null`: none). Takes"
              + " effect at once, also for tokens that were had with it.")
  @APIResponseSchema(
      value = KeyOperations.Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(KeyOperations.Changeable.class)
  public Response change(
      @PathParam("keyId") String id, @BeanParam IfMatch condition, @Nullable JsonNode body) {
    return operations.change(accounts.requireOf(requester), id, condition, body);
  }

  /** Gives a key a new secret. */
  @POST
  @Path("{keyId}/reissue")
  @Access(Access.Who.OWNER)
  @Operation(
      summary = "Give one of my access keys a new secret",
      description = "The old one and tokens that were had with it end at once.")
  public KeyOperations.Shown reissue(@PathParam("keyId") String id) {
    return operations.reissue(accounts.requireOf(requester), id);
  }

  /** Deletes a key. */
  @DELETE
  @Path("{keyId}")
  @Access(Access.Who.OWNER)
  @Operation(summary = "Delete one of my access keys", description = "Its tokens end at once.")
  @APIResponse(responseCode = "204", description = "Done.")
  public Response delete(@PathParam("keyId") String id) {
    return operations.delete(accounts.requireOf(requester), id);
  }
}
