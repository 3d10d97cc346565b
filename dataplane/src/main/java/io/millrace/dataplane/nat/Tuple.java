package io.millrace.dataplane.nat;

import io.millrace.codec.Addresses;
import io.millrace.codec.Ipv6Address;

/**
 * Who sends to whom: the addresses, the protocol and the ports of a packet, by which its connection is found. IPv4
 * addresses are in their mapped form (RFC 4291 section 2.5.5.2). An ICMP query has its identifier as source port and no
 * destination port; the answer to it the other way round, so that {@link #invert} finds one from the other. Written anew
 * for each packet; one thread.
 */
final class Tuple {
    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;

    /** IANA's number. */
    int protocol;

    /** 0 to 65,535. */
    int sourcePort;

    /** 0 to 65,535. */
    int destinationPort;

    /** An IPv4 tuple; addresses as in the packet, first byte in bits 31–24. */
    Tuple set(int source, int destination, int protocol, int sourcePort, int destinationPort) {
        sourceHigh = 0;
        sourceLow = Ipv6Address.mapped(source);
        destinationHigh = 0;
        destinationLow = Ipv6Address.mapped(destination);
        this.protocol = protocol;
        this.sourcePort = sourcePort;
        this.destinationPort = destinationPort;
        return this;
    }

    Tuple set(Tuple other) {
        sourceHigh = other.sourceHigh;
        sourceLow = other.sourceLow;
        destinationHigh = other.destinationHigh;
        destinationLow = other.destinationLow;
        protocol = other.protocol;
        sourcePort = other.sourcePort;
        destinationPort = other.destinationPort;
        return this;
    }

    /** Becomes that of the answer to a packet of {@code other}'s. */
    Tuple invert(Tuple other) {
        long high = other.sourceHigh;
        long low = other.sourceLow;
        int port = other.sourcePort;
        sourceHigh = other.destinationHigh;
        sourceLow = other.destinationLow;
        sourcePort = other.destinationPort;
        destinationHigh = high;
        destinationLow = low;
        destinationPort = port;
        protocol = other.protocol;
        return this;
    }

    Tuple source(long high, long low, int port) {
        sourceHigh = high;
        sourceLow = low;
        sourcePort = port;
        return this;
    }

    Tuple destination(long high, long low, int port) {
        destinationHigh = high;
        destinationLow = low;
        destinationPort = port;
        return this;
    }

    boolean isV6() {
        return sourceHigh != 0 || sourceLow >>> 32 != 0xFFFF;
    }

    /** Hash of everything, 64 good bits; {@code seed} keeps others from making collisions. */
    long hash(long seed) {
        long ports = (long) protocol << 32 | (long) sourcePort << 16 | destinationPort;
        long hash = hash(sourceLow, destinationLow, ports, seed);
        return isV6() ? mix(hash ^ sourceHigh, destinationHigh + seed) : hash;
    }

    /**
     * The same of an IPv4 packet.
     *
     * @param ports the protocol in bits 39–32, the source port in 31–16, the destination port in 15–0
     */
    static long hash(long sourceLow, long destinationLow, long ports, long seed) {
        return mix(sourceLow + seed, destinationLow ^ ports * 0x9E37_79B9_7F4A_7C15L);
    }

    /** All bits of the 128-bit product of two odd-ish words. */
    private static long mix(long one, long other) {
        long a = one ^ 0xA076_1D64_78BD_642FL;
        long b = other ^ 0xE703_7ED1_A0B4_28DBL;
        return a * b ^ Math.multiplyHigh(a, b);
    }

    /** {@code 10.1.0.2:80 > 192.0.2.9:51000}. */
    @Override
    public String toString() {
        return text(sourceHigh, sourceLow, sourcePort) + " > " + text(destinationHigh, destinationLow, destinationPort);
    }

    private static String text(long high, long low, int port) {
        var address = new Ipv6Address(high, low);
        return address.isIpv4()
                ? Addresses.ipv4((int) low) + ":" + port
                : "[" + Addresses.ipv6(high, low) + "]:" + port;
    }
}
