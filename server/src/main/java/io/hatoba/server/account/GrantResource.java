package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registry;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Requester;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/grants}: who has which role where. Who reads ({@code role:read}) or writes ({@code
 * role:write}) roles of a registry does so for grants of that registry; in the whole service, for
 * all. Everyone sees his own. FEATURES B2, B3.
 */
@Path("/api/v1/grants")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class GrantResource {
  private final Grants grants;
  private final Registries registries;
  private final Requester requester;

  @Inject
  GrantResource(Grants grants, Registries registries, Requester requester) {
    this.grants = grants;
    this.registries = registries;
    this.requester = requester;
  }

  /** Lists grants in the order in which they were given. */
  @GET
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "List grants",
      description =
          "In the order in which they were given. With `registry` for who has `role:read` in that"
              + " registry, without for who has it in the whole service; everyone sees his own by"
              + " `principal`.")
  public Page<Shown> list(
      @BeanParam Paging paging,
      @Parameter(description = "`account:NAME`, `robot:NAME` or `group:NAME`.")
          @QueryParam("principal")
          @Nullable String principal,
      @Parameter(description = "The name of a registry.") @QueryParam("registry")
          @Nullable String registry) {
    Optional<String> whose =
        Optional.ofNullable(principal).map(Principal::parse).map(Object::toString);
    Optional<RegistryName> where = Optional.ofNullable(registry).map(RegistryName::parse);
    if (!whose.equals(Optional.of(requester.actor().principal()))) {
      requester.require(Permission.ROLE_READ, target(where));
    }
    Grants.Filter filter =
        new Grants.Filter(
            whose,
            where.map(
                name -> registries.find(name).map(Registry::id).orElseThrow(() -> unknown(name))));
    long after = paging.after(1).map(key -> Long.parseLong(key.getFirst())).orElse(0L);
    return paging.page(
        grants.page(filter, after, paging.fetch()),
        Shown::of,
        given -> List.of(Long.toString(given.id())));
  }

  /** Gives a role: 201 with its address, 409 if it is there already. */
  @POST
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "Give a role",
      description =
          "In a registry for who has `role:write` there, without `registry` in the whole service."
              + " Nobody gives what he does not have himself: 403. Accounts and service accounts"
              + " exist before they get roles; a group is named as the identity provider names it.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response give(@Nullable NewGrant body) {
    NewGrant wanted = body == null ? new NewGrant(null, null, null) : body;
    Checks checks = new Checks();
    Optional<Principal> principal =
        checks.parsed("/principal", wanted.principal(), Principal::parse);
    Optional<String> role = checks.parsed("/role", wanted.role(), Role::parseName);
    Optional<RegistryName> registry =
        wanted.registry() == null
            ? Optional.empty()
            : checks.parsed("/registry", wanted.registry(), RegistryName::parse);
    checks.done();
    requester.require(Permission.ROLE_WRITE, target(registry));
    Shown given =
        Shown.of(
            grants.give(
                requester.detached(), principal.orElseThrow(), role.orElseThrow(), registry));
    return Response.status(Response.Status.CREATED)
        .header(HttpHeaders.LOCATION, "/api/v1/grants/" + given.id())
        .entity(given)
        .build();
  }

  /** Takes a role away: 204, 409 for the last administrator of the service. */
  @DELETE
  @Path("{id}")
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "Take a role away",
      description =
          "For who could give it. The last account with the role project-admin or service-admin in"
              + " the whole service keeps it: 409.")
  public void take(@PathParam("id") String id) {
    long number = id.matches("[0-9]{1,18}") ? Long.parseLong(id) : 0;
    Grants.Given given = grants.find(number).orElseThrow(() -> Grants.unknown(number));
    Target target = target(given.registry().map(RegistryName::new));
    if (!requester.may(Permission.ROLE_READ, target)
        && !given.principal().equals(requester.actor().principal())) {
      throw Grants.unknown(number);
    }
    requester.require(Permission.ROLE_WRITE, target);
    grants.take(requester.detached(), number);
  }

  private static Target target(Optional<RegistryName> registry) {
    return registry.<Target>map(name -> new Target.OfRegistry(name.value())).orElse(Target.SERVICE);
  }

  private static RefusedException unknown(RegistryName name) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.NAME_UNKNOWN, "there is no registry named " + name, name.value()));
  }

  /**
   * What gives a role.
   *
   * @param registry left out: in the whole service
   */
  public record NewGrant(
      @Nullable String principal, @Nullable String role, @Nullable String registry) {}

  /**
   * A grant as the API shows it.
   *
   * @param registry absent: in the whole service
   */
  @Schema(name = "Grant")
  public record Shown(
      String id, String principal, String role, Optional<String> registry, Instant createdAt) {
    static Shown of(Grants.Given given) {
      return new Shown(
          Long.toString(given.id()),
          given.principal(),
          given.role(),
          given.registry(),
          given.createdAt());
    }
  }
}
