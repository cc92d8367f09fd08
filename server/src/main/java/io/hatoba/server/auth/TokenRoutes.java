package io.hatoba.server.auth;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.startup.Secret;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * {@code /token}: GET as Docker's token specification, POST as its OAuth2 variant (row A1 of
 * FEATURES.md). Both take the id of an access key and its secret and give the same answer. The
 * event loop parses, a virtual thread does the rest.
 */
@Singleton
public final class TokenRoutes {
  /** The path that challenges name. */
  public static final String PATH = "/token";

  private static final Logger LOG = Logger.getLogger(TokenRoutes.class);

  /** Before everything else, so that no body limit or handler of the framework comes first. */
  private static final int ORDER = -1001;

  private static final String FORM = "application/x-www-form-urlencoded";
  private static final int MAX_BODY = 64 * 1024;

  /** So much of a body that is too long is read, so that its sender gets to see the answer. */
  private static final int MAX_DRAINED = 1024 * 1024;

  private static final int MAX_PARAMETERS = 200;
  private static final Duration BODY_TIMEOUT = Duration.ofSeconds(30);

  private final TokenIssuer issuer;
  private final Endpoints endpoints;
  private final Challenge challenge;
  private final String service;
  private final Executor executor =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("token-", 0).factory());

  public TokenRoutes(
      TokenIssuer issuer, Endpoints endpoints, Challenge challenge, AuthConfig config) {
    this.issuer = issuer;
    this.endpoints = endpoints;
    this.challenge = challenge;
    this.service = config.service();
  }

  /** Adds the route. */
  public void register(Router router) {
    router.route(PATH).order(ORDER).handler(this::handle);
  }

  private void handle(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    Exchange exchange =
        new Exchange(
            request, endpoints.clientAddress(request), routing.vertx().getOrCreateContext());
    if (request.method().equals(HttpMethod.GET)) {
      run(exchange, () -> get(exchange));
    } else if (request.method().equals(HttpMethod.POST)) {
      readForm(exchange);
    } else {
      request.response().putHeader("Allow", "GET, POST");
      refuse(exchange, new Refusal.Unsupported("the token endpoint knows GET and POST", ""), "");
    }
  }

  private TokenIssuer.Grant get(Exchange exchange) {
    Map<String, List<String>> parameters =
        parameters(
            new QueryStringDecoder(
                exchange.request().uri(), StandardCharsets.UTF_8, true, MAX_PARAMETERS));
    Credentials credentials =
        Credentials.parse(Optional.ofNullable(exchange.request().getHeader("Authorization")));
    Optional<Credentials.Basic> login =
        switch (credentials) {
          case Credentials.None() -> Optional.empty();
          case Credentials.Basic basic -> Optional.of(basic);
          case Credentials.Bearer bearer -> throw notBasic();
          case Credentials.Unusable unusable -> throw notBasic();
        };
    return issue(exchange, login, parameters);
  }

  private TokenIssuer.Grant post(Exchange exchange, Buffer body) {
    Map<String, List<String>> parameters =
        parameters(
            new QueryStringDecoder(
                body.toString(StandardCharsets.UTF_8),
                StandardCharsets.UTF_8,
                false,
                MAX_PARAMETERS));
    return switch (first(parameters, "grant_type").orElse("")) {
      case "password" ->
          issue(
              exchange,
              Optional.of(
                  new Credentials.Basic(
                      first(parameters, "username").orElse(""),
                      new Secret(first(parameters, "password").orElse("")))),
              parameters);
      case "refresh_token" ->
          throw new OAuthException(
              "invalid_grant",
              unauthorized("this service gives no refresh tokens; log in with an access key"));
      default ->
          throw new OAuthException(
              "unsupported_grant_type",
              Refusal.invalid(ErrorCode.REQUEST_INVALID, "grant_type must be password", ""));
    };
  }

  private TokenIssuer.Grant issue(
      Exchange exchange, Optional<Credentials.Basic> login, Map<String, List<String>> parameters) {
    Optional<String> wanted = first(parameters, "service").filter(text -> !text.isEmpty());
    if (wanted.isPresent() && !wanted.get().equals(service)) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.REQUEST_INVALID,
              "this is the token endpoint of '%s'".formatted(service),
              ""));
    }
    List<String> scopes =
        parameters.getOrDefault("scope", List.of()).stream()
            .flatMap(value -> List.of(value.split(" ", -1)).stream())
            .filter(scope -> !scope.isEmpty())
            .toList();
    return issuer.issue(login, scopes, exchange.address(), endpoints.side(exchange.request()));
  }

  private void readForm(Exchange exchange) {
    HttpServerRequest request = exchange.request();
    String type = Optional.ofNullable(request.getHeader("Content-Type")).orElse("");
    boolean form = type.toLowerCase(Locale.ROOT).startsWith(FORM);
    long timer =
        exchange.context().owner().setTimer(BODY_TIMEOUT.toMillis(), id -> exchange.abandon());
    Buffer body = Buffer.buffer();
    long[] received = {0};
    request.exceptionHandler(failure -> exchange.context().owner().cancelTimer(timer));
    request.handler(
        piece -> {
          received[0] += piece.length();
          if (received[0] > MAX_DRAINED) {
            refuseEndless(exchange);
          } else if (form && received[0] <= MAX_BODY) {
            body.appendBuffer(piece);
          }
        });
    request.endHandler(
        end -> {
          exchange.context().owner().cancelTimer(timer);
          if (!form) {
            refuse(
                exchange,
                Refusal.invalid(ErrorCode.REQUEST_INVALID, "the body must be " + FORM, ""),
                "");
          } else if (received[0] > MAX_BODY) {
            refuse(exchange, tooLarge(), "");
          } else {
            run(exchange, () -> post(exchange, body));
          }
        });
    if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
      request.response().writeContinue();
    }
  }

  /** Answers a sender that does not come to its end, and listens no more. */
  private void refuseEndless(Exchange exchange) {
    HttpServerResponse response = exchange.request().response();
    if (response.ended() || response.closed()) {
      return;
    }
    response.endHandler(ended -> exchange.abandon());
    if (exchange.request().version() != HttpVersion.HTTP_2) {
      response.putHeader("Connection", "close");
    }
    refuse(exchange, tooLarge(), "");
  }

  private static Refusal tooLarge() {
    return new Refusal.TooLarge(ErrorCode.REQUEST_INVALID, "the body has more than 64 KiB", "");
  }

  /** The one place where a request leaves the event loop. */
  private void run(Exchange exchange, Supplier<TokenIssuer.Grant> work) {
    executor.execute(
        () -> {
          try {
            TokenIssuer.Grant grant = work.get();
            exchange.answer(() -> grant(exchange.request().response(), grant));
          } catch (OAuthException e) {
            exchange.answer(() -> refuse(exchange, e.refusal(), e.error()));
          } catch (RefusedException e) {
            exchange.answer(() -> refuse(exchange, e.refusal(), ""));
          } catch (RuntimeException e) {
            LOG.error("failed to issue a token", e);
            exchange.answer(
                () ->
                    refuse(
                        exchange,
                        new Refusal.Invalid(ErrorCode.UNKNOWN, "the server failed", ""),
                        ""));
          }
        });
  }

  private static void grant(HttpServerResponse response, TokenIssuer.Grant grant) {
    JsonObject json =
        new JsonObject()
            .put("token", grant.token().compact())
            .put("access_token", grant.token().compact())
            .put(
                "scope",
                grant.access().stream().map(Scope::toString).collect(Collectors.joining(" ")))
            .put("expires_in", grant.token().expiresIn().toSeconds())
            .put("issued_at", grant.token().issuedAt().toString());
    send(response, 200, json);
  }

  /** The registry's form of an error and, if it has a word for it, OAuth's in one document. */
  private void refuse(Exchange exchange, Refusal refusal, String oauthError) {
    HttpServerResponse response = exchange.request().response();
    switch (refusal) {
      case Refusal.Unauthorized unauthorized ->
          response.putHeader("WWW-Authenticate", challenge.basic());
      case Refusal.TooMany tooMany ->
          response.putHeader("Retry-After", seconds(tooMany.retryAfter()));
      case Refusal.Unavailable unavailable ->
          response.putHeader("Retry-After", seconds(unavailable.retryAfter()));
      case Refusal.Unknown unknown -> {}
      case Refusal.Invalid invalid -> {}
      case Refusal.InvalidFields fields -> {}
      case Refusal.Denied denied -> {}
      case Refusal.Conflict conflict -> {}
      case Refusal.TooLarge tooLarge -> {}
      case Refusal.Unsupported unsupported -> {}
    }
    JsonObject json =
        new JsonObject()
            .put(
                "errors",
                new JsonArray()
                    .add(
                        new JsonObject()
                            .put("code", refusal.code().name())
                            .put("message", refusal.message())
                            .put("detail", refusal.detail())));
    if (!oauthError.isEmpty()) {
      json.put("error", oauthError).put("error_description", refusal.message());
    }
    int status = refusal instanceof Refusal.TooLarge ? 413 : refusal.code().status();
    send(response, status, json);
  }

  private static void send(HttpServerResponse response, int status, JsonObject json) {
    if (response.ended() || response.closed()) {
      return;
    }
    response
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .putHeader("Cache-Control", "no-store")
        .end(json.toBuffer());
  }

  private static String seconds(Duration duration) {
    return Long.toString(Math.max(1, duration.plusMillis(999).toSeconds()));
  }

  private static Map<String, List<String>> parameters(QueryStringDecoder decoder) {
    try {
      return decoder.parameters();
    } catch (IllegalArgumentException e) {
      throw new RefusedException(
          Refusal.invalid(ErrorCode.REQUEST_INVALID, "the parameters are not well-formed", ""));
    }
  }

  private static Optional<String> first(Map<String, List<String>> parameters, String name) {
    return parameters.getOrDefault(name, List.of()).stream().findFirst();
  }

  private static RefusedException notBasic() {
    return new RefusedException(
        unauthorized("log in with the id of an access key and its secret (Basic)"));
  }

  private static Refusal.Unauthorized unauthorized(String message) {
    return new Refusal.Unauthorized(message, Optional.empty(), new ArrayList<>());
  }

  /** One request on its way. */
  private record Exchange(HttpServerRequest request, String address, Context context) {
    /** Error codes of HTTP/2 (RFC 9113, section 7). The first lets an answer stand. */
    private static final long NO_ERROR = 0;

    private static final long CANCEL = 8;

    void answer(Runnable answer) {
      context.runOnContext(ignored -> answer.run());
    }

    /** Ends a request of which nothing more is wanted: its stream, or the connection. */
    void abandon() {
      if (request.version() == HttpVersion.HTTP_2) {
        request.response().reset(request.response().ended() ? NO_ERROR : CANCEL);
      } else {
        request.connection().close();
      }
    }
  }

  /** A refusal that OAuth has a word for. */
  private static final class OAuthException extends RuntimeException {
    private final transient Refusal refusal;
    private final String error;

    OAuthException(String error, Refusal refusal) {
      super(error, null, false, false);
      this.error = error;
      this.refusal = refusal;
    }

    Refusal refusal() {
      return refusal;
    }

    String error() {
      return error;
    }
  }
}
