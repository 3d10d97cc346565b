package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/** Where a {@link FrameWalk} stands in its frame and what it has learnt from the layers behind it. */
final class Cursor {
    /** What comes next. */
    enum Next {
        END,
        PAYLOAD,
        ETHERNET,
        LLC,
        VLAN,
        SERVICE_VLAN,
        ARP,
        IPV4,
        IPV6,
        EXTENSION,
        IGMP,
        TCP,
        UDP,
        ICMP,
        ICMPV6,
        VXLAN,
        GENERIC_VXLAN,
        DNS
    }

    UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    LayerVisitor visitor = new LayerVisitor() {};
    boolean verify;

    /** Where the next header begins. */
    int at;
    /** Bytes at hand from there on. */
    int captured;
    /** Bytes there were from there on, as far as the lengths of the outer headers reach. */
    int original;

    /** The EtherType or protocol number that announced what comes next. */
    int type;
    /** Whether the packet is the first fragment of a larger one: checksums and lengths speak of the whole. */
    boolean fragment;
    /** Whether this is a packet quoted in an ICMP error, which may end anywhere. */
    boolean quoted;
    /** How much of it there is at most behind its IPv4 header, by RFC 4884, in bytes; 0 when nobody said. */
    int quotedPayload;
    /** Whether the last IP header was version 6. */
    boolean six;
    /** The sum of both addresses for the pseudo-header. */
    int addresses;

    Malformed malformed = Malformed.NONE;
    int malformedAt;

    /** Goes past {@code length} bytes that are all there. */
    void skip(int length) {
        at += length;
        captured -= length;
        original -= length;
    }

    /** Nothing beyond {@code length} bytes from here belongs to the packet: the rest is padding or a trailer. */
    void limit(int length) {
        original = Math.min(original, length);
        captured = Math.min(captured, original);
    }

    /** Notes a fault that does not keep the walk from going on; the first one counts, and a quoted packet has none. */
    void note(Malformed fault) {
        if (malformed == Malformed.NONE && !quoted) {
            malformed = fault;
            malformedAt = at;
        }
    }

    /** An error quotes as much of the packet as it likes: what ends early there is no fault, and is not shown. */
    boolean isQuoteOver(int needed) {
        return quoted && captured < needed;
    }

    /** Ends the walk because of a fault. */
    Next end(Malformed fault) {
        note(fault);
        return Next.END;
    }

    /** The checksum of the rest of the packet under its pseudo-header. */
    ChecksumState checksum(int protocol, int length) {
        if (!verify || fragment || captured < length) {
            return ChecksumState.UNVERIFIED;
        }
        int pseudoHeader = InternetChecksum.pseudoHeader(addresses << 16, 0, protocol, length);
        return ChecksumState.of(InternetChecksum.add(pseudoHeader, InternetChecksum.sum(buffer, at, length)));
    }
}
