package io.hatoba.server.distribution;

import jakarta.inject.Singleton;

/**
 * {@code /v2/_oci/ext/discover}: the extensions of the protocol that this registry has (OCI
 * distribution specification, "Extensions"): none.
 */
@Singleton
final class ExtensionRoutes {
  private final Access access;

  ExtensionRoutes(Access access) {
    this.access = access;
  }

  void serve(Exchange exchange) {
    if (!exchange.verb().isRead()) {
      throw exchange.methodNotAllowed("GET, HEAD");
    }
    access.known(exchange);
    exchange
        .answer(200)
        .send(
            Headers.JSON,
            Json.object(
                json -> {
                  json.writeArrayFieldStart("extensions");
                  json.writeEndArray();
                }));
  }
}
