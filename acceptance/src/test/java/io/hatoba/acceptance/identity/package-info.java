/** Signing in by a real OpenID Connect provider, as a browser does it. */
@NullMarked
package io.hatoba.acceptance.identity;

import org.jspecify.annotations.NullMarked;
