/**
 * What was acknowledged stays: through SIGKILL at any moment, restarts, full disks and a graceful
 * stop.
 */
@NullMarked
package io.hatoba.acceptance.durability;

import org.jspecify.annotations.NullMarked;
