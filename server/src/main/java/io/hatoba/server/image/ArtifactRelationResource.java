package io.hatoba.server.image;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.Platform;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Requires;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * {@code …/artifacts/{reference}/…}: what an artifact has to do with others ({@code
 * artifact:read}). FEATURES C3.
 */
@Path("/api/v1/registries/{registry}/images/{image}/artifacts/{reference}")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class ArtifactRelationResource {
  private static final int LONGEST_TYPE = 512;

  private final Artifacts artifacts;
  private final ArtifactStore store;
  private final Explanations explanations;

  @Inject
  ArtifactRelationResource(Artifacts artifacts, ArtifactStore store, Explanations explanations) {
    this.artifacts = artifacts;
    this.store = store;
    this.explanations = explanations;
  }

  /** Signatures, SBOMs, attestations and all else that is about an artifact. */
  @GET
  @Path("referrers")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(
      summary = "List referrers",
      description =
          "Signatures, SBOMs, attestations: what names this artifact as its subject, by digest.")
  public Page<ArtifactResource.Shown> referrers(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference,
      @Parameter(description = "Those of this type.") @QueryParam("artifactType")
          Optional<String> artifactType,
      @BeanParam Paging paging) {
    if (artifactType.filter(type -> type.length() > LONGEST_TYPE).isPresent()) {
      throw Keys.invalid("artifactType has at most 512 characters", "artifactType");
    }
    Artifacts.Found found = artifacts.require(registry, image, reference);
    return paging.page(
        store.referrers(
            found.repository(), found.digest(), artifactType, after(paging), paging.fetch()),
        ArtifactResource.Shown::of,
        row -> List.of(row.digest().toString()));
  }

  /** What an index names. */
  @GET
  @Path("children")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(
      summary = "List the children of an index",
      description =
          "In the order of the index; also those that are not in the image. Empty for what is no"
              + " index.")
  public Page<Child> children(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference,
      @BeanParam Paging paging) {
    Artifacts.Found found = artifacts.require(registry, image, reference);
    List<Descriptor> all =
        found.manifest() instanceof Manifest.Index index ? index.manifests() : List.of();
    List<Integer> positions = Keys.positions(paging, all.size());
    Map<Digest, ArtifactStore.Present> present =
        store
            .present(
                found.repository(),
                positions.stream().map(position -> all.get(position).digest()).distinct().toList())
            .stream()
            .collect(Collectors.toMap(ArtifactStore.Present::digest, Function.identity()));
    return paging.page(
        positions,
        position -> {
          Descriptor child = all.get(position);
          return Child.of(child, present.get(child.digest()));
        },
        position -> List.of(Integer.toString(position)));
  }

  /** The indexes that name an artifact. */
  @GET
  @Path("parents")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(summary = "List the indexes that name this artifact", description = "By digest.")
  public Page<ArtifactResource.Shown> parents(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference,
      @BeanParam Paging paging) {
    Artifacts.Found found = artifacts.require(registry, image, reference);
    return paging.page(
        store.parents(found.repository(), found.digest(), after(paging), paging.fetch()),
        ArtifactResource.Shown::of,
        row -> List.of(row.digest().toString()));
  }

  /** Why an artifact is there, and what would go with it. */
  @GET
  @Path("explain")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(
      summary = "Explain what keeps an artifact",
      description =
          "Tags, indexes and a subject that it belongs to; whether it could be deleted now, why not,"
              + " and what would go with it.")
  public Explanations.Explanation explain(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference) {
    return explanations.of(artifacts.require(registry, image, reference));
  }

  private static String after(Paging paging) {
    return paging.after(1).map(List::getFirst).orElse("");
  }

  /**
   * Something that an index names.
   *
   * @param type what it is; absent if it is not in the image
   * @param sizeBytes with all it names; absent if it is not in the image
   */
  @Schema(name = "ArtifactChild")
  public record Child(
      String digest,
      String mediaType,
      Optional<String> artifactType,
      Optional<String> platform,
      boolean present,
      Optional<String> type,
      Optional<Long> sizeBytes,
      Map<String, String> annotations) {
    static Child of(Descriptor child, ArtifactStore.@Nullable Present present) {
      return new Child(
          child.digest().toString(),
          child.mediaType(),
          child.artifactType(),
          child.platform().map(Platform::text),
          present != null,
          Optional.ofNullable(present).map(ArtifactStore.Present::kind),
          Optional.ofNullable(present).map(ArtifactStore.Present::totalSize),
          child.annotations());
    }
  }
}
