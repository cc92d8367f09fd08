package io.hatoba.server.distribution;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.ByteSource;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. Made on the event loop; then used by one thread at a time, on the
 * event loop or off it.
 */
final class Exchange {
  /** How much of a body that nobody wants is read so that its sender gets to see the answer. */
  static final long DRAIN_LIMIT = 1024 * 1024;

  private static final Logger LOG = Logger.getLogger(Exchange.class);
  private static final Pattern FOREIGN_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final long DRAIN_SECONDS = 10;
  private static final long NO_ERROR = 0;
  private static final long INTERNAL_ERROR = 2;

  private final HttpServerRequest request;
  private final Context eventLoop;
  private final Verb verb;
  private final String id;
  private final boolean hasBody;
  private final Map<String, String> headersOfRefusal = new LinkedHashMap<>(0);
  private @Nullable BodyReader body;
  private @Nullable Answer answer;

  Exchange(HttpServerRequest request, Context eventLoop) {
    this.request = request;
    this.eventLoop = eventLoop;
    this.verb = Verb.of(request.method());
    this.id = requestId(request.getHeader(Headers.REQUEST_ID));
    this.hasBody = hasBody(request, verb);
  }

  HttpServerRequest request() {
    return request;
  }

  /** Runs this on the request's event loop: at once if this is its thread. */
  void onEventLoop(Runnable step) {
    if (Context.isOnEventLoopThread()) {
      step.run();
    } else {
      eventLoop.runOnContext(_ -> step.run());
    }
  }

  Verb verb() {
    return verb;
  }

  /** Names this request in the log, in its answer and in reports of users. */
  String id() {
    return id;
  }

  /** The path as it stands in the request line; empty for a request line without one. */
  String path() {
    String path = request.path();
    return path == null ? "" : path;
  }

  Optional<String> header(CharSequence name) {
    return Optional.ofNullable(request.getHeader(name));
  }

  List<String> headers(CharSequence name) {
    return request.headers().getAll(name);
  }

  Optional<String> authorization() {
    return Optional.ofNullable(request.getHeader(Headers.AUTHORIZATION));
  }

  Optional<String> query(String name) {
    return Optional.ofNullable(query().get(name));
  }

  List<String> queries(String name) {
    return query().getAll(name);
  }

  /** Whether the request has a body, be it of a stated length or chunked. */
  boolean hasBody() {
    return hasBody;
  }

  /**
   * The stated length of the body; empty if it is chunked. Zero if there is none.
   *
   * @throws RefusedException if it is not a number
   */
  Optional<Long> contentLength() {
    if (!hasBody) {
      return Optional.of(0L);
    }
    String text = request.getHeader(Headers.CONTENT_LENGTH);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw new RefusedException(
          Refusal.invalid(ErrorCode.SIZE_INVALID, "Content-Length is not a number", text));
    }
  }

  /**
   * Takes hold of the body so that it waits until someone reads it. Must be called on the event
   * loop, before the route's handler returns, if the answer is given elsewhere or the body not
   * read.
   */
  void holdBody(IntSupplier highWater) {
    if (hasBody && body == null) {
      boolean awaitsContinue = "100-continue".equalsIgnoreCase(request.getHeader(Headers.EXPECT));
      body = new BodyReader(request, eventLoop, awaitsContinue, highWater);
    }
  }

  /** The body; empty if the request has none. */
  ByteSource body() {
    return body == null ? ByteSource.EMPTY : body;
  }

  /** A header to send if the request is refused, and not otherwise. */
  void headerOfRefusal(CharSequence name, String value) {
    headersOfRefusal.put(name.toString(), value);
  }

  Map<String, String> headersOfRefusal() {
    return headersOfRefusal;
  }

  /** The refusal of a method that the resource does not have. */
  RefusedException methodNotAllowed(String allowed) {
    headerOfRefusal(Headers.ALLOW, allowed);
    return new RefusedException(
        new Refusal.Unsupported(
            "this resource has no " + request.method().name() + "; it has " + allowed, ""));
  }

  /** Starts the answer. A second one replaces the first if that has not been sent. */
  Answer answer(int status) {
    Answer next = new Answer(this, status);
    answer = next;
    return next;
  }

  /** Whether it is too late for another answer. */
  boolean isAnswered() {
    return answer != null && answer.isSent();
  }

  /**
   * Whether other requests share the connection (HTTP/2). What ends a connection for one request
   * ends only that request's stream then.
   */
  boolean isMultiplexed() {
    return request.version() == HttpVersion.HTTP_2;
  }

  /** Breaks off: there is nobody to answer, or the answer broke off in the middle. */
  void abandon() {
    cut(INTERNAL_ERROR);
  }

  /**
   * Whether the connection has to end with the answer, since a body is still to come that nobody
   * read and that is too long to be read for nothing.
   */
  boolean mustClose() {
    return body != null && !body.isOver() && (body.isHeldBack() || !isShortRest());
  }

  /** Called when the answer has left: gets rid of a body that nobody read. */
  void afterAnswer(boolean closing) {
    BodyReader rest = body;
    if (rest == null || rest.isOver()) {
      return;
    }
    if (rest.isHeldBack()) {
      cut(NO_ERROR);
      return;
    }
    if (!closing) {
      rest.discard(Long.MAX_VALUE, () -> {});
      return;
    }
    rest.discard(DRAIN_LIMIT, () -> endAfter(rest));
    eventLoop
        .owner()
        .setTimer(
            TimeUnit.SECONDS.toMillis(DRAIN_SECONDS),
            _ -> {
              if (!rest.isOver()) {
                LOG.debugf("closed a connection that went on sending request=%s", id);
                cut(NO_ERROR);
              }
            });
  }

  /** A connection was announced to end; a stream has ended by itself if all of its body came. */
  private void endAfter(BodyReader rest) {
    if (!isMultiplexed() || !rest.isOver()) {
      cut(NO_ERROR);
    }
  }

  /**
   * Wants no more of the request.
   *
   * @param reason what HTTP/2 tells the client (RFC 9113, section 7); after a whole answer {@link
   *     #NO_ERROR} lets it stand (section 8.1)
   */
  private void cut(long reason) {
    if (isMultiplexed()) {
      onEventLoop(() -> request.response().reset(reason));
    } else {
      request.connection().close();
    }
  }

  private boolean isShortRest() {
    String length = request.getHeader(Headers.CONTENT_LENGTH);
    return length != null && length.length() < 10 && Long.parseLong(length) <= DRAIN_LIMIT;
  }

  private MultiMap query() {
    try {
      return request.params();
    } catch (IllegalArgumentException e) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.REQUEST_INVALID, "the query of the request cannot be decoded", ""));
    }
  }

  /**
   * HTTP/2 knows no chunks, and whether a stream goes on after its headers is not told to handlers
   * (Vert.x 4.5): there every request that can bring something has a body, be it an empty one.
   */
  private static boolean hasBody(HttpServerRequest request, Verb verb) {
    String length = request.getHeader(Headers.CONTENT_LENGTH);
    if (length != null) {
      return !length.equals("0");
    }
    return switch (request.version()) {
      case HTTP_2 -> verb == Verb.POST || verb == Verb.PUT || verb == Verb.PATCH;
      case HTTP_1_0, HTTP_1_1 -> request.headers().contains(Headers.TRANSFER_ENCODING);
    };
  }

  private static String requestId(@Nullable String foreign) {
    if (foreign != null && FOREIGN_ID.matcher(foreign).matches()) {
      return foreign;
    }
    return Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
  }
}
