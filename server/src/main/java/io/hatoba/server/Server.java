package io.hatoba.server;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.vertx.http.HttpServer;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import org.jboss.logging.Logger;

/** Says that the server listens, and waits for its end. */
public class Server implements QuarkusApplication {
  private static final Logger LOG = Logger.getLogger(Server.class);

  private final HttpServer http;
  private final Vertx vertx;
  private final ServerConfig config;

  @Inject
  Server(HttpServer http, Vertx vertx, ServerConfig config) {
    this.http = http;
    this.vertx = vertx;
    this.config = config;
  }

  /** Called when the port is open. */
  @Override
  public int run(String... arguments) {
    if (!vertx.isNativeTransportEnabled()) {
      LOG.warn(
          "native transport not available, downloads are slower",
          vertx.unavailableNativeTransportCause());
    }
    LOG.infof(
        "started version=%s java=%s host=%s port=%d data=%s",
        Main.version(),
        Runtime.version(),
        config.host(),
        http.getPort(),
        config.data().toAbsolutePath());
    System.out.println("Hatoba is ready at http://" + address() + ":" + http.getPort());
    Quarkus.waitForExit();
    return 0;
  }

  private String address() {
    return config.host().equals("0.0.0.0") || config.host().equals("::")
        ? "127.0.0.1"
        : config.host();
  }
}
