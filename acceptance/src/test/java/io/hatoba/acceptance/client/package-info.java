/**
 * The clients that people have, each as its manual says to use it: what is pushed comes back byte
 * for byte.
 */
@NullMarked
package io.hatoba.acceptance.client;

import org.jspecify.annotations.NullMarked;
