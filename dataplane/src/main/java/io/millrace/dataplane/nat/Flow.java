package io.millrace.dataplane.nat;

import io.millrace.codec.Ipv6Address;

/**
 * Who sends to whom, as others may know it; of an ICMP query the identifier is the source port, of an answer the other.
 *
 * @param source IPv4 in its mapped form
 * @param destination the same
 */
public record Flow(Ipv6Address source, int sourcePort, Ipv6Address destination, int destinationPort) {
    static Flow of(Tuple tuple) {
        return new Flow(
                new Ipv6Address(tuple.sourceHigh, tuple.sourceLow),
                tuple.sourcePort,
                new Ipv6Address(tuple.destinationHigh, tuple.destinationLow),
                tuple.destinationPort);
    }
}
