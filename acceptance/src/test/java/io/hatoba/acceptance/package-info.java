/**
 * Hatoba as its users meet it: a server process, started as the manual says, and the clients that
 * people have.
 *
 * <p>Nothing here knows the server's code. A scenario starts a {@link
 * io.hatoba.acceptance.RegistryServer} on a free port and an empty folder and talks to it through a
 * {@link io.hatoba.acceptance.Terminal} (real clients, each with a home of its own) or through
 * {@link io.hatoba.acceptance.RegistryHttp} (plain requests, where the exact answer matters).
 * Programs are found on the PATH; {@code script/tools} puts them there.
 */
@NullMarked
package io.hatoba.acceptance;

import org.jspecify.annotations.NullMarked;
