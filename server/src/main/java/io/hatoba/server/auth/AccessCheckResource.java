package io.hatoba.server.auth;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.Principal;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Images;
import io.hatoba.server.rest.Requester;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/v1/access-check}: whether someone may do something, and why. For who reads roles
 * ({@code role:read}) there; everyone may ask about himself. FEATURES B2, B3.
 */
@Path("/api/v1/access-check")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class AccessCheckResource {
  private final AccessCheck check;
  private final Requester requester;

  @Inject
  AccessCheckResource(AccessCheck check, Requester requester) {
    this.check = check;
    this.requester = requester;
  }

  /** Decides and explains. */
  @GET
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "Explain a decision",
      description =
          "Whether a principal may do an action on a registry, on an image, or (without `registry`)"
              + " on the whole service, and what decides that. The targets need not exist. For who"
              + " has `role:read` there; everyone may ask about himself.")
  public Answer explain(
      @Parameter(
              description =
                  "`account:NAME`, `robot:NAME`, `group:NAME`, or `anonymous` for who shows no"
                      + " credentials.")
          @QueryParam("principal")
          @Nullable String principal,
      @Parameter(description = "The action, for example `artifact:pull`.") @QueryParam("action")
          @Nullable String action,
      @Parameter(description = "The name of a registry.") @QueryParam("registry")
          @Nullable String registry,
      @Parameter(description = "The name of an image in that registry.") @QueryParam("image")
          @Nullable String image,
      @Parameter(description = "The id of an access key of the principal, which may be narrowed.")
          @QueryParam("key")
          @Nullable String key) {
    Optional<Principal> who = who(required("principal", principal));
    Permission wanted =
        Permission.of(required("action", action))
            .orElseThrow(
                () ->
                    invalid(
                        "there is no such action; GET /api/v1/roles/service-admin shows all of them",
                        "action"));
    Target target = target(registry, image);
    boolean self = who.map(Principal::toString).equals(Optional.of(requester.actor().principal()));
    if (!self) {
      requester.require(
          Permission.ROLE_READ,
          registry == null ? Target.SERVICE : new Target.OfRegistry(registry));
    }
    if (key != null && !AccessKey.isId(key)) {
      throw invalid("this can not be the id of an access key", "key");
    }
    Decision decision =
        check.decide(new AccessCheck.Question(who, Optional.ofNullable(key), wanted, target));
    return new Answer(
        decision instanceof Decision.Allowed, decision.reason(), decision.decidedBy());
  }

  private static Optional<Principal> who(String principal) {
    return principal.equals(Caller.ANONYMOUS)
        ? Optional.empty()
        : Optional.of(Principal.parse(principal));
  }

  private static Target target(@Nullable String registry, @Nullable String image) {
    if (registry == null) {
      if (image != null) {
        throw invalid("an image lies in a registry; name both", "registry");
      }
      return Target.SERVICE;
    }
    RegistryName.parse(registry);
    return image == null
        ? new Target.OfRegistry(registry)
        : new Target.OfImage(Images.repository(registry, image));
  }

  private static String required(String name, @Nullable String value) {
    if (value == null || value.isEmpty()) {
      throw invalid(name + " is missing", name);
    }
    return value;
  }

  private static RefusedException invalid(String message, String parameter) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, parameter));
  }

  /**
   * The decision.
   *
   * @param reason a sentence for people
   * @param decidedBy {@code role:NAME}, {@code key:ID} or {@code registry:NAME}; absent if there is
   *     no role there
   */
  @Schema(name = "AccessDecision")
  public record Answer(boolean allowed, String reason, Optional<String> decidedBy) {}
}
