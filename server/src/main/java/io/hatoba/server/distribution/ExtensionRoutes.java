package io.hatoba.server.distribution;

import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;

/**
 * {@code /v2/_oci/ext/discover}: the extensions of the protocol that this registry has (OCI
 * distribution specification, "Extensions"): none.
 */
@Singleton
final class ExtensionRoutes {
  private static final byte[] NONE = "{\"extensions\":[]}".getBytes(StandardCharsets.US_ASCII);

  private final Access access;

  ExtensionRoutes(Access access) {
    this.access = access;
  }

  void serve(Exchange exchange) {
    if (!exchange.verb().isRead()) {
      throw exchange.methodNotAllowed("GET, HEAD");
    }
    access.known(exchange);
    exchange.answer(200).send(Headers.JSON, NONE);
  }
}
