/** The registry: starts the features and nothing else. */
@NullMarked
package io.hatoba.server;

import org.jspecify.annotations.NullMarked;
