/**
 * What must be right before any feature starts: the settings, the data folder and its lock, and the
 * one exception that stops the start with a sentence for the person who runs the server.
 *
 * <p>A setting is a method of a {@code @ConfigMapping} interface in the package of its feature; its
 * docstring states default, range and effect and becomes {@code docs/reference/configuration.md}.
 * Flags beat system properties, those beat environment variables, those beat the file named by
 * {@code --config}. {@link io.hatoba.server.startup.Settings} checks all of them before anything is
 * opened. The value of a secret is never part of a message.
 *
 * <p>Knows no feature; every feature may use it.
 */
@NullMarked
package io.hatoba.server.startup;

import org.jspecify.annotations.NullMarked;
