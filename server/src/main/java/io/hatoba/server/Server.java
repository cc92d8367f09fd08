package io.hatoba.server;

import io.hatoba.server.event.EventStreams;
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
  private final Startup startup;
  private final EventStreams streams;

  @Inject
  Server(HttpServer http, Vertx vertx, ServerConfig config, Startup startup, EventStreams streams) {
    this.streams = streams;
    this.startup = startup;
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
    String address = address() + ":" + http.getPort();
    startup.made().ifPresent(made -> System.out.print(FirstLogin.text(made, address)));
    System.out.println("Hatoba is ready at http://" + address);
    Quarkus.waitForExit();
    // They would go on for as long as a stop waits.
    streams.close();
    return 0;
  }

  private String address() {
    return config.host().equals("0.0.0.0") || config.host().equals("::")
        ? "127.0.0.1"
        : config.host();
  }
}
