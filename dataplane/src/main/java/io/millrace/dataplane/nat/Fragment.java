package io.millrace.dataplane.nat;

import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Extension;
import io.millrace.codec.Ipv6Extensions;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.TcpHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A fragment as it is read from its frame: which packet it belongs to, and which part of it it is. What a packet is known
 * by: addresses, identification, and with IPv4 the protocol (RFC 791 section 3.2, RFC 8200 section 4.5). IPv4 addresses
 * are in their mapped form. Written anew for each fragment; one thread.
 */
final class Fragment {
    /** RFC 791 section 3.2, in bytes; RFC 8200 section 4.5 has the same. */
    private static final int LONGEST_PACKET = 65_535;

    /** UDP's header; as much of ICMP as says whose it is. */
    private static final int SHORT_HEADER = 8;

    private final UnsafeBuffer bytes;
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final Ipv6Extensions extensions = new Ipv6Extensions();
    private final Ipv6Extension extension = new Ipv6Extension();

    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;

    /** With IPv6 the fragment header's own number: fragments of one packet may say different things. */
    int protocol;

    /** 16 bits with IPv4, 32 with IPv6. */
    long identification;

    /** Bytes of the packet before it, a multiple of 8. */
    int offset;

    /** Bytes of the packet in it. */
    int length;

    /** Whether there is something behind it. */
    boolean more;

    /** @param bytes the pool's */
    Fragment(UnsafeBuffer bytes) {
        this.bytes = bytes;
    }

    /**
     * Reads a fragment.
     *
     * @param network where the IP header is, in bytes from the frame's first; the header is known to be sound
     * @return what is wrong with it by itself, or null
     */
    @Nullable
    Drop read(long frame, int network) {
        int at = Frame.head(frame) + network;
        int available = Frame.length(frame) - network;
        return bytes.getByte(at) >>> 4 == 6 ? readIpv6(at, available) : readIpv4(at);
    }

    private @Nullable Drop readIpv4(int at) {
        ipv4.wrap(bytes, at);
        sourceHigh = 0;
        sourceLow = Ipv6Address.mapped(ipv4.source());
        destinationHigh = 0;
        destinationLow = Ipv6Address.mapped(ipv4.destination());
        protocol = ipv4.protocol();
        identification = ipv4.identification();
        offset = ipv4.fragmentOffset();
        length = ipv4.payloadLength();
        more = ipv4.moreFragments();
        return judge(protocol, length);
    }

    private @Nullable Drop readIpv6(int at, int available) {
        ipv6.wrap(bytes, at);
        int rest = Math.min(ipv6.payloadLength(), available - Ipv6Header.LENGTH);
        var malformed = extensions.walk(bytes, at + Ipv6Header.LENGTH, ipv6.nextHeader(), rest, rest);
        int before = extensions.fragmentHeader() + Ipv6Extension.MIN_LENGTH;
        sourceHigh = ipv6.sourceHigh();
        sourceLow = ipv6.sourceLow();
        destinationHigh = ipv6.destinationHigh();
        destinationLow = ipv6.destinationLow();
        protocol = IpProtocol.FRAGMENT;
        identification = extensions.identification();
        offset = extensions.fragmentOffset();
        length = rest - before;
        more = extensions.moreFragments();
        if (malformed != Malformed.NONE) {
            return extensions.hasFragmentHeader() ? Drop.FRAGMENT_TINY : Drop.IP_SENSELESS; // RFC 7112 section 4
        }
        return judge(extensions.upperLayer(), rest - extensions.length());
    }

    /**
     * What RFC 791 section 3.2 says of the numbers, and RFC 1858 and 3128 of headers that are spread over fragments so
     * that a filter sees one half only.
     *
     * @param upper the protocol behind all headers
     * @param payload bytes of that protocol
     */
    private @Nullable Drop judge(int upper, int payload) {
        if (length <= 0 || offset + length > LONGEST_PACKET || (more && (length & 7) != 0)) {
            return Drop.FRAGMENT_SENSELESS;
        }
        boolean tiny = offset == 0 ? payload < leastHeader(upper) : offset == 8 && upper == IpProtocol.TCP;
        return tiny ? Drop.FRAGMENT_TINY : null;
    }

    /** Bytes of a transport header that its packet's first fragment must have: ports, flags, checksum. */
    private static int leastHeader(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> TcpHeader.LENGTH;
            case IpProtocol.UDP, IpProtocol.ICMP, IpProtocol.ICMPV6 -> SHORT_HEADER;
            default -> 0;
        };
    }

    /** Gives a fragment, which has been read once before, the identification under which its packet goes on. */
    void renumber(long frame, int network, long to) {
        int at = Frame.head(frame) + network;
        if (bytes.getByte(at) >>> 4 == 4) {
            ipv4.wrap(bytes, at);
            int after = (int) to & 0xFFFF;
            int checksum = InternetChecksum.update16(ipv4.checksum(), ipv4.identification(), after);
            ipv4.identification(after).checksum(checksum);
            return;
        }
        ipv6.wrap(bytes, at);
        int rest = Frame.length(frame) - network - Ipv6Header.LENGTH;
        extensions.walk(bytes, at + Ipv6Header.LENGTH, ipv6.nextHeader(), rest, rest);
        extension
                .wrap(bytes, at + Ipv6Header.LENGTH + extensions.fragmentHeader())
                .identification((int) to);
    }
}
