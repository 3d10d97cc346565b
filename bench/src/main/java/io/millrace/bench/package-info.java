/**
 * How fast Millrace is, and how we know: one JMH benchmark for each piece a frame passes.
 * In: parameters. Out: time per frame, bytes allocated per frame.
 * Read {@link io.millrace.bench.BridgeBenchmark} first.
 */
package io.millrace.bench;
