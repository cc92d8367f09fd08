/**
 * Single sign-on by OpenID Connect (FEATURES B3): code flow with PKCE. A browser goes to the
 * identity provider and comes back with a code; what the code brings is verified, the person's
 * account is found or made, and Hatoba's own session begins. A sign-in in progress lives in the
 * database, so that any node can finish it, is good for ten minutes and once, and only in the
 * browser that began it.
 */
@NullMarked
package io.hatoba.server.sso;

import org.jspecify.annotations.NullMarked;
