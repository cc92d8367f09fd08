/**
 * Registries: named namespaces with their own settings, the first part of every repository name.
 * Made in the console or the API, never by a push (A6). Row C1 of FEATURES.md as far as the
 * registry protocol needs it. {@link io.hatoba.server.registry.AccessVersion} lies here because
 * everything that decides about access stands above this package.
 */
@NullMarked
package io.hatoba.server.registry;

import org.jspecify.annotations.NullMarked;
