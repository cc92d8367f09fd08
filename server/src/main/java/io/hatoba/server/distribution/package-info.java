/**
 * The registry protocol under {@code /v2/}: the OCI distribution specification (main branch, which
 * calls itself 1.1) and the few Docker additions that clients still use ({@code _catalog}). Rows
 * A2, A3 and A6 of FEATURES.md.
 *
 * <p>A request is parsed into a {@link io.hatoba.server.distribution.Target} on the event loop.
 * What is remembered (token, repository, tag, manifest or blob) is answered right there; everything
 * else is handed to a virtual thread at one line of {@link
 * io.hatoba.server.distribution.DistributionRoutes}, where code may wait. A class per resource, a
 * method per verb. {@link io.hatoba.server.distribution.Exchange} is one request, {@link
 * io.hatoba.server.distribution.Answer} its answer, {@link io.hatoba.server.distribution.Refusals}
 * the one place that turns a refusal into an answer.
 *
 * <p>Who may what is decided by {@code auth}, what is stored by {@code content}.
 */
@NullMarked
package io.hatoba.server.distribution;

import org.jspecify.annotations.NullMarked;
