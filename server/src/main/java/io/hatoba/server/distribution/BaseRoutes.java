package io.hatoba.server.distribution;

import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;

/**
 * {@code /v2/} (end-1): tells a client with good credentials that they are, and every other one
 * where to get a token, also where anonymous pull is on: some clients learn it nowhere else
 * (argocd-image-updater PR#1800).
 */
@Singleton
final class BaseRoutes {
  private static final byte[] EMPTY_OBJECT = "{}".getBytes(StandardCharsets.US_ASCII);

  private final Access access;

  BaseRoutes(Access access) {
    this.access = access;
  }

  void serve(Exchange exchange) {
    if (!exchange.verb().isRead()) {
      throw exchange.methodNotAllowed("GET, HEAD");
    }
    access.known(exchange);
    welcome(exchange);
  }

  /** Answers somebody who is known. */
  static void welcome(Exchange exchange) {
    exchange.answer(200).send(Headers.JSON, EMPTY_OBJECT);
  }
}
