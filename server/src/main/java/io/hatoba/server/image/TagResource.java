package io.hatoba.server.image;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.Manifests.TagCondition;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Repository;
import io.hatoba.server.content.TagMoves;
import io.hatoba.server.content.Tags;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Images;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.rest.Requires;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code …/images/{image}/tags}: lists and shows tags and their history ({@code tag:read}), makes,
 * moves and restores them without a client ({@code tag:create}), and deletes them ({@code
 * tag:delete}). FEATURES C4.
 */
@Path("/api/v1/registries/{registry}/images/{image}/tags")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class TagResource {
  private final Repositories repositories;
  private final TagList list;
  private final TagStore store;
  private final TagMoves moves;
  private final Tags tags;
  private final InstantSource clock;
  private final Requester requester;

  @Inject
  TagResource(
      Repositories repositories,
      TagList list,
      TagStore store,
      TagMoves moves,
      Tags tags,
      InstantSource clock,
      Requester requester) {
    this.repositories = repositories;
    this.list = list;
    this.store = store;
    this.moves = moves;
    this.tags = tags;
    this.clock = clock;
    this.requester = requester;
  }

  /** Lists the tags of an image, or of one artifact. */
  @GET
  @Requires(Permission.TAG_READ)
  @Operation(
      summary = "List tags",
      description =
          "Those of the image, or with `digest` those of one artifact. With `q` a page may have fewer"
              + " items than `limit` and still a `next`.")
  public Page<Shown> list(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @Parameter(description = "A part of the name, in any case.") @QueryParam("q")
          Optional<String> q,
      @Parameter(description = "Those that point at this artifact; sorted by name.")
          @QueryParam("digest")
          Optional<String> digest,
      @Parameter(description = "`name` or `-movedAt` (last moved first).")
          @QueryParam("sort")
          @DefaultValue("name")
          String sort,
      @BeanParam Paging paging) {
    TagStore.Order order = TagStore.Order.parse(sort);
    if (digest.isPresent() && order != TagStore.Order.NAME) {
      throw Keys.invalid("with digest the list is sorted by name", "sort");
    }
    Optional<Digest> of = digest.map(Digest::parse);
    String part = Keys.search(q);
    Optional<TagStore.Place> after = paging.after(2).map(TagStore.Place::of);
    return list.page(
        repositories.require(Images.repository(registry, image)), order, of, part, after, paging);
  }

  /** Shows a tag. */
  @GET
  @Path("{tag}")
  @Requires(Permission.TAG_READ)
  @Operation(summary = "Show a tag", description = "The `ETag` is the digest it points at.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("tag") String tag) {
    return shown(
        Response.ok(), repositories.require(Images.repository(registry, image)), Tag.parse(tag));
  }

  /** Makes a tag. */
  @POST
  @Requires(Permission.TAG_CREATE)
  @Operation(
      summary = "Create a tag",
      description =
          "201 if it is new, 200 if it points at this artifact already, 409 if it points at another"
              + " one: PUT moves it.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response create(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @Nullable NewTag body) {
    Checks checks = new Checks();
    Optional<Tag> tag = checks.parsed("/name", body == null ? null : body.name(), Tag::parse);
    Optional<Digest> digest =
        checks.parsed("/digest", body == null ? null : body.digest(), Digest::parse);
    checks.done();
    return point(
        repositories.require(Images.repository(registry, image)),
        tag.orElseThrow(),
        digest.orElseThrow(),
        new TagCondition.NotElsewhere(digest.orElseThrow()));
  }

  /** Makes or moves a tag. */
  @PUT
  @Path("{tag}")
  @Requires(Permission.TAG_CREATE)
  @Operation(
      summary = "Create or move a tag",
      description =
          "201 if it is new, else 200. `If-Match` with the digest it pointed at keeps two people"
              + " from moving it at once. A protected tag is not moved.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response move(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("tag") String tag,
      @Parameter(description = "The `ETag` of the tag as you have seen it, or `*`.")
          @HeaderParam(HttpHeaders.IF_MATCH)
          Optional<String> ifMatch,
      @Nullable Target body) {
    Tag name = Tag.parse(tag);
    Checks checks = new Checks();
    Optional<Digest> digest =
        checks.parsed("/digest", body == null ? null : body.digest(), Digest::parse);
    checks.done();
    return point(
        repositories.require(Images.repository(registry, image)),
        name,
        digest.orElseThrow(),
        condition(ifMatch));
  }

  /** Deletes a tag. */
  @DELETE
  @Path("{tag}")
  @Requires(Permission.TAG_DELETE)
  @Operation(summary = "Delete a tag", description = "The artifact stays. " + Undoable.DESCRIPTION)
  @APIResponse(responseCode = "204", description = "It is deleted.")
  public Response delete(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("tag") String tag) {
    Repository repository = repositories.require(Images.repository(registry, image));
    Tag name = Tag.parse(tag);
    return tags.delete(repository, name, requester.actor())
        .map(Undoable::answer)
        .orElseThrow(() -> unknown(repository, name));
  }

  /** Shows what happened to a tag. */
  @GET
  @Path("{tag}/history")
  @Requires(Permission.TAG_READ)
  @Operation(
      summary = "List the history of a tag",
      description = "Newest first; also of a tag that was deleted.")
  public Page<Change> history(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("tag") String tag,
      @BeanParam Paging paging) {
    Repository repository = repositories.require(Images.repository(registry, image));
    long before = paging.after(1).map(key -> Keys.number(key, 0)).orElse(Long.MAX_VALUE);
    return paging.page(
        store.history(repository, Tag.parse(tag), before, clock.instant(), paging.fetch()),
        Change::of,
        row -> List.of(Long.toString(row.id())));
  }

  /** Takes a change of a tag back. */
  @POST
  @Path("{tag}/restore")
  @Requires(Permission.TAG_CREATE)
  @Operation(
      summary = "Restore a tag",
      description =
          "Points the tag to what it pointed to before the change with this id; also a tag that was"
              + " deleted. If that artifact was deleted it is brought back; 409 if it is gone for good.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response restore(
      @PathParam("registry") String registry,
      @PathParam("image") String image,
      @PathParam("tag") String tag,
      @Nullable Restoration body) {
    Tag name = Tag.parse(tag);
    Checks checks = new Checks();
    checks.require(
        body != null && body.historyId() != null,
        "/historyId",
        "is missing; it is the id of a change in the tag's history");
    checks.done();
    Repository repository = repositories.require(Images.repository(registry, image));
    long historyId = body == null || body.historyId() == null ? 0 : body.historyId();
    moves.restore(repository, name, historyId, requester.actor());
    return shown(Response.ok(), repository, name);
  }

  private Response point(Repository repository, Tag tag, Digest digest, TagCondition condition) {
    TagMoves.Outcome outcome = moves.point(repository, tag, digest, condition, requester.actor());
    return shown(
        outcome == TagMoves.Outcome.CREATED
            ? Response.status(Response.Status.CREATED)
                .header(
                    HttpHeaders.LOCATION,
                    "/api/v1/registries/%s/images/%s/tags/%s"
                        .formatted(
                            repository.name().registry(),
                            Images.segment(repository.name()),
                            tag.name()))
            : Response.ok(),
        repository,
        tag);
  }

  private Response shown(Response.ResponseBuilder answer, Repository repository, Tag tag) {
    Shown shown = list.find(repository, tag).orElseThrow(() -> unknown(repository, tag));
    return answer.header(HttpHeaders.ETAG, '"' + shown.digest() + '"').entity(shown).build();
  }

  private static TagCondition condition(Optional<String> ifMatch) {
    if (ifMatch.isEmpty()) {
      return new TagCondition.Always();
    }
    if (ifMatch.get().strip().equals("*")) {
      return new TagCondition.PointsTo(List.of());
    }
    try {
      return new TagCondition.PointsTo(
          Arrays.stream(ifMatch.get().split(",", -1))
              .map(entry -> entry.strip().replaceAll("^\"|\"$", ""))
              .map(Digest::parse)
              .toList());
    } catch (RefusedException e) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.REQUEST_INVALID,
              "If-Match has digests in quotes, as the ETag of the tag: " + e.refusal().message(),
              HttpHeaders.IF_MATCH));
    }
  }

  private static RefusedException unknown(Repository repository, Tag tag) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.MANIFEST_UNKNOWN,
            "image %s has no tag %s".formatted(Images.name(repository.name()), tag),
            tag.name()));
  }

  /** What makes a tag. */
  public record NewTag(@Nullable String name, @Nullable String digest) {}

  /** Where a tag shall point. */
  @Schema(name = "TagTarget")
  public record Target(@Nullable String digest) {}

  /** Which change of a tag shall be taken back. */
  @Schema(name = "TagRestoration")
  public record Restoration(@Nullable Long historyId) {}

  /**
   * A tag.
   *
   * @param pulledAt when it was last pulled by this name where it points now
   * @param isProtected whether a policy keeps it from being moved or deleted
   */
  @Schema(name = "Tag")
  public record Shown(
      String name,
      String digest,
      Instant createdAt,
      Instant movedAt,
      String movedBy,
      Optional<Instant> pulledAt,
      @JsonProperty("protected") boolean isProtected) {
    static Shown of(TagStore.Row row, Set<Tag> kept) {
      return new Shown(
          row.name().name(),
          row.digest().toString(),
          row.createdAt(),
          row.movedAt(),
          row.movedBy(),
          Optional.ofNullable(row.pulledAt()),
          kept.contains(row.name()));
    }
  }

  /**
   * Something that happened to a tag.
   *
   * @param from what it pointed to before; absent when it was made
   * @param to what it points to since; absent when it was deleted
   * @param restorable whether it can be taken back: {@code from} is still there, or deleted and can
   *     be brought back
   * @param restorableUntil until when, if {@code from} was deleted
   */
  @Schema(name = "TagChange")
  public record Change(
      long id,
      Optional<String> from,
      Optional<String> to,
      Instant at,
      String by,
      boolean restorable,
      Optional<Instant> restorableUntil) {
    static Change of(TagStore.Change row) {
      return new Change(
          row.id(),
          Optional.ofNullable(row.fromDigest()).map(Digest::toString),
          Optional.ofNullable(row.toDigest()).map(Digest::toString),
          row.at(),
          row.byPrincipal(),
          row.present() != null || row.restorableUntil() != null,
          row.present() == null ? Optional.ofNullable(row.restorableUntil()) : Optional.empty());
    }
  }
}
