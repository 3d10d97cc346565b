/**
 * Tests of the topology as a value.
 * In: words from RFCs and from Docker. Out: values, or the sentence.
 * Read {@link io.millrace.vtep.network.WordsOfTheNetworkTest} first.
 */
@NullMarked
package io.millrace.vtep.network;

import org.jspecify.annotations.NullMarked;
