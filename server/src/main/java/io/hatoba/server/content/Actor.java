package io.hatoba.server.content;

/**
 * Who does something, for history rows and events.
 *
 * @param principal {@code account:kim}, {@code robot:ci}, {@code anonymous} or {@code system}
 * @param via the id of the access key that was used; empty text if there was none
 * @param address the network address the request came from; empty text if it did not come over a
 *     network
 */
public record Actor(String principal, String via, String address) {
  /** The server itself. */
  static final Actor SYSTEM = new Actor("system", "", "");
}
