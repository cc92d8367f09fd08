package io.hatoba.server;

import io.hatoba.server.endpoint.EndpointConfig;
import io.hatoba.server.startup.StartupException;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The second listening socket, whose clients count as inside (FEATURES F2): the same routes with
 * the same limits on {@code hatoba.endpoint.private-port}, if that is set. Opened after everything
 * else that a start does; closed with Vert.x.
 */
@Singleton
class PrivateListener {
  private static final Logger LOG = Logger.getLogger(PrivateListener.class);

  /** After {@link Startup}, which has none. */
  private static final int LAST = Integer.MAX_VALUE;

  private final EndpointConfig endpoints;
  private final ServerConfig server;
  private final HttpLimits limits;
  private final Vertx vertx;

  @Inject
  PrivateListener(EndpointConfig endpoints, ServerConfig server, HttpLimits limits, Vertx vertx) {
    this.endpoints = endpoints;
    this.server = server;
    this.limits = limits;
    this.vertx = vertx;
  }

  void start(@Observes @Priority(LAST) StartupEvent event) {
    endpoints.privatePort().ifPresent(this::listen);
  }

  private void listen(int port) {
    HttpServerOptions options = new HttpServerOptions().setHost(server.host()).setPort(port);
    limits.customizeHttpServer(options);
    // As many as there are event loops: each takes its share of the connections.
    int instances = Math.max(2, 2 * Runtime.getRuntime().availableProcessors());
    try {
      vertx
          .deployVerticle(
              () -> new Listener(options), new DeploymentOptions().setInstances(instances))
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      throw new StartupException(
          "%s:%d (hatoba.endpoint.private-port) cannot be listened on (%s). Stop what uses the port, or choose another one."
              .formatted(server.host(), port, e.getCause() == null ? e : e.getCause().getMessage()),
          e);
    }
    LOG.infof("listening for clients inside host=%s port=%d", server.host(), port);
  }

  /** One event loop's part of the socket. */
  private static final class Listener extends AbstractVerticle {
    private final HttpServerOptions options;

    Listener(HttpServerOptions options) {
      this.options = options;
    }

    @Override
    public void start(Promise<Void> started) {
      vertx
          .createHttpServer(options)
          .requestHandler(Listener::handle)
          .listen()
          .<Void>mapEmpty()
          .onComplete(started);
    }

    private static void handle(HttpServerRequest request) {
      @Nullable Handler<HttpServerRequest> root = VertxHttpRecorder.getRootHandler();
      if (root == null) { // the routes come a moment later than the sockets
        request.response().setStatusCode(503).putHeader("Retry-After", "1").end();
      } else {
        root.handle(request);
      }
    }
  }
}
