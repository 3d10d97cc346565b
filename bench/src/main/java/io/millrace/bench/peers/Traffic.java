package io.millrace.bench.peers;

/**
 * What a flood consists of.
 *
 * @param length bytes of a frame without its check sequence
 * @param flows how many stations send
 * @param warmUp milliseconds before the window
 * @param window milliseconds that are counted
 */
record Traffic(int length, int flows, int warmUp, int window) {}
