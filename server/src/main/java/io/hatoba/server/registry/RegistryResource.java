package io.hatoba.server.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.UndoConfig;
import io.hatoba.server.content.Usage;
import io.hatoba.server.endpoint.Addresses;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.IfMatch;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Patch;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.rest.Requires;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBodySchema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/registries}: makes, lists, shows, changes and deletes registries ({@code
 * registry:create}, {@code registry:read}, {@code registry:update}, {@code registry:delete}).
 * FEATURES A6, C1, F1.
 */
@Path("/api/v1/registries")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class RegistryResource {
  private static final int LONGEST_DESCRIPTION = 1000;

  /** What every reader of JSON can hold exactly. */
  private static final long LARGEST_QUOTA = (1L << 53) - 1;

  private static final Duration LONGEST_UNDO_WINDOW = Duration.ofDays(3650);

  private final Registries registries;
  private final RegistryDeletion deletion;
  private final Usage usage;
  private final UndoConfig undo;
  private final Endpoints endpoints;
  private final InstantSource clock;
  private final Requester requester;
  private final HttpServerRequest request;

  @Inject
  RegistryResource(
      Registries registries,
      RegistryDeletion deletion,
      Usage usage,
      UndoConfig undo,
      Endpoints endpoints,
      InstantSource clock,
      Requester requester,
      HttpServerRequest request) {
    this.registries = registries;
    this.deletion = deletion;
    this.usage = usage;
    this.undo = undo;
    this.endpoints = endpoints;
    this.clock = clock;
    this.requester = requester;
    this.request = request;
  }

  /** Makes a registry: 201 with its address, 409 if the name is taken. */
  @POST
  @Requires(Permission.REGISTRY_CREATE)
  @Operation(
      summary = "Make a registry",
      description =
          "A push does not make one. Name and purpose cannot be changed later. This version makes"
              + " registries of purpose `normal` only.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response create(@Nullable NewRegistry body) {
    NewRegistry wanted = body == null ? NewRegistry.NOTHING : body;
    Checks checks = new Checks();
    Optional<RegistryName> name = checks.parsed("/name", wanted.name(), RegistryName::parse);
    checkPurpose(checks, wanted.purpose());
    Registries.Settings settings = wanted.settings(checks);
    checkReachable(checks, settings.publicUri());
    checks.done();
    Registry registry = registries.create(name.orElseThrow(), settings);
    // As a plain header it stays relative: the framework would put its own idea of scheme and host
    // before it.
    return shown(Response.status(Response.Status.CREATED), registry)
        .header(HttpHeaders.LOCATION, "/api/v1/registries/" + registry.name())
        .build();
  }

  /** Lists the registries that the caller may read. */
  @GET
  @Access(Access.Who.SIGNED_IN)
  @Operation(
      summary = "List registries",
      description =
          "Those that the caller may read (`registry:read`). Sorted by `name`, `createdAt`,"
              + " `physicalBytes` or `imageCount` (the last two as they were a few seconds ago), with `-`"
              + " before it for the opposite order.")
  public Page<Shown> list(@BeanParam Paging paging, @BeanParam Filters filters) {
    RegistryQuery query = filters.query(paging);
    Addresses addresses = endpoints.addresses(request);
    List<RegistryQuery.Row> rows =
        registries.page(query, requester.where(Permission.REGISTRY_READ), paging.fetch());
    Map<Long, Usage.OfRegistry> held =
        usage.ofAll(rows.stream().map(row -> row.registry().id()).toList());
    return paging.page(
        rows,
        row ->
            shown(
                row.registry(),
                addresses,
                Objects.requireNonNull(held.get(row.registry().id())),
                Optional.empty()),
        row -> row.key().texts());
  }

  /** Shows a registry, with the entity tag of its settings. */
  @GET
  @Path("{registry}")
  @Requires(Permission.REGISTRY_READ)
  @Operation(
      summary = "Show a registry",
      description =
          "`ETag` stands for what can be changed of it. `deletedBytes` is the part of `physicalBytes`"
              + " that is there only because it can be brought back.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(@PathParam("registry") String name) {
    return shown(Response.ok(), registries.require(RegistryName.parse(name))).build();
  }

  /** Changes settings: 412 if they are not what the caller has seen. */
  @PATCH
  @Path("{registry}")
  @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
  @Requires(Permission.REGISTRY_UPDATE)
  @Operation(
      summary = "Change the settings of a registry",
      description =
          "A JSON Merge Patch of `publicUri`, `scanOnPush`, `anonymousPull`, `description`,"
              + " `quotaBytes` (`null`: no quota) and `undoWindowSeconds` (`null`: as the service"
              + " says, 0: none; for what is deleted from then on), with `If-Match`. Takes effect at"
              + " once.")
  @APIResponseSchema(
      value = Shown.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(Changeable.class)
  public Response change(
      @PathParam("registry") String name, @BeanParam IfMatch condition, @Nullable JsonNode body) {
    JsonNode given = body == null ? NullNode.getInstance() : body;
    refuseFixed(given);
    Patch patch = new Patch(given, condition.required());
    Registry registry =
        registries.change(RegistryName.parse(name), current -> changed(patch, current));
    return shown(Response.ok(), registry).build();
  }

  private Registries.Settings changed(Patch patch, Registries.Settings current) {
    Changeable wanted = patch.applyTo(Changeable.of(current));
    Checks checks = new Checks();
    if (current.publicUri()) {
      checkReachable(checks, wanted.publicUri());
    }
    Registries.Settings settings = wanted.settings(checks);
    checks.done();
    return settings;
  }

  /** Deletes a registry: 409 if something is in it, unless all of that is to go too. */
  @DELETE
  @Path("{registry}")
  @Requires(Permission.REGISTRY_DELETE)
  @Operation(
      summary = "Delete a registry",
      description =
          "An empty one; with `force=true` together with all its images, artifacts and tags, unless a"
              + " tag is protected. It cannot be brought back. Its name is free at once.")
  public void delete(
      @PathParam("registry") String name,
      @Parameter(description = "`true` deletes what is in it too.") @QueryParam("force")
          @Nullable String force) {
    deletion.delete(
        RegistryName.parse(name), force != null && truth("force", force), requester.actor());
  }

  /** Shows what a registry held, day by day. */
  @GET
  @Path("{registry}/usage")
  @Requires(Permission.REGISTRY_READ)
  @Operation(
      summary = "Show the usage of a registry over time",
      description =
          "What it held at the end of each day (UTC), the last one until now; at most 400 days. A day"
              + " without a change has what the day before had; days before the first that is known are"
              + " left out.")
  public UsageOverTime usage(
      @PathParam("registry") String name,
      @Parameter(description = "The first day, as `2026-11-24`. Default: 30 days before `to`.")
          @QueryParam("from")
          @Nullable String from,
      @Parameter(description = "The last day, included. Default: today.") @QueryParam("to")
          @Nullable String to) {
    Registry registry = registries.require(RegistryName.parse(name));
    LocalDate last =
        to == null ? LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC) : day("to", to);
    LocalDate first = from == null ? last.minusDays(30) : day("from", from);
    if (first.isAfter(last) || first.plusDays(Usage.MAX_DAYS).compareTo(last) <= 0) {
      throw badParameter(
          "from",
          "from is not after to, and both are at most %d days apart".formatted(Usage.MAX_DAYS - 1));
    }
    return new UsageOverTime(usage.history(registry.id(), first, last));
  }

  private static LocalDate day(String parameter, String text) {
    try {
      LocalDate day = LocalDate.parse(text);
      if (day.getYear() >= 1970 && day.getYear() <= 9999) {
        return day;
      }
    } catch (DateTimeParseException e) {
      throw badParameter(parameter, parameter + " is a day such as 2026-11-24");
    }
    throw badParameter(parameter, parameter + " is a day from 1970 to 9999");
  }

  private Response.ResponseBuilder shown(Response.ResponseBuilder answer, Registry registry) {
    return answer
        .header(HttpHeaders.ETAG, IfMatch.tagOf(Changeable.of(registry.settings())))
        .entity(
            shown(
                registry,
                endpoints.addresses(request),
                usage.of(registry.id()),
                Optional.of(usage.deletedBytes(registry.id()))));
  }

  private Shown shown(
      Registry registry, Addresses addresses, Usage.OfRegistry held, Optional<Long> deletedBytes) {
    return Shown.of(registry, addresses, held, deletedBytes, undo.window());
  }

  private static void checkPurpose(Checks checks, @Nullable String purpose) {
    if (purpose == null) {
      return;
    }
    Optional<Purpose> known = Purpose.of(purpose);
    if (known.isEmpty()) {
      checks.wrong("/purpose", "INVALID", "is normal or image-cache");
    } else if (known.get() == Purpose.IMAGE_CACHE) {
      checks.wrong(
          "/purpose",
          "UNSUPPORTED",
          "image caches come with a later version; make a registry of purpose normal");
    }
  }

  private void checkReachable(Checks checks, boolean publicUri) {
    checks.require(
        publicUri || endpoints.divided(),
        "/publicUri",
        "cannot be switched off while the server has no private address: nobody could reach the"
            + " registry. Set hatoba.endpoint.private-networks or private-port first");
  }

  private static Optional<Long> quota(Checks checks, Optional<Long> bytes) {
    checks.require(
        bytes.isEmpty() || (bytes.get() >= 1 && bytes.get() <= LARGEST_QUOTA),
        "/quotaBytes",
        "is from 1 to %d bytes; leave it out (in a patch: null) for no quota"
            .formatted(LARGEST_QUOTA));
    return bytes;
  }

  private static Optional<Long> undoWindow(Checks checks, Optional<Long> seconds) {
    checks.require(
        seconds.isEmpty()
            || (seconds.get() >= 0 && seconds.get() <= LONGEST_UNDO_WINDOW.toSeconds()),
        "/undoWindowSeconds",
        "is from 0 (nothing can be brought back) to %d seconds; leave it out (in a patch: null) for what the service says"
            .formatted(LONGEST_UNDO_WINDOW.toSeconds()));
    return seconds;
  }

  private static void refuseFixed(JsonNode body) {
    Checks checks = new Checks();
    for (String field : List.of("name", "purpose")) {
      if (body.has(field)) {
        checks.wrong(
            "/" + field,
            "READ_ONLY",
            "cannot be changed; make another registry and copy what is in this one");
      }
    }
    checks.done();
  }

  private static boolean truth(String parameter, String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw badParameter(parameter, parameter + " is true or false");
    };
  }

  private static RefusedException badParameter(String parameter, String message) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, parameter));
  }

  /** What a list of registries can be narrowed to, and its order. */
  public static final class Filters {
    private static final int LONGEST_PART = 255;

    @Parameter(description = "Part of the name, upper and lower case alike.")
    @QueryParam("q")
    @Nullable String part;

    @Parameter(
        description =
            "`name`, `createdAt`, `physicalBytes`, `imageCount`; with `-` before it the other way"
                + " round.")
    @QueryParam("sort")
    @Nullable String sort;

    @Parameter(description = "`normal` or `image-cache`.")
    @QueryParam("purpose")
    @Nullable String purpose;

    @Parameter(description = "`true`: those that answer the public address; `false`: the others.")
    @QueryParam("publicUri")
    @Nullable String publicUri;

    RegistryQuery query(Paging paging) {
      if (part != null && part.length() > LONGEST_PART) {
        throw badParameter("q", "q has at most " + LONGEST_PART + " characters");
      }
      String order = sort == null ? "name" : sort;
      boolean descending = order.startsWith("-");
      RegistryQuery query =
          new RegistryQuery(
              Optional.ofNullable(part).filter(text -> !text.isEmpty()),
              Optional.ofNullable(purpose)
                  .map(
                      text ->
                          Purpose.of(text)
                              .orElseThrow(
                                  () ->
                                      badParameter("purpose", "purpose is normal or image-cache"))),
              Optional.ofNullable(publicUri).map(text -> truth("publicUri", text)),
              RegistryQuery.Sort.of(descending ? order.substring(1) : order)
                  .orElseThrow(
                      () ->
                          badParameter(
                              "sort",
                              "sort is name, createdAt, physicalBytes or imageCount, maybe with - before it")),
              descending,
              Optional.empty());
      return paging.after(3).map(texts -> query.after(key(texts))).orElse(query);
    }

    private static RegistryQuery.Key key(List<String> texts) {
      try {
        return RegistryQuery.Key.of(texts);
      } catch (NumberFormatException e) {
        throw badParameter("cursor", "this cursor is not one of this list; start without a cursor");
      }
    }
  }

  /** What a registry held on each day. */
  public record UsageOverTime(List<Usage.Day> items) {
    public UsageOverTime {
      items = List.copyOf(items);
    }
  }

  /** What makes a registry. */
  public record NewRegistry(
      @Nullable String name,
      @Nullable String purpose,
      @Nullable Boolean publicUri,
      @Nullable Boolean scanOnPush,
      @Nullable Boolean anonymousPull,
      @Nullable String description,
      @Nullable Long quotaBytes,
      @Nullable Long undoWindowSeconds) {
    static final NewRegistry NOTHING =
        new NewRegistry(null, null, null, null, null, null, null, null);

    Registries.Settings settings(Checks checks) {
      return new Registries.Settings(
          publicUri == null || publicUri,
          scanOnPush != null && scanOnPush,
          anonymousPull != null && anonymousPull,
          checks.text("/description", description, LONGEST_DESCRIPTION),
          quota(checks, Optional.ofNullable(quotaBytes)),
          undoWindow(checks, Optional.ofNullable(undoWindowSeconds)));
    }
  }

  /** What can be changed. */
  @Schema(name = "RegistryChange")
  record Changeable(
      boolean publicUri,
      boolean scanOnPush,
      boolean anonymousPull,
      @Nullable String description,
      Optional<Long> quotaBytes,
      Optional<Long> undoWindowSeconds) {
    static Changeable of(Registries.Settings settings) {
      return new Changeable(
          settings.publicUri(),
          settings.scanOnPush(),
          settings.anonymousPull(),
          settings.description(),
          settings.quotaBytes(),
          settings.undoWindowSeconds());
    }

    Registries.Settings settings(Checks checks) {
      return new Registries.Settings(
          publicUri,
          scanOnPush,
          anonymousPull,
          checks.text("/description", description, LONGEST_DESCRIPTION),
          quota(checks, quotaBytes),
          undoWindow(checks, undoWindowSeconds));
    }
  }

  /**
   * A registry as the API shows it.
   *
   * @param address what image references begin with
   * @param privateAddress the same inside the private network, if the server has one
   * @param logicalBytes the sum of the sizes of its images
   * @param physicalBytes what it holds, each content once; the quota is about these
   * @param deletedBytes the part of them that is there only because it can be brought back; not in
   *     lists
   * @param undoWindowSeconds how long what is deleted can be brought back, if the registry says so
   * @param effectiveUndoWindowSeconds the same, or what the service says
   */
  @Schema(name = "Registry")
  public record Shown(
      String name,
      String purpose,
      boolean publicUri,
      boolean scanOnPush,
      boolean anonymousPull,
      String description,
      String address,
      Optional<String> privateAddress,
      long imageCount,
      long artifactCount,
      long logicalBytes,
      long physicalBytes,
      Optional<Long> deletedBytes,
      Optional<Long> quotaBytes,
      Optional<Long> undoWindowSeconds,
      long effectiveUndoWindowSeconds,
      Instant createdAt,
      Instant updatedAt) {
    static Shown of(
        Registry registry,
        Addresses addresses,
        Usage.OfRegistry held,
        Optional<Long> deletedBytes,
        Duration serviceWindow) {
      Registries.Settings settings = registry.settings();
      return new Shown(
          registry.name().value(),
          registry.purpose().identifier(),
          settings.publicUri(),
          settings.scanOnPush(),
          settings.anonymousPull(),
          settings.description(),
          addresses.outside().host() + "/" + registry.name(),
          addresses.inside().map(inside -> inside.host() + "/" + registry.name()),
          held.imageCount(),
          held.artifactCount(),
          held.logicalBytes(),
          held.physicalBytes(),
          deletedBytes,
          settings.quotaBytes(),
          settings.undoWindowSeconds(),
          settings.undoWindowSeconds().orElse(serviceWindow.toSeconds()),
          registry.createdAt(),
          registry.updatedAt());
    }
  }
}
