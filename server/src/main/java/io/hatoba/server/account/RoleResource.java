package io.hatoba.server.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.pattern.NamePattern;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Access;
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
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBodySchema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/roles}: shows the roles of the guide and those that people have made, to who reads
 * roles somewhere ({@code role:read}); makes, changes and deletes the latter, for who writes roles
 * in the whole service ({@code role:write}). FEATURES B2, B3.
 */
@Path("/api/v1/roles")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class RoleResource {
  private static final int LONGEST_DESCRIPTION = 1000;

  private final Roles roles;
  private final Requester requester;

  @Inject
  RoleResource(Roles roles, Requester requester) {
    this.roles = roles;
    this.requester = requester;
  }

  /** Lists roles: first those of the guide, in its order, then the others by name. */
  @GET
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "List roles",
      description =
          "The built-in roles, then those that people have made by name. For who has `role:read` in"
              + " the whole service or in any registry.")
  public Page<Shown> list(
      @BeanParam Paging paging,
      @Parameter(description = "A part of the name, whatever its case.") @QueryParam("q")
          @Nullable String part) {
    requireToRead();
    String wanted = part == null ? "" : part.toLowerCase(Locale.ROOT);
    Optional<List<String>> after = paging.after(1);
    List<Shown> all =
        Stream.concat(
                Role.BUILT_IN.stream().map(Shown::builtIn), roles.list().stream().map(Shown::own))
            .filter(role -> role.name().contains(wanted))
            .toList();
    List<String> names = all.stream().map(Shown::name).toList();
    int from = after.map(key -> names.indexOf(key.getFirst()) + 1).orElse(0);
    return paging.page(
        all.subList(from, Math.min(all.size(), from + paging.fetch())),
        role -> role,
        role -> List.of(role.name()));
  }

  /** Shows one role, with the entity tag that a change needs. */
  @GET
  @Path("{role}")
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "Show a role",
      description = "For who has `role:read` in the whole service or in any registry.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(@PathParam("role") String name) {
    requireToRead();
    Shown shown =
        Role.builtIn(name)
            .map(Shown::builtIn)
            .or(() -> roles.findOwn(name).map(Shown::own))
            .orElseThrow(() -> Roles.unknown(name));
    return Response.ok(shown).header(HttpHeaders.ETAG, IfMatch.tagOf(shown.changeable())).build();
  }

  /** Makes a role: 201 with its address, 409 if the name is taken. */
  @POST
  @Requires(Permission.ROLE_WRITE)
  @Operation(
      summary = "Make a role",
      description =
          "A set of actions, optionally for some images only. Nobody makes a role that includes what"
              + " he is not allowed himself in the whole service: 403.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response create(@Nullable NewRole body) {
    NewRole wanted = body == null ? new NewRole(null, null, null, null) : body;
    Checks checks = new Checks();
    Optional<String> name = checks.parsed("/name", wanted.name(), Role::parseName);
    Role role =
        role(
            checks,
            name.orElse(""),
            new Changeable(
                Optional.ofNullable(wanted.description()),
                Optional.ofNullable(wanted.permissions()),
                Optional.ofNullable(wanted.images())));
    Shown made = Shown.own(roles.create(requester.detached(), role));
    return Response.status(Response.Status.CREATED)
        .header(HttpHeaders.LOCATION, "/api/v1/roles/" + made.name())
        .header(HttpHeaders.ETAG, IfMatch.tagOf(made.changeable()))
        .entity(made)
        .build();
  }

  /** Changes a role for all who have it; {@code If-Match} is a must. */
  @PATCH
  @Path("{role}")
  @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
  @Requires(Permission.ROLE_WRITE)
  @Operation(
      summary = "Change a role",
      description =
          "Counts at once for all who have it. Needs `If-Match` with the entity tag that GET shows."
              + " The built-in roles stay as they are: 409.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(Changeable.class)
  public Response change(
      @PathParam("role") String name, @Nullable JsonNode body, @BeanParam IfMatch condition) {
    Patch patch = new Patch(body == null ? NullNode.getInstance() : body, condition.required());
    Shown changed =
        Shown.own(
            roles.change(
                requester.detached(),
                name,
                role -> role(new Checks(), name, patch.applyTo(Changeable.of(role)))));
    return Response.ok(changed)
        .header(HttpHeaders.ETAG, IfMatch.tagOf(changed.changeable()))
        .build();
  }

  /** Deletes a role: 204, 409 while someone has it. */
  @DELETE
  @Path("{role}")
  @Requires(Permission.ROLE_WRITE)
  @Operation(
      summary = "Delete a role",
      description = "Refused with 409 while someone has it, and for a built-in role.")
  public void delete(@PathParam("role") String name) {
    roles.delete(name);
  }

  private void requireToRead() {
    if (requester.where(Permission.ROLE_READ) instanceof ReadScope.Registries(var ids)
        && ids.isEmpty()) {
      requester.require(Permission.ROLE_READ, Target.SERVICE);
    }
  }

  private static Role role(Checks checks, String name, Changeable wanted) {
    String description =
        checks.text("/description", wanted.description().orElse(""), LONGEST_DESCRIPTION);
    Set<Permission> permissions =
        Role.permissions(checks, "/permissions", wanted.permissions().orElse(null));
    List<String> patterns = wanted.images().orElse(List.of());
    checks.require(
        patterns.size() <= Role.MAX_IMAGES,
        "/images",
        "has %d patterns; at most %d are possible".formatted(patterns.size(), Role.MAX_IMAGES));
    List<NamePattern> images = new ArrayList<>();
    for (int i = 0; i < Math.min(patterns.size(), Role.MAX_IMAGES); i++) {
      checks.parsed("/images/" + i, patterns.get(i), NamePattern::parse).ifPresent(images::add);
    }
    checks.done();
    return new Role(name, description, permissions, images);
  }

  /**
   * What makes a role.
   *
   * @param permissions identifiers of actions
   * @param images patterns for names of images without the registry; left out for all images
   */
  public record NewRole(
      @Nullable String name,
      @Nullable String description,
      @Nullable List<String> permissions,
      @Nullable List<String> images) {}

  /** What can be changed of a role. */
  @Schema(name = "RoleChange")
  public record Changeable(
      Optional<String> description,
      Optional<List<String>> permissions,
      Optional<List<String>> images) {
    static Changeable of(Role role) {
      return new Changeable(
          Optional.of(role.description()),
          Optional.of(role.permissions().stream().map(Permission::identifier).toList()),
          Optional.of(role.images().stream().map(NamePattern::toString).toList()));
    }
  }

  /** A role as the API shows it. */
  @Schema(name = "Role")
  public record Shown(
      String name,
      String description,
      boolean builtIn,
      List<String> permissions,
      List<String> images,
      Optional<Instant> createdAt,
      Optional<Instant> updatedAt) {
    public Shown {
      permissions = List.copyOf(permissions);
      images = List.copyOf(images);
    }

    static Shown builtIn(Role role) {
      return of(role, true, Optional.empty(), Optional.empty());
    }

    static Shown own(Roles.Own own) {
      return of(own.role(), false, Optional.of(own.createdAt()), Optional.of(own.updatedAt()));
    }

    private static Shown of(
        Role role, boolean builtIn, Optional<Instant> createdAt, Optional<Instant> updatedAt) {
      return new Shown(
          role.name(),
          role.description(),
          builtIn,
          role.permissions().stream().map(Permission::identifier).toList(),
          role.images().stream().map(NamePattern::toString).toList(),
          createdAt,
          updatedAt);
    }

    Changeable changeable() {
      return new Changeable(
          Optional.of(description), Optional.of(permissions), Optional.of(images));
    }
  }
}
