/**
 * What must be right before any feature starts: the settings, the data folder and its lock, and the
 * one exception that stops the start with a sentence for the person who runs the server.
 */
@NullMarked
package io.hatoba.server.startup;

import org.jspecify.annotations.NullMarked;
