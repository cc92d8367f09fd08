/**
 * Accounts, their access keys, sessions and roles, and the server's own keys. Rows B1 to B3 of
 * FEATURES.md.
 *
 * <p>Everything that changes who may do what is written through {@link
 * io.hatoba.server.registry.AccessVersion#change}, so that it takes effect on every node at once.
 * Secrets of access keys are long and random and rest as HMAC-SHA-256; passwords are chosen by
 * people and rest as Argon2id. The secret of a session is in the browser's cookie alone; its
 * SHA-256 rests.
 */
@NullMarked
package io.hatoba.server.account;

import org.jspecify.annotations.NullMarked;
