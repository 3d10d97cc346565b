package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes a session's other tuple into a packet: addresses, ports, time to live, and the checksums by what differs
 * (RFC 1624 equation 3), so that one that was wrong stays wrong. One thread.
 */
final class Translation {
    private static final int IPV4_TTL = 8, IPV4_CHECKSUM = 10, IPV4_SOURCE = 12;
    private static final int IPV6_HOPS = 7, IPV6_SOURCE = 8;
    private static final int TCP_CHECKSUM = 16, UDP_CHECKSUM = 6, ICMP_CHECKSUM = 2, ICMP_IDENTIFIER = 4;
    private static final int TTL_DIFFERENCE = 0xFEFF; // of the word in which the TTL is the high byte, one less

    private final UnsafeBuffer bytes;
    private final Sessions sessions;
    private final UnsafeBuffer records;
    private final Tuple other = new Tuple();

    Translation(UnsafeBuffer bytes, Sessions sessions) {
        this.bytes = bytes;
        this.sessions = sessions;
        this.records = sessions.memory();
    }

    /** Notes in a new session what its translation changes. */
    void prepare(int record, Tuple original, Tuple translated) {
        int at = Sessions.at(record);
        int addresses = difference(original.sourceHigh, translated.sourceHigh)
                + difference(original.sourceLow, translated.sourceLow)
                + difference(original.destinationHigh, translated.destinationHigh)
                + difference(original.destinationLow, translated.destinationLow);
        int ports = (~original.sourcePort & 0xFFFF)
                + translated.sourcePort
                + (~original.destinationPort & 0xFFFF)
                + translated.destinationPort;
        records.putShort(at + Sessions.ADDRESS_DIFFERENCE, (short) fold(addresses));
        records.putShort(at + Sessions.PORT_DIFFERENCE, (short) fold(ports));
    }

    /** Of eight bytes that become others: the sum of {@code ~m + m'}. */
    private static int difference(long before, long after) {
        long sum = (~before & 0xFFFF)
                + (~before >>> 16 & 0xFFFF)
                + (~before >>> 32 & 0xFFFF)
                + (~before >>> 48)
                + (after & 0xFFFF)
                + (after >>> 16 & 0xFFFF)
                + (after >>> 32 & 0xFFFF)
                + (after >>> 48);
        return (int) sum;
    }

    private static int fold(int sum) {
        int once = (sum & 0xFFFF) + (sum >>> 16);
        return (once & 0xFFFF) + (once >>> 16);
    }

    /**
     * Translates the packet in hand, which is of this session and direction.
     *
     * @param unfinished its transport checksum is left to be finished: it covers the pseudo-header only, and is not
     *     complemented
     */
    void apply(Packet packet, int token, boolean unfinished) {
        sessions.read(token ^ 1, other); // as answers come: its source is where packets go now
        int at = Sessions.at(Sessions.record(token));
        int flip = -Sessions.direction(token) & 0xFFFF; // back, all differences are complemented
        int addresses = (records.getShort(at + Sessions.ADDRESS_DIFFERENCE) & 0xFFFF) ^ flip;
        int ports = (records.getShort(at + Sessions.PORT_DIFFERENCE) & 0xFFFF) ^ flip;
        if (packet.v6) {
            addressIpv6(packet.network);
        } else {
            addressIpv4(packet.network, addresses);
        }
        if (packet.kind != Packet.Kind.FRAGMENT) {
            transport(packet, addresses, ports, unfinished);
        }
    }

    private void addressIpv4(int network, int addresses) {
        bytes.putInt(network + IPV4_SOURCE, (int) other.destinationLow, ByteOrder.BIG_ENDIAN);
        bytes.putInt(network + IPV4_SOURCE + 4, (int) other.sourceLow, ByteOrder.BIG_ENDIAN);
        bytes.putByte(network + IPV4_TTL, (byte) (bytes.getByte(network + IPV4_TTL) - 1));
        change(network + IPV4_CHECKSUM, addresses + TTL_DIFFERENCE);
    }

    private void addressIpv6(int network) {
        bytes.putLong(network + IPV6_SOURCE, other.destinationHigh, ByteOrder.BIG_ENDIAN);
        bytes.putLong(network + IPV6_SOURCE + 8, other.destinationLow, ByteOrder.BIG_ENDIAN);
        bytes.putLong(network + IPV6_SOURCE + 16, other.sourceHigh, ByteOrder.BIG_ENDIAN);
        bytes.putLong(network + IPV6_SOURCE + 24, other.sourceLow, ByteOrder.BIG_ENDIAN);
        bytes.putByte(network + IPV6_HOPS, (byte) (bytes.getByte(network + IPV6_HOPS) - 1));
    }

    private void transport(Packet packet, int addresses, int ports, boolean unfinished) {
        int at = packet.transport;
        switch (packet.tuple.protocol) {
            case IpProtocol.TCP -> {
                bytes.putInt(at, other.destinationPort << 16 | other.sourcePort, ByteOrder.BIG_ENDIAN);
                change(at + TCP_CHECKSUM, addresses, ports, unfinished);
            }
            case IpProtocol.UDP -> {
                bytes.putInt(at, other.destinationPort << 16 | other.sourcePort, ByteOrder.BIG_ENDIAN);
                if (unfinished) {
                    change(at + UDP_CHECKSUM, addresses, ports, true);
                } else if (bytes.getShort(at + UDP_CHECKSUM) != 0) {
                    change(at + UDP_CHECKSUM, addresses + ports);
                    if (bytes.getShort(at + UDP_CHECKSUM) == 0) {
                        bytes.putShort(at + UDP_CHECKSUM, (short) 0xFFFF);
                    }
                }
            }
            case IpProtocol.ICMP -> {
                identify(packet);
                change(at + ICMP_CHECKSUM, ports);
            }
            case IpProtocol.ICMPV6 -> {
                identify(packet);
                change(at + ICMP_CHECKSUM, addresses + ports);
            }
            default -> {} // no ports, and no checksum that we know of
        }
    }

    /** A query has its identifier as source port, an answer as destination port. */
    private void identify(Packet packet) {
        int identifier = other.destinationPort | other.sourcePort;
        bytes.putShort(packet.transport + ICMP_IDENTIFIER, (short) identifier, ByteOrder.BIG_ENDIAN);
    }

    private void change(int at, int addresses, int ports, boolean unfinished) {
        if (unfinished) {
            int partial = bytes.getShort(at, ByteOrder.BIG_ENDIAN) & 0xFFFF;
            bytes.putShort(at, (short) fold(partial + addresses), ByteOrder.BIG_ENDIAN);
        } else {
            change(at, addresses + ports);
        }
    }

    private void change(int at, int difference) {
        int complement = ~bytes.getShort(at, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        bytes.putShort(at, (short) ~fold(complement + difference), ByteOrder.BIG_ENDIAN);
    }
}
