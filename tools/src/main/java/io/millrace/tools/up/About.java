package io.millrace.tools.up;

import java.nio.file.Path;
import java.time.Instant;

/**
 * What a running Millrace is.
 *
 * @param name the project's, perhaps with a number
 * @param topology the file's whole name
 * @param since when it began to forward
 */
record About(String name, Path socket, String topology, Instant since) {}
