package io.hatoba.server.endpoint;

import java.util.Optional;

/**
 * Under which addresses this server is reached.
 *
 * @param outside the configured external address, else the one that the request came to
 * @param inside the private one; none if the server makes no difference. The configured one, else
 *     {@code outside} with the private port, else {@code outside} itself: private networks need no
 *     address of their own
 */
public record Addresses(Endpoint outside, Optional<Endpoint> inside) {}
