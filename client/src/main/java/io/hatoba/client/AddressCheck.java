package io.hatoba.client;

import java.io.IOException;
import java.net.InetAddress;

/**
 * Decides which addresses may be spoken to: the place for a rule against requests into one's own
 * network. It is asked with every address of a host before each request to it, redirects and token
 * realms included.
 *
 * <p>The connection resolves the name again. Within the JDK's cache of names ({@code
 * networkaddress.cache.ttl}, 30 seconds unless set to 0) that gives the same addresses; a rule that
 * must hold without that cache needs a proxy.
 */
@FunctionalInterface
public interface AddressCheck {
  /** Every address is fine. */
  AddressCheck ANY = (host, address) -> {};

  /**
   * Returns if the address may be used.
   *
   * @throws IOException if not; it ends the operation and is not tried again
   */
  void check(String host, InetAddress address) throws IOException;
}
