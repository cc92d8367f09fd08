package io.hatoba.server.distribution;

import io.hatoba.oci.Refusal;

/** What depends on how the client reached the server: its address, and where it gets a token. */
interface Clients {
  /** The client's network address. */
  String address(Exchange exchange);

  /** The {@code WWW-Authenticate} header. */
  String challenge(Exchange exchange, Refusal.Unauthorized refusal);
}
