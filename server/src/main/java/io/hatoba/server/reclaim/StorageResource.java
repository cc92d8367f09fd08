package io.hatoba.server.reclaim;

import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Requires;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * {@code /api/v1/storage}: what the storage of the whole service holds, and how far giving space
 * back has come ({@code storage:read}). FEATURES E7.
 */
@Path("/api/v1/storage")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class StorageResource {
  private final StorageTotals totals;

  @Inject
  StorageResource(StorageTotals totals) {
    this.totals = totals;
  }

  /** Shows how things stand. */
  @GET
  @Requires(Permission.STORAGE_READ)
  @Operation(
      summary = "Show the storage",
      description =
          "Bytes are the sums of those of the registries: what two registries have counts in both."
              + " `reclaim` is what nothing needs any more and is about to go.")
  public Shown get() {
    return Shown.of(totals.now());
  }

  /**
   * The storage.
   *
   * @param logicalBytes the sum of the sizes of all images
   * @param physicalBytes each content once in each registry, deleted content that can be brought
   *     back included
   */
  @Schema(name = "StorageState")
  public record Shown(long logicalBytes, long physicalBytes, Reclaim reclaim) {
    static Shown of(StorageTotals.Now now) {
      return new Shown(now.used().logicalBytes(), now.used().physicalBytes(), Reclaim.of(now));
    }
  }

  /**
   * What is about to go, and what has gone.
   *
   * @param dueDeletions deletions whose time is over; counted to 10,000
   * @param dueLinks blobs of images to be looked at whether anything needs them; counted to 10,000
   * @param dueObjects stored objects that nothing names; counted to 10,000
   * @param oldestDueSeconds for how long the first of all these is due; 0: nothing is
   * @param heldUntil until when no object is removed, since a backup is being made
   * @param blobsFreedToday since the day (UTC) began
   */
  @Schema(name = "ReclaimState")
  public record Reclaim(
      long dueDeletions,
      long dueLinks,
      long dueObjects,
      long oldestDueSeconds,
      Optional<Instant> heldUntil,
      long blobsFreedToday,
      long bytesFreedToday,
      long blobsFreedIn30Days,
      long bytesFreedIn30Days) {
    static Reclaim of(StorageTotals.Now now) {
      return new Reclaim(
          now.due().deletions(),
          now.due().links(),
          now.due().objects(),
          now.oldestDue().map(due -> Duration.between(due, now.at()).toSeconds()).orElse(0L),
          now.heldUntil(),
          now.freedToday().blobs(),
          now.freedToday().bytes(),
          now.freedIn30Days().blobs(),
          now.freedIn30Days().bytes());
    }
  }
}
