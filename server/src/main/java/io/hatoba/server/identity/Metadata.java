package io.hatoba.server.identity;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * What an issuer says about itself (OpenID Connect Discovery 1.0, section 3).
 *
 * @param authorizationEndpoint where a browser is sent to; not there at issuers for machines only
 * @param tokenEndpoint where a code is exchanged; as above
 * @param userinfoEndpoint where more about a person is told; as above
 * @param tokenEndpointAuthMethods how a client may authenticate there
 */
public record Metadata(
    String issuer,
    URI jwksUri,
    Optional<URI> authorizationEndpoint,
    Optional<URI> tokenEndpoint,
    Optional<URI> userinfoEndpoint,
    List<String> tokenEndpointAuthMethods) {
  public Metadata {
    tokenEndpointAuthMethods = List.copyOf(tokenEndpointAuthMethods);
  }
}
