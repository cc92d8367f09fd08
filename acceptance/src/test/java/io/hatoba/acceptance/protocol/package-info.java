/**
 * What clients have stumbled over at other registries, asked of this one request by request: each
 * test names the bug.
 */
@NullMarked
package io.hatoba.acceptance.protocol;

import org.jspecify.annotations.NullMarked;
