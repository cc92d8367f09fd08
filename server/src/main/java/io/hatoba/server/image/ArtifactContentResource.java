package io.hatoba.server.image;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Manifest;
import io.hatoba.server.content.ArtifactKind;
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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/**
 * {@code …/artifacts/{reference}/…}: what an artifact is made of, read from its content ({@code
 * artifact:read}); the manifest as it is stored ({@code artifact:pull}). FEATURES C3, A4.
 */
@Path("/api/v1/registries/{registry}/images/{image}/artifacts/{reference}")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class ArtifactContentResource {
  private final Artifacts artifacts;
  private final Charts charts;
  private final ImageStore images;

  @Inject
  ArtifactContentResource(Artifacts artifacts, Charts charts, ImageStore images) {
    this.artifacts = artifacts;
    this.charts = charts;
    this.images = images;
  }

  /** The manifest, byte for byte. */
  @GET
  @Path("manifest")
  @Produces(MediaType.WILDCARD)
  @Requires(Permission.ARTIFACT_PULL)
  @Operation(
      summary = "Show the manifest as it is stored",
      description = "With its media type and the header `Docker-Content-Digest`.")
  @APIResponse(
      responseCode = "200",
      description = "The bytes as they were pushed.",
      content = {
        @Content(
            mediaType = "application/vnd.oci.image.manifest.v1+json",
            schema = @Schema(type = SchemaType.OBJECT)),
        @Content(
            mediaType = "application/vnd.oci.image.index.v1+json",
            schema = @Schema(type = SchemaType.OBJECT)),
        @Content(
            mediaType = "application/vnd.docker.distribution.manifest.v2+json",
            schema = @Schema(type = SchemaType.OBJECT)),
        @Content(
            mediaType = "application/vnd.docker.distribution.manifest.list.v2+json",
            schema = @Schema(type = SchemaType.OBJECT))
      })
  public Response manifest(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference) {
    Artifacts.Found found = artifacts.require(registry, image, reference);
    return Response.ok(found.stored().bytes())
        .type(found.stored().mediaType())
        .header("Docker-Content-Digest", found.digest().toString())
        .header("X-Content-Type-Options", "nosniff")
        .header("Content-Security-Policy", "sandbox; default-src 'none'")
        .build();
  }

  /** The config of an image. */
  @GET
  @Path("config")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(
      summary = "Show the config of an image",
      description =
          "Environment, labels, command, history. 404 for what is no image, 413 above 1 MiB.")
  public ImageConfig config(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference) {
    return config(artifacts.require(registry, image, reference))
        .orElseThrow(() -> Artifacts.absent("only images have a config to show", reference));
  }

  /** The layers of an image, or the files of another artifact. */
  @GET
  @Path("layers")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(
      summary = "List layers",
      description =
          "In their order; those of an image with the command that made them, as its history tells.")
  public Page<Layer> layers(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference,
      @BeanParam Paging paging) {
    Artifacts.Found found = artifacts.require(registry, image, reference);
    List<Descriptor> layers = found.image().layers();
    List<ImageConfig.Step> steps = steps(found, layers.size());
    return paging.page(
        Keys.positions(paging, layers.size()),
        position ->
            Layer.of(
                layers.get(position),
                steps.isEmpty() ? Optional.empty() : steps.get(position).createdBy()),
        position -> List.of(Integer.toString(position)));
  }

  /** What a Helm chart contains. */
  @GET
  @Path("chart")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(
      summary = "Show a Helm chart",
      description =
          "`Chart.yaml` as JSON, `values.yaml` and the README as texts. 404 for what is no chart."
              + " Texts above 1 MiB are left out.")
  public Charts.Chart chart(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference) {
    return charts.read(artifacts.require(registry, image, reference));
  }

  /** What people should read about an artifact. */
  @GET
  @Path("readme")
  @Requires(Permission.ARTIFACT_READ)
  @Operation(
      summary = "Show the readme",
      description =
          "That of the chart, else the one of the image, else the description that the artifact's"
              + " annotations or labels give. 404 if there is none.")
  public Readme readme(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("reference") String reference) {
    Artifacts.Found found = artifacts.require(registry, image, reference);
    return chartReadme(found)
        .map(text -> new Readme("chart", text))
        .or(
            () ->
                Optional.of(images.text(found.repository()).readme())
                    .filter(text -> !text.isBlank())
                    .map(text -> new Readme("image", text)))
        .or(() -> description(found).map(text -> new Readme("description", text)))
        .orElseThrow(() -> Artifacts.absent("nobody has written a readme yet", reference));
  }

  private Optional<String> chartReadme(Artifacts.Found found) {
    return found.kind() == ArtifactKind.HELM_CHART ? charts.read(found).readme() : Optional.empty();
  }

  private Optional<String> description(Artifacts.Found found) {
    String key = "org.opencontainers.image.description";
    return Optional.ofNullable(found.manifest().annotations().get(key))
        .or(() -> config(found).map(config -> config.labels().get(key)))
        .filter(text -> !text.isBlank());
  }

  private Optional<ImageConfig> config(Artifacts.Found found) {
    return found.kind() == ArtifactKind.IMAGE && found.manifest() instanceof Manifest.Image image
        ? image
            .config()
            .map(config -> ImageConfig.parse(artifacts.read(found, config, ImageConfig.LONGEST)))
        : Optional.empty();
  }

  /** The step of each layer; none if the history does not tell, or tells of another number. */
  private List<ImageConfig.Step> steps(Artifacts.Found found, int layers) {
    return config(found)
        .map(ImageConfig::stepsWithLayers)
        .filter(steps -> steps.size() == layers)
        .orElse(List.of());
  }

  /**
   * A layer.
   *
   * @param command that made it
   * @param title the name of a file, if the layer is one
   */
  public record Layer(
      String digest,
      String mediaType,
      long sizeBytes,
      Optional<String> command,
      Optional<String> title) {
    static Layer of(Descriptor layer, Optional<String> command) {
      return new Layer(
          layer.digest().toString(),
          layer.mediaType(),
          layer.size(),
          command,
          Optional.ofNullable(layer.annotations().get("org.opencontainers.image.title")));
    }
  }

  /**
   * A text in Markdown.
   *
   * @param source {@code chart}, {@code image} or {@code description}
   */
  public record Readme(String source, String markdown) {}
}
