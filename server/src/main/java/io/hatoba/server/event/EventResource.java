package io.hatoba.server.event;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Event;
import io.hatoba.server.content.EventCursors;
import io.hatoba.server.content.Events;
import io.hatoba.server.content.Events.Cursor;
import io.hatoba.server.event.EventStream.Wanted;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Access.Who;
import io.hatoba.server.rest.Renewal;
import io.hatoba.server.rest.Requester;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/events}: what happens to content, as server-sent events; of it what the caller may
 * read ({@code artifact:read} on the image, {@code registry:read} for what concerns a registry),
 * for as long as the caller may.
 */
@Path("/api/v1/events")
@RunOnVirtualThread
public final class EventResource {
  private final Events events;
  private final EventCursors cursors;
  private final EventStreams streams;
  private final Renewal renewal;
  private final RoutingContext http;

  @Inject
  EventResource(
      Events events,
      EventCursors cursors,
      EventStreams streams,
      Renewal renewal,
      RoutingContext http) {
    this.events = events;
    this.cursors = cursors;
    this.streams = streams;
    this.renewal = renewal;
    this.http = http;
  }

  /** Listens from now on, or from the event that the client saw last. */
  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @Access(Who.SIGNED_IN)
  @Operation(
      summary = "Listen to events",
      description =
          "Server-sent events, from now on or from after `Last-Event-ID`. The name of an event is"
              + " its kind; its data is an object with `at`, `registry`, `image`, `digest`, `tag`,"
              + " `previousDigest`, `mediaType` and `actor`, as far as they apply. An event `reset`"
              + " means that some were missed: load again what is shown. At least once, in order;"
              + " events are kept for 7 days. The stream ends when the caller's right does, and"
              + " when the client does not keep up.")
  @APIResponse(
      responseCode = "200",
      description = "The stream.",
      content =
          @Content(
              mediaType = MediaType.SERVER_SENT_EVENTS,
              schema = @Schema(type = SchemaType.STRING)))
  public Response listen(
      @Parameter(description = "Only those of this registry.") @QueryParam("registry")
          @Nullable String registry,
      @Parameter(description = "Only these kinds: `artifact.pushed`, `tag.moved` …")
          @QueryParam("kind")
          List<String> kinds,
      @Parameter(description = "The id of the event that was seen last.")
          @HeaderParam("Last-Event-ID")
          @Nullable String lastEventId) {
    Optional<String> wantedRegistry =
        Optional.ofNullable(registry).map(RegistryName::parse).map(RegistryName::value);
    Set<Event.Kind> wantedKinds = kinds(kinds);
    Start start = start(lastEventId);
    Supplier<Requester> caller = renewal.ofThisRequest();
    EventStream stream =
        streams.open(
            new Wanted(
                caller.get(),
                caller,
                wantedRegistry,
                wantedKinds,
                start.after(),
                start.missedSome()),
            cut(http.request()));
    http.addEndHandler(_ -> stream.end());
    StreamingOutput body = stream::run;
    return Response.ok(body, MediaType.SERVER_SENT_EVENTS_TYPE)
        // Proxies that gather answers (nginx) would keep events back.
        .header("X-Accel-Buffering", "no")
        .build();
  }

  /** What {@link #listen} would begin with, without a stream. */
  @HEAD
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @Access(Who.SIGNED_IN)
  @Operation(hidden = true)
  public Response head() {
    return Response.ok().type(MediaType.SERVER_SENT_EVENTS_TYPE).build();
  }

  private Start start(@Nullable String lastEventId) {
    Cursor latest = events.latest();
    if (lastEventId == null || lastEventId.isEmpty()) {
      return new Start(latest, false);
    }
    Cursor last =
        Message.cursor(lastEventId)
            .orElseThrow(
                () -> invalid("this is not the id of an event; leave it out", "Last-Event-ID"));
    if (last.compareTo(latest) > 0) {
      return new Start(latest, true); // of another database, or one that was restored
    }
    Cursor dropped = cursors.dropped();
    return last.compareTo(dropped) < 0 ? new Start(dropped, true) : new Start(last, false);
  }

  private static Set<Event.Kind> kinds(List<String> identifiers) {
    Set<Event.Kind> kinds = EnumSet.noneOf(Event.Kind.class);
    for (String identifier : identifiers) {
      kinds.add(
          Arrays.stream(Event.Kind.values())
              .filter(kind -> kind.identifier().equals(identifier))
              .findAny()
              .orElseThrow(
                  () ->
                      invalid(
                          "kind is one of "
                              + Arrays.stream(Event.Kind.values())
                                  .map(Event.Kind::identifier)
                                  .collect(Collectors.joining(", ")),
                          "kind")));
    }
    return kinds;
  }

  /** Ends a connection that takes nothing more, so that the thread that writes to it comes back. */
  private static Runnable cut(HttpServerRequest request) {
    return request.version() == HttpVersion.HTTP_2
        ? () -> request.response().reset()
        : () -> request.connection().close();
  }

  private static RefusedException invalid(String message, String parameter) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, parameter));
  }

  private record Start(Cursor after, boolean missedSome) {}
}
