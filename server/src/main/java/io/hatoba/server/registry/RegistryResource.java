package io.hatoba.server.registry;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Requires;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Optional;
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
  @Requires(Permission.REGISTRY_CREATE)
  public Response create(@Nullable NewRegistry body) {
    NewRegistry wanted = body == null ? new NewRegistry(null, null, false) : body;
    Checks checks = new Checks();
    Optional<RegistryName> name = checks.parsed("/name", wanted.name(), RegistryName::parse);
    String description = checks.text("/description", wanted.description(), LONGEST_DESCRIPTION);
    checks.done();
    Registry registry =
        registries.create(
            name.orElseThrow(), new Registries.Settings(wanted.anonymousPull(), description));
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
  @Requires(Permission.REGISTRY_READ)
  public Shown get(@PathParam("registry") String name) {
    return registries
        .find(RegistryName.parse(name))
        .map(Shown::of)
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.NAME_UNKNOWN, "there is no registry named " + name, name)));
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
