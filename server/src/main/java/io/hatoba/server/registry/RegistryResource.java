package io.hatoba.server.registry;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/registries}: makes a registry ({@code registry:create}) and shows one ({@code
 * registry:read}). FEATURES A6, C1.
 */
@Path("/api/v1/registries")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class RegistryResource {
  private static final int LONGEST_DESCRIPTION = 1000;

  private final Registries registries;

  @Inject
  RegistryResource(Registries registries) {
    this.registries = registries;
  }

  /** Makes a registry: 201 with its address, 409 if the name is taken. */
  @POST
  public Response create(@Context SecurityContext caller, @Nullable NewRegistry body) {
    require(caller, "registry:create");
    if (body == null || body.name() == null) {
      throw invalid("a registry has a name: send {\"name\": \"…\"}", "/name");
    }
    String description = body.description() == null ? "" : body.description();
    if (description.length() > LONGEST_DESCRIPTION) {
      throw invalid(
          "a description has at most " + LONGEST_DESCRIPTION + " characters", "/description");
    }
    Registry registry =
        registries.create(
            RegistryName.parse(body.name()),
            new Registries.Settings(body.anonymousPull(), description));
    // As a plain header it stays relative: the framework would put its own idea of scheme and host
    // before it.
    return Response.status(Response.Status.CREATED)
        .header(HttpHeaders.LOCATION, "/api/v1/registries/" + registry.name())
        .entity(Shown.of(registry))
        .build();
  }

  /** Shows a registry. */
  @GET
  @Path("{registry}")
  public Shown get(@Context SecurityContext caller, @PathParam("registry") String name) {
    require(caller, "registry:read");
    return registries
        .find(RegistryName.parse(name))
        .map(Shown::of)
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.NAME_UNKNOWN, "there is no registry named " + name, name)));
  }

  private static void require(SecurityContext caller, String action) {
    if (!caller.isUserInRole(action)) {
      throw new RefusedException(
          new Refusal.Denied(
              "%s is not allowed: your roles do not include it, or you came with a token of /token; use the access key itself (Basic)"
                  .formatted(action),
              action));
    }
  }

  private static RefusedException invalid(String message, String field) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, field));
  }

  /** What makes a registry. */
  public record NewRegistry(
      @Nullable String name, @Nullable String description, boolean anonymousPull) {}

  /** A registry as the API shows it. */
  public record Shown(String name, String description, boolean anonymousPull, Instant createdAt) {
    static Shown of(Registry registry) {
      return new Shown(
          registry.name().value(),
          registry.description(),
          registry.anonymousPull(),
          registry.createdAt());
    }
  }
}
