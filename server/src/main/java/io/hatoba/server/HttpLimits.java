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

  /**
   * What one stream, and one connection with all its streams, may send ahead of being read. HTTP/2
   * begins with 64 KiB for both: 1 MB/s at 60 ms, and one stream that waits holds up the others.
   */
  private static final int STREAM_WINDOW = 256 * 1024;

  private static final int CONNECTION_WINDOW = 1024 * 1024;

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
        .setMaxChunkSize(CHUNK_SIZE)
        .setHttp2ConnectionWindowSize(CONNECTION_WINDOW);
    options
        .getInitialSettings()
        .setInitialWindowSize(STREAM_WINDOW)
        .setMaxHeaderListSize(config.maxHeaderSize().asLongValue());
  }
}
