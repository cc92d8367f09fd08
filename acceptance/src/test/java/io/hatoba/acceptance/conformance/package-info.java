/**
 * The official conformance program of the distribution specification, with everything optional
 * switched on.
 */
@NullMarked
package io.hatoba.acceptance.conformance;

import org.jspecify.annotations.NullMarked;
