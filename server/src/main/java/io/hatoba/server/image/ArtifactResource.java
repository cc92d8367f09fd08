package io.hatoba.server.image;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Platform;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.ArtifactKind;
import io.hatoba.server.content.ArtifactRemoval;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Repository;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Images;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.rest.Requires;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/**
 * {@code …/images/{image}/artifacts}: lists and shows artifacts ({@code artifact:read}) and deletes
 * them ({@code artifact:delete}). FEATURES C3.
 */
@Path("/api/v1/registries/{registry}/images/{image}/artifacts")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class ArtifactResource {
  private static final int TAGS_OF_ONE = 100;

  private final Artifacts artifacts;
  private final ArtifactStore store;
  private final TagStore tags;
  private final Repositories repositories;
  private final ArtifactRemoval removal;
  private final Requester requester;

  @Inject
  ArtifactResource(
      Artifacts artifacts,
      ArtifactStore store,
      TagStore tags,
      Repositories repositories,
      ArtifactRemoval removal,
      Requester requester) {
    this.artifacts = artifacts;
    this.store = store;
    this.tags = tags;
    this.repositories = repositories;
    this.removal = removal;
    this.requester = requester;
  }

  /** Lists the artifacts of an image. */
  @GET
  @Requires(Permission.ARTIFACT_READ)
  @Operation(
      summary = "List artifacts",
      description =
          "All of them, also children of indexes (which name their `parents`) and what is about"
              + " another artifact (which names its `subject`). With `untagged`, or with two filters, a"
              + " page may have fewer items than `limit` and still a `next`.")
  public Page<Shown> list(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @BeanParam Filters filters,
      @Parameter(description = "`-pushedAt` (newest first) or `pushedAt`.")
          @QueryParam("sort")
          @DefaultValue("-pushedAt")
          String sort,
      @BeanParam Paging paging) {
    ArtifactStore.Order order = ArtifactStore.Order.parse(sort);
    ArtifactStore.Filter filter = filters.parse();
    Repository repository = repositories.require(Images.repository(registry, image));
    Optional<ArtifactStore.Place> after = paging.after(2).map(ArtifactStore.Place::of);
    return store
        .page(repository, filter, order, after, paging.fetch())
        .page(paging, Shown::of, row -> row.place().key());
  }

  /** Shows an artifact. */
  @GET
  @Path("{reference}")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(summary = "Show an artifact", description = "By its digest or by a tag.")
  public Detail get(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference) {
    Artifacts.Found found = artifacts.require(registry, image, reference);
    ArtifactStore.Row row =
        store
            .find(found.repository(), found.digest())
            .orElseThrow(() -> Artifacts.unknown(found.repository(), reference));
    List<String> names = tags.namesOf(found.repository(), found.digest(), TAGS_OF_ONE + 1);
    return Detail.of(row, names, found);
  }

  /** Deletes an artifact with its tags. */
  @DELETE
  @Path("{reference}")
  @Requires(Permission.ARTIFACT_DELETE)
  @Operation(
      summary = "Delete an artifact",
      description =
          "By its digest, with all its tags, what is about it (signatures, SBOMs) and the children of an"
              + " index that nothing else needs. A child of an index that is still there is kept: 409 names"
              + " the index. `explain` says beforehand what would happen. "
              + Undoable.DESCRIPTION)
  @APIResponse(responseCode = "204", description = "It is deleted.")
  public Response delete(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference,
      @Parameter(description = "`true`: also a child of an index that is still there.")
          @QueryParam("force")
          Optional<String> force) {
    Digest digest = Digest.parse(reference);
    Repository repository = repositories.require(Images.repository(registry, image));
    return removal
        .remove(repository, digest, Keys.flag("force", force).orElse(false), requester.actor())
        .map(Undoable::answer)
        .orElseThrow(() -> Artifacts.unknown(repository, reference));
  }

  /** Which artifacts. */
  public static final class Filters {
    @Parameter(description = "The one with this tag.")
    @QueryParam("tag")
    Optional<String> tag = Optional.empty();

    @Parameter(
        description =
            "`image`, `index`, `helm-chart`, `signature`, `attestation`, `sbom` or `artifact`.")
    @QueryParam("type")
    Optional<String> type = Optional.empty();

    @Parameter(description = "`linux/arm64`: images of it, and indexes with such an image.")
    @QueryParam("platform")
    Optional<String> platform = Optional.empty();

    @Parameter(description = "`true`: without tags; `false`: with tags.")
    @QueryParam("untagged")
    Optional<String> untagged = Optional.empty();

    ArtifactStore.Filter parse() {
      return new ArtifactStore.Filter(
          tag.map(text -> Tag.parse(text).name()),
          type.map(Filters::kind),
          platform.map(Filters::platform),
          Keys.flag("untagged", untagged));
    }

    private static ArtifactKind kind(String text) {
      return ArtifactKind.find(text)
          .orElseThrow(
              () ->
                  Keys.invalid(
                      "type is one of "
                          + Arrays.stream(ArtifactKind.values())
                              .map(ArtifactKind::identifier)
                              .collect(Collectors.joining(", ")),
                      "type"));
    }

    private static String platform(String text) {
      return Platform.parse(text)
          .orElseThrow(
              () ->
                  Keys.invalid(
                      "platform is written os/architecture or os/architecture/variant", "platform"))
          .text();
    }
  }

  /**
   * An artifact in a list.
   *
   * @param sizeBytes of the manifest with all it names
   * @param tags the first 10
   * @param moreTags whether there are more
   * @param parents the first 10 indexes that name it
   */
  @Schema(name = "Artifact")
  public record Shown(
      String digest,
      String mediaType,
      Optional<String> artifactType,
      String type,
      long sizeBytes,
      List<String> tags,
      boolean moreTags,
      List<String> platforms,
      Optional<String> subject,
      List<String> parents,
      Instant pushedAt,
      String pushedBy,
      long pullCount,
      Optional<Instant> pulledAt) {
    public Shown {
      tags = List.copyOf(tags);
      platforms = List.copyOf(platforms);
      parents = List.copyOf(parents);
    }

    static Shown of(ArtifactStore.Row row) {
      return new Shown(
          row.digest().toString(),
          row.mediaType(),
          Optional.ofNullable(row.artifactType()),
          row.kind().isEmpty() ? ArtifactKind.ARTIFACT.identifier() : row.kind(),
          row.totalSize(),
          row.firstTags(),
          row.hasMoreTags(),
          List.copyOf(row.platforms()),
          Optional.ofNullable(row.subject()).map(Digest::toString),
          row.firstParents(),
          row.pushedAt(),
          row.pushedBy(),
          row.pullCount() == null ? 0 : row.pullCount(),
          Optional.ofNullable(row.pulledAt()));
    }
  }

  /**
   * An artifact by itself.
   *
   * @param tags the first 100
   * @param manifestBytes how long the manifest alone is
   */
  @Schema(name = "ArtifactDetail")
  public record Detail(
      String digest,
      String mediaType,
      Optional<String> artifactType,
      String type,
      long sizeBytes,
      int manifestBytes,
      List<String> tags,
      boolean moreTags,
      List<String> platforms,
      Optional<String> subject,
      List<String> parents,
      Map<String, String> annotations,
      Instant pushedAt,
      String pushedBy,
      long pullCount,
      Optional<Instant> pulledAt) {
    public Detail {
      tags = List.copyOf(tags);
      platforms = List.copyOf(platforms);
      parents = List.copyOf(parents);
    }

    static Detail of(ArtifactStore.Row row, List<String> names, Artifacts.Found found) {
      Shown shown = Shown.of(row);
      return new Detail(
          shown.digest(),
          shown.mediaType(),
          shown.artifactType(),
          shown.type(),
          shown.sizeBytes(),
          found.stored().bytes().length,
          names.stream().limit(TAGS_OF_ONE).toList(),
          names.size() > TAGS_OF_ONE,
          shown.platforms(),
          shown.subject(),
          shown.parents(),
          found.manifest().annotations(),
          shown.pushedAt(),
          shown.pushedBy(),
          shown.pullCount(),
          shown.pulledAt());
    }
  }
}
