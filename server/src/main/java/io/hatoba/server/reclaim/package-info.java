/**
 * Gives space back that nothing needs any more (E7), in the background, on every node. What may go
 * is decided in {@code content}; here is when, and how fast.
 */
@NullMarked
package io.hatoba.server.reclaim;

import org.jspecify.annotations.NullMarked;
