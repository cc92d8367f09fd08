/**
 * Requests from this server to addresses that a setting or a person names: identity providers,
 * webhooks, upstreams. {@link io.hatoba.server.outbound.Outbound} is the only way out, so that
 * nobody can use the server to reach what only the server can reach (loopback, cloud metadata,
 * private networks) unless a setting opens that network.
 */
@NullMarked
package io.hatoba.server.outbound;

import org.jspecify.annotations.NullMarked;
