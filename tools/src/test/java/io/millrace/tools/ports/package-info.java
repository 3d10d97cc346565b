/**
 * Proves what is told of interfaces by ethtool and /sys.
 * In: interfaces. Out: facts.
 * Read {@link io.millrace.tools.ports.PortsCommandTest} first.
 */
@NullMarked
package io.millrace.tools.ports;

import org.jspecify.annotations.NullMarked;
