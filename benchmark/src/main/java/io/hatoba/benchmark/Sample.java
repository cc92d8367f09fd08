package io.hatoba.benchmark;

/**
 * What one load gave against one server in one round.
 *
 * @param value in the measurement's unit, more is better
 * @param errors requests that failed or were refused
 * @param slowest the 99th percentile of the time of one operation in milliseconds; 0 if not
 *     measured
 */
record Sample(double value, long errors, double slowest) {}
