package io.hatoba.server.undo;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.Deletion;
import io.hatoba.server.content.Deletions;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.Images;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.rest.Requires;
import io.hatoba.server.rest.Scan;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/**
 * {@code …/registries/{registry}/deleted}: lists what can be brought back ({@code deleted:read}),
 * brings it back ({@code deleted:restore}), and lets go of all of it ({@code deleted:purge}).
 * FEATURES C6.
 */
@Path("/api/v1/registries/{registry}/deleted")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class DeletedResource {
  private final Registries registries;
  private final Deletions deletions;
  private final Emptying emptying;
  private final Requester requester;

  @Inject
  DeletedResource(
      Registries registries, Deletions deletions, Emptying emptying, Requester requester) {
    this.registries = registries;
    this.deletions = deletions;
    this.emptying = emptying;
    this.requester = requester;
  }

  /** Lists what can be brought back. */
  @GET
  @Requires(value = Permission.DELETED_READ, onSome = true)
  @Operation(
      summary = "List what can be brought back",
      description =
          "What was deleted together, newest first, until its time is over; of the images that you may"
              + " see. If those are only some of the registry's, a page may have fewer items than"
              + " `limit` and still a `next`.")
  public Page<Shown> list(
      @PathParam("registry") String registry,
      @Parameter(description = "Only of this image, which may be gone.") @QueryParam("image")
          Optional<String> image,
      @BeanParam Paging paging) {
    long registryId = id(registry);
    Optional<RepositoryName> of = image.map(name -> RepositoryName.parse(registry + "/" + name));
    Optional<Long> before = paging.after(1).map(DeletedResource::place);
    Scan.Chunks<Deletion> chunks =
        (last, limit) ->
            deletions.page(registryId, of, last.map(Deletion::id).or(() -> before), limit);
    boolean everything = requester.may(Permission.DELETED_READ, new Target.OfRegistry(registry));
    Scan<Deletion> found =
        everything
            ? Scan.all(paging.fetch(), chunks)
            : Scan.filtered(
                paging.fetch(), chunks, deletion -> may(Permission.DELETED_READ, deletion));
    return found.page(paging, Shown::of, deletion -> List.of(Long.toString(deletion.id())));
  }

  /** Shows one deletion. */
  @GET
  @Path("{id}")
  @Requires(value = Permission.DELETED_READ, onSome = true)
  @Operation(
      summary = "Show what can be brought back",
      description = "404 when its time is over, or it was brought back.")
  public Shown get(@PathParam("registry") String registry, @PathParam("id") String id) {
    return Shown.of(find(id(registry), id, Permission.DELETED_READ));
  }

  /** Brings back what was deleted. */
  @POST
  @Path("{id}/restore")
  @Requires(value = Permission.DELETED_RESTORE, onSome = true)
  @Operation(
      summary = "Bring back what was deleted",
      description =
          "As it was, with signatures, other referrers, children, tags and texts; an image that is gone"
              + " is made again. A tag that was made again meanwhile is left alone: of a deleted tag"
              + " that is 409. A repetition after a failure goes on.")
  public Restored restore(@PathParam("registry") String registry, @PathParam("id") String id) {
    long registryId = id(registry);
    Deletion deletion = find(registryId, id, Permission.DELETED_RESTORE);
    return Restored.of(deletions.restore(registryId, deletion.id(), requester.actor()));
  }

  /** Lets go of all that was deleted. */
  @DELETE
  @Requires(Permission.DELETED_PURGE)
  @Operation(
      summary = "Empty what was deleted",
      description =
          "All of the registry. It can no longer be brought back, and the space that nothing else"
              + " needs comes back within minutes.")
  public void empty(@PathParam("registry") String registry) {
    emptying.empty(id(registry));
  }

  private long id(String registry) {
    return registries.require(RegistryName.parse(registry)).id();
  }

  /** What the caller may not know of does not exist. */
  private Deletion find(long registryId, String id, Permission permission) {
    return deletions
        .find(registryId, number(id))
        .filter(deletion -> may(permission, deletion))
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.MANIFEST_UNKNOWN,
                        "there is nothing deleted under this id that can be brought back: its time is over, it was brought back, or it never was",
                        id)));
  }

  private boolean may(Permission permission, Deletion deletion) {
    return requester.may(permission, new Target.OfImage(deletion.repository()));
  }

  private static long place(List<String> key) {
    long id = number(key.getFirst());
    if (id == 0) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.REQUEST_INVALID,
              "this cursor is not one of this list; start without a cursor",
              "cursor"));
    }
    return id;
  }

  /** No deletion has the number 0. */
  private static long number(String text) {
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
  }

  /**
   * Something that was deleted.
   *
   * @param image that it was in; it may be gone
   * @param kind what was deleted: {@code image}, {@code artifact} or {@code tag}
   * @param digest the artifact, or what the tag pointed to
   * @param tag that was deleted
   * @param artifactCount how many artifacts come back, children and referrers included
   */
  @Schema(name = "Deletion")
  public record Shown(
      String id,
      String image,
      String kind,
      Optional<String> digest,
      Optional<String> tag,
      long artifactCount,
      Instant deletedAt,
      String deletedBy,
      Instant restorableUntil) {
    static Shown of(Deletion deletion) {
      return new Shown(
          Long.toString(deletion.id()),
          Images.name(deletion.repository()),
          deletion.kind().identifier(),
          deletion.digest().map(Digest::toString),
          deletion.tag().map(Tag::name),
          deletion.artifacts(),
          deletion.deletedAt(),
          deletion.deletedBy(),
          deletion.until());
    }
  }

  /**
   * What came back.
   *
   * @param artifacts how many, children and referrers included; those that are there again already
   *     do not count
   * @param tags how many
   * @param tagsElsewhere how many tags were made again meanwhile, point elsewhere, and were left
   *     alone
   */
  @Schema(name = "Restored")
  public record Restored(String image, String kind, long artifacts, long tags, long tagsElsewhere) {
    static Restored of(Deletions.Undone undone) {
      return new Restored(
          Images.name(undone.repository()),
          undone.kind().identifier(),
          undone.artifacts(),
          undone.tags(),
          undone.tagsElsewhere());
    }
  }
}
