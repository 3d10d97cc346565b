package io.millrace.dataplane.nat;

import io.millrace.codec.IcmpHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Extensions;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The packet that an ICMP error quotes (RFC 792, RFC 4443): says which connection it is of, and makes the error one that
 * the other side understands (RFC 5508 section 4).
 *
 * <p>An error goes the way of the answers to what it quotes. So it belongs to the connection and the direction that {@link
 * #answer} finds; and what that turns an answer into, {@link #translate} turns the error into.
 *
 * <p>Type, code and MTU stay as they are, and extensions (RFC 4884) too. One thread; nothing is allocated.
 */
final class Quoted {
    /** RFC 1191 section 3: no path has less. */
    private static final int LEAST_MTU = 68;

    /** RFC 8200 section 5. */
    private static final int LEAST_MTU_V6 = 1280;

    /** Bytes of an ICMP or ICMPv6 header; the quote begins behind them. */
    private static final int HEADER = IcmpHeader.LENGTH;

    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final Ipv4Header outer4 = new Ipv4Header();
    private final Ipv6Header outer6 = new Ipv6Header();
    private final IcmpHeader icmp = new IcmpHeader();
    private final Icmpv6Header icmpv6 = new Icmpv6Header();
    private final Ipv6Extensions extensions = new Ipv6Extensions();
    private final QuotedPacket packet;

    private final Tuple answer = new Tuple();

    // Of the error in hand, in bytes; the message is ICMP's header and all behind it.
    private boolean v6;
    private int message;
    private int length;

    Quoted(FramePool pool) {
        this.pool = pool;
        this.bytes = pool.buffer();
        this.packet = new QuotedPacket(bytes);
    }

    /** Whether an ICMP message of that type quotes a packet. */
    static boolean isError(int type) {
        return switch (type) {
            case IcmpHeader.DESTINATION_UNREACHABLE,
                    IcmpHeader.SOURCE_QUENCH,
                    IcmpHeader.REDIRECT,
                    IcmpHeader.TIME_EXCEEDED,
                    IcmpHeader.PARAMETER_PROBLEM -> true;
            default -> false;
        };
    }

    /** Whether an ICMPv6 message of that type quotes a packet, RFC 4443 section 2.1: also types yet unknown. */
    static boolean isErrorV6(int type) {
        return type < Icmpv6Header.ECHO_REQUEST;
    }

    /**
     * Takes up an IPv4 packet that is an ICMP error, its IP header found to be right.
     *
     * @param network where the IP header is, in bytes from the frame's first
     * @return why it cannot pass, or null: it can
     */
    @Nullable
    Drop readIpv4(long frame, int network) {
        v6 = false;
        outer4.wrap(bytes, Frame.head(frame) + network);
        if (outer4.isFragment()) {
            return Drop.IP_FRAGMENT;
        }
        message = outer4.offset() + outer4.headerLength();
        length = outer4.payloadLength();
        var why = read(frame);
        if (why != null) {
            return why;
        }
        if (!InternetChecksum.isGood(InternetChecksum.sum(bytes, message, length))) {
            return Drop.ICMP_CHECKSUM;
        }
        icmp.wrap(bytes, message);
        if (icmp.type() == IcmpHeader.REDIRECT) {
            return Drop.REDIRECT;
        }
        if (isTooSmall()) {
            return Drop.PATH_MTU_SENSELESS;
        }
        return found(packet.readIpv4(message + HEADER, length - HEADER), 0, Ipv6Address.mapped(outer4.destination()));
    }

    /** Routers older than RFC 1191 say 0, which is no size. */
    private boolean isTooSmall() {
        return icmp.type() == IcmpHeader.DESTINATION_UNREACHABLE
                && icmp.code() == IcmpHeader.FRAGMENTATION_NEEDED
                && icmp.nextHopMtu() != 0
                && icmp.nextHopMtu() < LEAST_MTU;
    }

    /** The same of an IPv6 packet that is an ICMPv6 error. */
    @Nullable
    Drop readIpv6(long frame, int network) {
        v6 = true;
        outer6.wrap(bytes, Frame.head(frame) + network);
        int payload = outer6.payloadLength();
        int behind = outer6.offset() + Ipv6Header.LENGTH;
        int left = Math.min(payload, Frame.length(frame) - network - Ipv6Header.LENGTH);
        if (extensions.walk(bytes, behind, outer6.nextHeader(), left, payload) != Malformed.NONE) {
            return Drop.IP_SENSELESS;
        }
        if (extensions.isFragment()) {
            return Drop.IP_FRAGMENT;
        }
        message = behind + extensions.length();
        length = payload - extensions.length();
        var why = read(frame);
        if (why != null) {
            return why;
        }
        int sum = InternetChecksum.sum(bytes, message, length);
        if (!InternetChecksum.isGood(InternetChecksum.add(outer6.pseudoHeader(length, IpProtocol.ICMPV6), sum))) {
            return Drop.ICMP_CHECKSUM;
        }
        icmpv6.wrap(bytes, message);
        if (icmpv6.type() == Icmpv6Header.PACKET_TOO_BIG && icmpv6.mtu() < LEAST_MTU_V6) {
            return Drop.PATH_MTU_SENSELESS;
        }
        return found(
                packet.readIpv6(message + HEADER, length - HEADER), outer6.destinationHigh(), outer6.destinationLow());
    }

    private @Nullable Drop read(long frame) {
        if (length < HEADER) {
            return Drop.ICMP_SENSELESS;
        }
        if (message + length > Frame.head(frame) + Frame.length(frame)) {
            return pool.originalLength(frame) > Frame.length(frame) ? Drop.ETHERNET_CUT : Drop.IP_SENSELESS;
        }
        return null;
    }

    /** An error is for who sent the packet: another's was made up, or never left here. */
    private @Nullable Drop found(@Nullable Drop why, long high, long low) {
        if (why != null) {
            return why;
        }
        answer.invert(packet.tuple());
        return answer.destinationHigh == high && answer.destinationLow == low ? null : Drop.QUOTE_FOREIGN;
    }

    /** That of an answer to the packet quoted: it finds the connection, and the direction in which the error goes. */
    Tuple answer() {
        return answer;
    }

    /**
     * Turns the error taken up into what the other side is to see: the quoted packet becomes the one that was sent there or
     * came from there, all checksums are made to fit. The error's destination changes as an answer's does. Its source too,
     * if that of an answer does, whoever told it: addresses behind a translation stay behind it (RFC 5508 section 4.3,
     * and Linux's nf_nat_icmp_reply_translation). Else the source stays.
     *
     * @param to what an answer with the tuple {@link #answer} is turned into
     */
    void translate(Tuple to) {
        packet.become(to);
        boolean source = to.sourceHigh != answer.sourceHigh || to.sourceLow != answer.sourceLow;
        if (v6) {
            if (source) {
                outer6.source(to.sourceHigh, to.sourceLow);
            }
            outer6.destination(to.destinationHigh, to.destinationLow);
            icmpv6.writeChecksum(outer6.pseudoHeader(length, IpProtocol.ICMPV6), length);
            return;
        }
        if (source) {
            int before = outer4.source();
            outer4.source((int) to.sourceLow)
                    .checksum(InternetChecksum.update32(outer4.checksum(), before, (int) to.sourceLow));
        }
        int before = outer4.destination();
        outer4.destination((int) to.destinationLow)
                .checksum(InternetChecksum.update32(outer4.checksum(), before, (int) to.destinationLow));
        icmp.writeChecksum(length);
    }
}
