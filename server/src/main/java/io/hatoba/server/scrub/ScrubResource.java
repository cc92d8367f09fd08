package io.hatoba.server.scrub;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.rest.Requires;
import io.hatoba.server.scrub.FindingStore.Which;
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
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/storage/scrub}: what the reading of stored content has found ({@code
 * storage:read}), and passes by hand ({@code storage:scrub}).
 */
@Path("/api/v1/storage/scrub")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class ScrubResource {
  private static final int MOST_IMAGES = 100;

  private final Scrub scrub;
  private final Requester requester;

  @Inject
  ScrubResource(Scrub scrub, Requester requester) {
    this.scrub = scrub;
    this.requester = requester;
  }

  /** How things stand. */
  @GET
  @Requires(Permission.STORAGE_READ)
  @Operation(
      summary = "Show the state of the scrub",
      description =
          "All stored content is read again from time to time and compared with its digests."
              + " `run` is what runs now, `last` what has ended last.")
  public State state() {
    return State.of(scrub.status());
  }

  /** Starts a pass: 202, 409 if one that was started by hand runs. */
  @POST
  @Path("runs")
  @Requires(Permission.STORAGE_SCRUB)
  @Operation(
      summary = "Read all stored content now",
      description =
          "As fast as `hatoba.scrub.bytes-per-second` allows, on all servers together, in the place"
              + " of a run by the schedule. 409 while another one runs that was started by hand.")
  @APIResponseSchema(
      value = Run.class,
      responseCode = "202",
      responseDescription = "The run; `Location` is where it can be watched.")
  public Response start() {
    Run run = Run.of(scrub.start(requester.actor().principal()));
    return Response.accepted(run)
        .header(HttpHeaders.LOCATION, "/api/v1/storage/scrub/runs/" + run.id())
        .build();
  }

  /** Lists passes. */
  @GET
  @Path("runs")
  @Requires(Permission.STORAGE_READ)
  @Operation(summary = "List runs of the scrub", description = "Newest first.")
  public Page<Run> runs(@BeanParam Paging paging) {
    return paging.page(
        scrub.passes(paging.after(1).map(ScrubResource::place), paging.fetch()),
        Run::of,
        pass -> List.of(Long.toString(pass.id())));
  }

  /** Shows one. */
  @GET
  @Path("runs/{id}")
  @Requires(Permission.STORAGE_READ)
  @Operation(
      summary = "Show a run of the scrub",
      description = "`progress` goes from 0 to 1. What it has found is in the list of findings.")
  public Run run(@PathParam("id") String id) {
    return Run.of(scrub.pass(number(id)));
  }

  /** Stops one. */
  @POST
  @Path("runs/{id}/stop")
  @Requires(Permission.STORAGE_SCRUB)
  @Operation(
      summary = "Stop a run of the scrub",
      description =
          "What it has found stays. A run that has ended stays as it is. The next one by the"
              + " schedule starts at its time.")
  public Run stop(@PathParam("id") String id) {
    return Run.of(scrub.stop(number(id)));
  }

  /** Lists what was found. */
  @GET
  @Path("findings")
  @Requires(Permission.STORAGE_READ)
  @Operation(
      summary = "List damaged content",
      description = "Newest first: what is damaged, and what was and is healed or gone.")
  public Page<ShownFinding> findings(@BeanParam Filter filter, @BeanParam Paging paging) {
    return paging.page(
        scrub.findings(filter.which(), paging.after(1).map(ScrubResource::place), paging.fetch()),
        finding -> ShownFinding.of(finding, Optional.empty()),
        finding -> List.of(Long.toString(finding.id())));
  }

  /** Shows one, with images that are concerned. */
  @GET
  @Path("findings/{id}")
  @Requires(Permission.STORAGE_READ)
  @Operation(
      summary = "Show damaged content",
      description = "With up to 100 images that have it: pushing any of them again heals it.")
  public ShownFinding finding(@PathParam("id") String id) {
    Finding finding = scrub.finding(number(id));
    return ShownFinding.of(finding, Optional.of(scrub.images(finding, MOST_IMAGES)));
  }

  /** Forgets one that is over: 204, 409 while it is damaged. */
  @DELETE
  @Path("findings/{id}")
  @Requires(Permission.STORAGE_SCRUB)
  @Operation(
      summary = "Forget a finding that is over",
      description = "The damaged bytes that were kept aside go too. 409 while it is damaged.")
  public void discard(@PathParam("id") String id) {
    scrub.discard(number(id));
  }

  /** Lists what could not be read. */
  @GET
  @Path("unreadable")
  @Requires(Permission.STORAGE_READ)
  @Operation(
      summary = "List content that could not be read",
      description =
          "An error while reading is no damage: it is tried again, at first after a minute, later"
              + " every 6 hours. In the order of kinds and digests.")
  public Page<ShownUnreadable> unreadable(@BeanParam Paging paging) {
    return paging.page(
        scrub.unreadable(paging.after(2), paging.fetch()),
        ShownUnreadable::of,
        one -> List.of(one.kind().word(), one.digest().toString()));
  }

  /** No row has the id 0. */
  private static long number(String id) {
    return id.matches("[0-9]{1,18}") ? Long.parseLong(id) : 0;
  }

  private static long place(List<String> key) {
    long id = number(key.getFirst());
    if (id == 0) {
      throw invalid("this cursor is not one of this list; start without a cursor", "cursor");
    }
    return id;
  }

  private static RefusedException invalid(String message, String parameter) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, parameter));
  }

  /** Which findings. */
  public static final class Filter {
    @Parameter(description = "How it stands: `damaged`, `healed` or `gone`.")
    @QueryParam("state")
    @Nullable String state;

    Which which() {
      return switch (state) {
        case null -> Which.ALL;
        case "damaged" -> Which.DAMAGED;
        case "healed" -> Which.HEALED;
        case "gone" -> Which.GONE;
        default -> throw invalid("state is damaged, healed or gone", "state");
      };
    }
  }

  /**
   * The scrub as the API shows it.
   *
   * @param state {@code running}, {@code waiting}, or {@code off} if no run starts by itself
   */
  @Schema(name = "ScrubState")
  public record State(
      String state,
      Optional<Run> run,
      Optional<Run> last,
      Optional<Instant> nextAt,
      long damaged,
      long unreadable,
      long keptAside) {
    /** From what {@link Scrub#status} says. */
    public static State of(Scrub.Status status) {
      return new State(
          status.running().isPresent() ? "running" : status.scheduled() ? "waiting" : "off",
          status.running().map(Run::of),
          status.last().map(Run::of),
          status.nextAt(),
          status.damaged(),
          status.unreadable(),
          status.keptAside());
    }
  }

  /** A pass as the API shows it. */
  @Schema(name = "ScrubRun")
  public record Run(
      String id,
      String trigger,
      String state,
      String startedBy,
      Instant startedAt,
      Optional<Instant> endedAt,
      double progress,
      long manifests,
      long blobs,
      long bytes,
      long damaged,
      long unreadable) {
    static Run of(Pass pass) {
      return new Run(
          Long.toString(pass.id()),
          pass.cause().word(),
          pass.state().word(),
          pass.startedBy(),
          pass.startedAt(),
          pass.endedAt(),
          pass.progress(),
          pass.tally().manifests(),
          pass.tally().blobs(),
          pass.tally().bytes(),
          pass.tally().damaged(),
          pass.tally().unreadable());
    }
  }

  /** A finding as the API shows it. */
  @Schema(name = "ScrubFinding")
  public record ShownFinding(
      String id,
      String state,
      String kind,
      String digest,
      String problem,
      long sizeBytes,
      Instant foundAt,
      Optional<Instant> endedAt,
      Optional<String> object,
      Optional<List<String>> images) {
    public ShownFinding {
      images = images.map(List::copyOf);
    }

    static ShownFinding of(Finding finding, Optional<List<String>> images) {
      return new ShownFinding(
          Long.toString(finding.id()),
          finding.outcome().orElse("damaged"),
          finding.kind().word(),
          finding.digest().toString(),
          finding.problem(),
          finding.size(),
          finding.foundAt(),
          finding.endedAt(),
          finding.object(),
          images);
    }
  }

  /** What could not be read, as the API shows it. */
  @Schema(name = "ScrubUnreadable")
  public record ShownUnreadable(
      String kind, String digest, int attempts, Instant failedAt, Instant nextAt, String error) {
    static ShownUnreadable of(Unreadable unreadable) {
      return new ShownUnreadable(
          unreadable.kind().word(),
          unreadable.digest().toString(),
          unreadable.attempts(),
          unreadable.failedAt(),
          unreadable.notBefore(),
          unreadable.error());
    }
  }
}
