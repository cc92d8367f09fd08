package io.hatoba.server.endpoint;

/** Where a client is, as far as registries without a public address are concerned (FEATURES F1). */
public enum Side {
  /** Outside, or not known to be inside. */
  PUBLIC,
  /** Inside the private network. */
  PRIVATE
}
