/**
 * The event stream: what happens to content, told to whoever may read it as it happens ({@code GET
 * /api/v1/events}, server-sent events), from the outbox.
 *
 * <pre>
 * outbox --poll, once for all streams of a node--> EventStreams --queue of each--> EventStream --> client
 *    '---read by a stream that comes back with a Last-Event-ID, until it has caught up--'
 * </pre>
 *
 * <p>At least once, in order. A stream that does not keep up is cut and not waited for: its client
 * comes back with the id of the last event it has seen.
 */
@NullMarked
package io.hatoba.server.event;

import org.jspecify.annotations.NullMarked;
