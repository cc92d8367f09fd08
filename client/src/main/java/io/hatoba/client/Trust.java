package io.hatoba.client;

import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Whom the client believes and whom it may speak to.
 *
 * @param realms where credentials may go besides the registry itself
 * @param addresses which addresses may be spoken to
 * @param tls the certificates to believe; the JDK's when empty
 */
public record Trust(RealmPolicy realms, AddressCheck addresses, Optional<SSLContext> tls) {
  /** Realms on the registry's own host and port, any address, the JDK's certificates. */
  public static final Trust DEFAULT =
      new Trust(RealmPolicy.OWN_HOST, AddressCheck.ANY, Optional.empty());
}
