package io.hatoba.server;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.TimeUnit;

/** Puts the limits of {@link HttpConfig}, and what was measured, on the listening socket. */
@ApplicationScoped
class HttpLimits implements HttpServerOptionsCustomizer {
  /** Worth a third on uploads against the default of 8 KiB; more brings nothing. */
  private static final int CHUNK_SIZE = 64 * 1024;

  private final HttpConfig config;

  @Inject
  HttpLimits(HttpConfig config) {
    this.config = config;
  }

  @Override
  public void customizeHttpServer(HttpServerOptions options) {
    options
        .setIdleTimeout(Math.toIntExact(config.idleTimeout().toMillis()))
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setMaxHeaderSize(Math.toIntExact(config.maxHeaderSize().asLongValue()))
        .setMaxInitialLineLength(Math.toIntExact(config.maxRequestLine().asLongValue()))
        .setMaxChunkSize(CHUNK_SIZE);
  }
}
