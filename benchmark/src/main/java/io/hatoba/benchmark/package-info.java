/**
 * Measures Hatoba beside its peers, in one run on one machine: {@code benchmark/run}, described in
 * {@code docs/benchmarks.md}.
 *
 * <p>{@link io.hatoba.benchmark.Comparison} starts the servers on free ports of 127.0.0.1, puts the
 * same content into each, runs each load against each of them in turn, round by round in a changing
 * order, and prints medians and ratios. Loads that read are made by wrk, loads that write by {@link
 * io.hatoba.benchmark.RawConnection}, a socket per client that costs as little as can be: the load
 * shares the machine with what it measures. Whatever is started is ended with the run.
 */
@NullMarked
package io.hatoba.benchmark;

import org.jspecify.annotations.NullMarked;
