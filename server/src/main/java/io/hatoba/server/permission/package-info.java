/**
 * The words of authorization, below everything that speaks of it: what can be allowed ({@link
 * io.hatoba.server.permission.Permission}) and on what ({@link
 * io.hatoba.server.permission.Target}). Who has which roles is {@code account}'s; whether something
 * is allowed is decided in {@code auth} and nowhere else. Rows B2 and B3 of FEATURES.md.
 */
@NullMarked
package io.hatoba.server.permission;

import org.jspecify.annotations.NullMarked;
