/**
 * A client for OCI and Docker registries, without a framework: what tests, benchmarks, replication
 * and the cache share.
 *
 * <p>{@link io.hatoba.client.RegistryClient} speaks to one registry, named by its origin (scheme,
 * host, port). Its rules:
 *
 * <ul>
 *   <li><b>Blocking, and made for virtual threads.</b> Every object that is not a stream or an
 *       upload session may be used by many threads at once. An interrupted call ends with {@link
 *       java.io.InterruptedIOException} and the thread's flag set.
 *   <li><b>Nothing large is held in memory.</b> A blob is a stream in both directions; a manifest
 *       and a page of a list are bounded, an error's body is cut at 64 KiB.
 *   <li><b>Bytes are exact.</b> A manifest and a whole blob are checked against their digest before
 *       the last byte is handed out; content is never decompressed or converted.
 *   <li><b>Credentials stay where they belong.</b> They and their tokens go to the registry's own
 *       origin and to a token realm that {@link io.hatoba.client.Trust} allows, by default one on
 *       the registry's own host and port; never along a redirect or a {@code Location} to another
 *       origin, never from https to http.
 *   <li><b>Tokens</b> are asked for by what an operation needs, kept until shortly before their end
 *       by our own clock, and renewed once when the registry refuses them.
 *   <li><b>Only what is safe is repeated</b>: 408, 429, 5xx and broken connections, a bounded
 *       number of times, waiting as long as {@code Retry-After} says but never longer than a stated
 *       time. A chunk of an upload is not repeated but resumed, after asking the registry how much
 *       it has.
 *   <li><b>A stall is a failure</b>: no byte in either direction for a stated time ends a request;
 *       a slow one may take as long as it needs.
 * </ul>
 *
 * <p>What the registry answered with an error is a {@link io.hatoba.client.RegistryException}; any
 * other {@link java.io.IOException} means that there was no answer. Which addresses may be spoken
 * to is the caller's decision ({@link io.hatoba.client.AddressCheck}).
 */
@NullMarked
package io.hatoba.client;

import org.jspecify.annotations.NullMarked;
