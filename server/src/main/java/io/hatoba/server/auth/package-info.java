/**
 * Who calls, and what they may: tokens, Basic, challenges, brute-force brakes, and the one place
 * that decides. Row A1 of FEATURES.md and the roles of B2 as far as the registry protocol goes.
 */
@NullMarked
package io.hatoba.server.auth;

import org.jspecify.annotations.NullMarked;
