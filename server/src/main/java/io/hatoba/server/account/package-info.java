/**
 * Accounts, their access keys and roles, and the server's own keys. Rows B1 and B2 of FEATURES.md
 * as far as the registry protocol needs them.
 *
 * <p>Everything that changes who may do what is written through {@link
 * io.hatoba.server.registry.AccessVersion#change}, so that it takes effect on every node at once.
 * Secrets of access keys are long and random and rest as HMAC-SHA-256; passwords are chosen by
 * people and rest as Argon2id.
 */
@NullMarked
package io.hatoba.server.account;

import org.jspecify.annotations.NullMarked;
