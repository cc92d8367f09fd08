/**
 * The operator's command {@code hatoba}: a class for each command, all of them named in {@link
 * io.hatoba.server.command.Commands}, which also says how they end. They take the settings of the
 * server, from the same places, and most of them run beside a server that is running. Their usage
 * texts are docs/reference/command.md, held by a test.
 *
 * <p>A new command is a subclass of {@link io.hatoba.server.command.Command} and a line in {@code
 * Commands}.
 */
@NullMarked
package io.hatoba.server.command;

import org.jspecify.annotations.NullMarked;
