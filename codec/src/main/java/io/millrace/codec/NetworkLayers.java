package io.millrace.codec;

import io.millrace.codec.Cursor.Next;

/** The steps of a {@link FrameWalk} from ARP to the end of IPv6's extension headers. */
final class NetworkLayers {
    /** ARP for ATM has another header (RFC 2225). */
    private static final int ATM = 19;

    private static final int FIXED_ROUTING = 8;
    private static final int PAD_1 = 0;

    private final Cursor cursor;
    private final ArpHeader arp = new ArpHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final Ipv6Extension extension = new Ipv6Extension();

    NetworkLayers(Cursor cursor) {
        this.cursor = cursor;
    }

    Next arp() {
        arp.wrap(cursor.buffer, cursor.at);
        if (cursor.captured >= 2 && arp.hardware() == ATM) {
            return Next.PAYLOAD;
        }
        cursor.visitor.arp(arp, cursor.captured);
        var fault = arp.check(cursor.captured, cursor.original);
        return fault == Malformed.NONE ? Next.END : cursor.end(fault);
    }

    Next ipv4() {
        ipv4.wrap(cursor.buffer, cursor.at);
        boolean fixed = cursor.captured >= Ipv4Header.LENGTH;
        int total = cursor.captured >= 4 ? ipv4.totalLength() : 0;
        if (total == 0) {
            total = cursor.original; // left to the hardware of the sender, which split the packet later
        }
        boolean whole = fixed && cursor.captured >= ipv4.headerLength();
        var checksum = whole && cursor.verify && ipv4.headerLength() >= Ipv4Header.LENGTH
                ? (ipv4.checksumGood() ? ChecksumState.GOOD : ChecksumState.BAD)
                : ChecksumState.UNVERIFIED;
        if (cursor.type != EtherType.IPV4 && cursor.captured >= 1 && ipv4.version() == 6) {
            return Next.IPV6; // the announcement said "IP" and no version
        }
        cursor.visitor.ipv4(ipv4, cursor.captured, total, checksum);
        if (cursor.captured >= 1 && ipv4.version() != 4) {
            return ipv4.version() == 6 ? Next.IPV6 : cursor.end(Malformed.IPV4_VERSION);
        }
        if (!fixed) {
            return cursor.end(
                    Malformed.fits(Ipv4Header.LENGTH, cursor.captured, cursor.original, Malformed.IPV4_TRUNCATED));
        }
        var fault = ipv4.check(cursor.captured, cursor.original);
        if (fault == Malformed.IPV4_LONGER_THAN_FRAME) {
            cursor.note(fault);
            fault = Malformed.fits(ipv4.headerLength(), cursor.captured, cursor.original, Malformed.IPV4_TRUNCATED);
        } else if (fault == Malformed.IPV4_TOTAL_LENGTH && ipv4.totalLength() == 0) {
            fault = Malformed.fits(ipv4.headerLength(), cursor.captured, cursor.original, Malformed.IPV4_TRUNCATED);
        }
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.limit(total);
        return behindIpv4();
    }

    private Next behindIpv4() {
        cursor.six = false;
        if (cursor.verify) {
            cursor.addresses = InternetChecksum.pseudoHeader(ipv4.source(), ipv4.finalDestination(), 0, 0);
        }
        cursor.skip(ipv4.headerLength());
        if (cursor.quotedPayload > 0) {
            cursor.limit(cursor.quotedPayload); // whether it counts the IP header is not clear: the more generous way
            cursor.quotedPayload = 0;
        }
        cursor.fragment = ipv4.moreFragments();
        return ipv4.fragmentOffset() > 0 || cursor.original == 0 ? Next.PAYLOAD : byProtocol(ipv4.protocol());
    }

    Next ipv6() {
        ipv6.wrap(cursor.buffer, cursor.at);
        boolean other = cursor.captured >= 1 && ipv6.version() != 6;
        if (other && cursor.quoted) {
            return Next.PAYLOAD;
        }
        cursor.visitor.ipv6(ipv6, cursor.captured);
        if (other) {
            return cursor.end(Malformed.IPV6_VERSION);
        }
        var fault = ipv6.check(cursor.captured, cursor.original);
        if (fault == Malformed.IPV6_LONGER_THAN_FRAME) {
            cursor.note(fault);
        } else if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.six = true;
        cursor.fragment = false;
        if (cursor.verify) {
            cursor.addresses = InternetChecksum.sum(cursor.buffer, cursor.at + Ipv6Header.SOURCE, 32);
        }
        cursor.skip(Ipv6Header.LENGTH);
        boolean jumbogram = ipv6.payloadLength() == 0 && ipv6.nextHeader() == IpProtocol.HOP_BY_HOP;
        if (!jumbogram) {
            cursor.limit(ipv6.payloadLength());
        }
        return byProtocol(ipv6.nextHeader());
    }

    Next extension() {
        int kind = cursor.type;
        extension.wrap(cursor.buffer, cursor.at);
        cursor.visitor.extension(extension, kind, cursor.captured);
        var fault = extension.check(kind, cursor.captured, cursor.original);
        if (fault == Malformed.NONE && kind != IpProtocol.FRAGMENT && kind != IpProtocol.ROUTING) {
            fault = options(extension.length(kind));
        }
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        boolean later = false;
        if (kind == IpProtocol.FRAGMENT) {
            later = extension.fragmentOffset() > 0;
            cursor.fragment = extension.moreFragments();
        } else if (kind == IpProtocol.ROUTING && cursor.verify && cursor.six) {
            finalDestination(extension.length(kind));
        }
        int next = extension.nextHeader();
        cursor.skip(extension.length(kind));
        return later ? Next.PAYLOAD : byProtocol(next);
    }

    /** Each option's length has to fit into its header; one that leads out of the packet ends the walk. */
    private Malformed options(int length) {
        int option = cursor.at + 2;
        int end = cursor.at + length;
        while (option < end) {
            if (cursor.buffer.getByte(option) == PAD_1) {
                option++;
                continue;
            }
            int behind = option + 2 - cursor.at;
            if (behind <= cursor.captured) {
                behind += cursor.buffer.getByte(option + 1) & 0xFF;
            }
            if (behind > cursor.captured) {
                return Malformed.fits(behind, cursor.captured, cursor.original, Malformed.IPV6_EXTENSION_TRUNCATED);
            }
            option = cursor.at + behind;
        }
        if (option > end) {
            cursor.note(Malformed.IPV6_OPTIONS);
        }
        return Malformed.NONE;
    }

    /**
     * With segments left to go, checksums are computed with the packet's last destination, RFC 8200 section 8.1: the
     * last address of the list, or the first in a segment routing header (RFC 8754), which lists them backwards.
     */
    private void finalDestination(int length) {
        boolean addresses = length >= FIXED_ROUTING + Addresses.IPV6_LENGTH;
        if (extension.segmentsLeft() == 0 || !addresses) {
            return;
        }
        int last = switch (extension.routingType()) {
            case 0, 2, 3 -> cursor.at + length - Addresses.IPV6_LENGTH;
            case 4 -> cursor.at + FIXED_ROUTING;
            default -> -1;
        };
        if (last >= 0) {
            int before =
                    InternetChecksum.sum(cursor.buffer, ipv6.offset() + Ipv6Header.DESTINATION, Addresses.IPV6_LENGTH);
            int after = InternetChecksum.sum(cursor.buffer, last, Addresses.IPV6_LENGTH);
            cursor.addresses = InternetChecksum.partial16(cursor.addresses, before, after);
        }
    }

    Next igmp() {
        cursor.visitor.igmp(cursor.at, cursor.captured);
        return Next.PAYLOAD;
    }

    private Next byProtocol(int protocol) {
        cursor.type = protocol;
        return switch (protocol) {
            case IpProtocol.TCP -> Next.TCP;
            case IpProtocol.UDP -> Next.UDP;
            case IpProtocol.ICMP -> Next.ICMP;
            case IpProtocol.ICMPV6 -> Next.ICMPV6;
            case IpProtocol.IGMP -> Next.IGMP;
            case IpProtocol.IPV4 -> Next.IPV4;
            case IpProtocol.IPV6 -> Next.IPV6;
            case IpProtocol.ETHERNET -> Next.ETHERNET;
            case IpProtocol.HOP_BY_HOP, IpProtocol.ROUTING, IpProtocol.FRAGMENT, IpProtocol.DESTINATION_OPTIONS ->
                Next.EXTENSION;
            default -> Next.PAYLOAD;
        };
    }
}
