/**
 * Patterns for names of images and tags, one grammar for all that selects by name: roles, access
 * keys, policies, webhooks and replication. Row E6 of FEATURES.md. Pure values; nothing here knows
 * what it selects.
 */
@NullMarked
package io.hatoba.server.pattern;

import org.jspecify.annotations.NullMarked;
