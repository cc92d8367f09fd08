/**
 * Under which address the client of a request sees this server, and where it came from. Rows F1 and
 * F2 of FEATURES.md.
 */
@NullMarked
package io.hatoba.server.endpoint;

import org.jspecify.annotations.NullMarked;
