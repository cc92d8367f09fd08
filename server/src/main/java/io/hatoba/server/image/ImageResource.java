package io.hatoba.server.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.content.ImageRemoval;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Repository;
import io.hatoba.server.content.Usage;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registry;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.IfMatch;
import io.hatoba.server.rest.Images;
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
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBodySchema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;

/**
 * {@code /api/v1/registries/{registry}/images}: lists and shows images ({@code image:read}),
 * changes their description and readme ({@code image:update}) and deletes them ({@code
 * image:delete}). FEATURES C2.
 */
@Path("/api/v1/registries/{registry}/images")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class ImageResource {
  private static final int LONGEST_DESCRIPTION = 1000;
  private static final int LONGEST_README = 64 << 10;

  private final Registries registries;
  private final Repositories repositories;
  private final Usage usage;
  private final ImageStore images;
  private final ImageRemoval removal;
  private final Requester requester;

  @Inject
  ImageResource(
      Registries registries,
      Repositories repositories,
      Usage usage,
      ImageStore images,
      ImageRemoval removal,
      Requester requester) {
    this.registries = registries;
    this.repositories = repositories;
    this.usage = usage;
    this.images = images;
    this.removal = removal;
    this.requester = requester;
  }

  /** Lists the images that the caller may see. */
  @GET
  @Requires(value = Permission.IMAGE_READ, onSome = true)
  @Operation(
      summary = "List images",
      description =
          "Those that you may see. With `q`, or if you may see only some of the registry's images, a"
              + " page may have fewer items than `limit` and still a `next`.")
  public Page<Shown> list(
      @PathParam("registry") String registry,
      @Parameter(description = "A part of the name, in any case.") @QueryParam("q")
          Optional<String> q,
      @Parameter(
              description =
                  "`name`, `artifactCount`, `sizeBytes`, `pushedAt`, `pullCount` or `pulledAt`;"
                      + " `-pushedAt` is the opposite order.")
          @QueryParam("sort")
          @DefaultValue("name")
          String sort,
      @BeanParam Paging paging) {
    ImageSort.Order order = ImageSort.Order.parse(sort);
    long registryId = id(registry);
    usage.settle(registryId);
    return images
        .page(registryId, order, paging.after(2), paging.fetch(), filter(registry, q))
        .page(paging, Shown::of, order::key);
  }

  /** Shows an image. */
  @GET
  @Path("{image}")
  @Requires(Permission.IMAGE_READ)
  @Operation(
      summary = "Show an image",
      description = "The `ETag` stands for description and readme.")
  @APIResponseSchema(
      value = Detail.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(@PathParam("registry") String registry, @PathParam("image") String image) {
    Repository repository = repositories.require(Images.repository(registry, image));
    return shown(repository, images.text(repository));
  }

  /** Changes description and readme. */
  @PATCH
  @Path("{image}")
  @Requires(Permission.IMAGE_UPDATE)
  @Operation(
      summary = "Change an image",
      description =
          "A JSON merge patch of `description` (at most 1000 characters) and `readme` (Markdown, at"
              + " most 64 KiB). `If-Match` is honoured.")
  @APIResponseSchema(
      value = Detail.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(ImageStore.Text.class)
  public Response change(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @BeanParam IfMatch condition,
      JsonNode body) {
    Repository repository = repositories.require(Images.repository(registry, image));
    Patch patch = new Patch(body, condition);
    return shown(repository, images.changeText(repository, text -> checked(patch.applyTo(text))));
  }

  /** Deletes an image with all artifacts and tags. */
  @DELETE
  @Path("{image}")
  @Requires(Permission.IMAGE_DELETE)
  @Operation(
      summary = "Delete an image",
      description =
          "With all its artifacts and tags. If one of its tags is protected, nothing is deleted and"
              + " the answer names the tag. "
              + Undoable.DESCRIPTION)
  @APIResponse(responseCode = "204", description = "It is deleted.")
  public Response delete(@PathParam("registry") String registry, @PathParam("image") String image) {
    return Undoable.answer(
        removal.remove(
            repositories.require(Images.repository(registry, image)), requester.actor()));
  }

  private Response shown(Repository repository, ImageStore.Text text) {
    return Response.ok(
            Detail.of(repository.name(), images.createdAt(repository), text, usage.of(repository)))
        .header(HttpHeaders.ETAG, IfMatch.tagOf(text))
        .build();
  }

  private static ImageStore.Text checked(ImageStore.Text text) {
    Checks checks = new Checks();
    String description = checks.text("/description", text.description(), LONGEST_DESCRIPTION);
    String readme = checks.text("/readme", text.readme(), LONGEST_README);
    int bytes = readme.getBytes(StandardCharsets.UTF_8).length;
    checks.require(
        bytes <= LONGEST_README,
        "/readme",
        "has %d bytes; at most %d are possible".formatted(bytes, LONGEST_README));
    checks.done();
    return new ImageStore.Text(description, readme);
  }

  private Optional<Predicate<ImageStore.Row>> filter(String registry, Optional<String> q) {
    String part = Keys.search(q);
    boolean everything = requester.may(Permission.IMAGE_READ, new Target.OfRegistry(registry));
    if (everything && part.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        row ->
            row.name().image().contains(part)
                && (everything
                    || requester.may(Permission.IMAGE_READ, new Target.OfImage(row.name()))));
  }

  private long id(String registry) {
    return registries
        .find(RegistryName.parse(registry))
        .map(Registry::id)
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.NAME_UNKNOWN,
                        "there is no registry named " + registry,
                        registry)));
  }

  /**
   * An image in a list.
   *
   * @param sizeBytes of the distinct content in it
   */
  @Schema(name = "Image")
  public record Shown(
      String name,
      String description,
      long artifactCount,
      long tagCount,
      long sizeBytes,
      long pullCount,
      Instant createdAt,
      Optional<Instant> pushedAt,
      Optional<Instant> pulledAt) {
    static Shown of(ImageStore.Row row) {
      return new Shown(
          Images.name(row.name()),
          row.description() == null ? "" : row.description(),
          row.artifactCount(),
          row.tagCount(),
          row.sizeBytes(),
          row.pullCount(),
          row.createdAt(),
          time(row.pushedAt()),
          time(row.pulledAt()));
    }

    private static Optional<Instant> time(long milliseconds) {
      return milliseconds == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(milliseconds));
    }
  }

  /** An image by itself. */
  @Schema(name = "ImageDetail")
  public record Detail(
      String name,
      String description,
      String readme,
      long artifactCount,
      long tagCount,
      long sizeBytes,
      long pullCount,
      Instant createdAt,
      Optional<Instant> pushedAt,
      Optional<Instant> pulledAt) {
    static Detail of(
        RepositoryName name, Instant createdAt, ImageStore.Text text, Usage.OfImage usage) {
      return new Detail(
          Images.name(name),
          text.description(),
          text.readme(),
          usage.artifactCount(),
          usage.tagCount(),
          usage.sizeBytes(),
          usage.pullCount(),
          createdAt,
          usage.pushedAt(),
          usage.pulledAt());
    }
  }
}
