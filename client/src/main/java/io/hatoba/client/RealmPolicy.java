package io.hatoba.client;

import java.net.URI;

/**
 * Decides to which token realms the credentials of a registry may go. Whatever it says, a realm is
 * an absolute http or https URL without user information, and that of a registry on https is on
 * https.
 */
@FunctionalInterface
public interface RealmPolicy {
  /** Only a realm on the registry's own host and port. */
  RealmPolicy OWN_HOST = (origin, realm) -> Origins.sameAuthority(origin, realm);

  /** Whether the registry at this origin may send the client to this realm. */
  boolean allows(URI origin, URI realm);
}
