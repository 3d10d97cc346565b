package io.millrace.codec;

import io.millrace.codec.Cursor.Next;
import io.millrace.codec.capture.LinkType;
import java.nio.ByteOrder;

/** The steps of a {@link FrameWalk} below IP. */
final class LinkLayers {
    /** The longest length field of IEEE 802.3; from here to the first EtherType nothing is defined. */
    private static final int LONGEST = 1500;

    private static final int BYTES_OF_FAMILY = 4;

    private static final int BRIDGED_PADDING = 2;

    /** In bytes. */
    private static final int INTER_SWITCH_LINK = 26;

    private final Cursor cursor;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final SllHeader cooked = new SllHeader();
    private final VlanTag vlan = new VlanTag();
    private final LlcHeader llc = new LlcHeader();

    LinkLayers(Cursor cursor) {
        this.cursor = cursor;
    }

    /** What a frame of this link type begins with. */
    Next first(LinkType linkType) {
        return switch (linkType) {
            case ETHERNET -> Next.ETHERNET;
            case LINUX_SLL -> cooked(false);
            case LINUX_SLL2 -> cooked(true);
            case NULL -> loopback(true);
            case LOOP -> loopback(false);
            case IPV4 -> raw(Next.IPV4);
            case IPV6 -> Next.IPV6;
            case RAW -> raw(Next.PAYLOAD);
            case OTHER -> Next.PAYLOAD;
        };
    }

    /** An IP packet; its first four bits are its version. */
    private Next raw(Next otherVersion) {
        if (cursor.captured == 0) {
            return Next.IPV4;
        }
        return switch (cursor.buffer.getByte(cursor.at) >>> 4 & 0xF) {
            case 4 -> Next.IPV4;
            case 6 -> Next.IPV6;
            default -> otherVersion;
        };
    }

    private Next cooked(boolean version2) {
        cooked.wrap(cursor.buffer, cursor.at, version2);
        cursor.visitor.cooked(cooked, cursor.captured);
        var fault = cooked.check(cursor.captured, cursor.original);
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.skip(cooked.length());
        if (cooked.hardwareType() == SllHeader.NETLINK) {
            return Next.PAYLOAD;
        }
        return switch (cooked.protocol()) {
            case SllHeader.ETHERNET_FRAME -> Next.ETHERNET;
            case SllHeader.LLC -> Next.LLC;
            default -> cooked.protocol() > EthernetHeader.FIRST_TYPE ? byType(cooked.protocol()) : Next.PAYLOAD;
        };
    }

    /** The family is in the byte order of the machine that captured (NULL) or in network order (LOOP). */
    private Next loopback(boolean anyOrder) {
        if (cursor.captured < BYTES_OF_FAMILY) {
            cursor.visitor.loopback(-1);
            return cursor.end(
                    Malformed.fits(BYTES_OF_FAMILY, cursor.captured, cursor.original, Malformed.NULL_TRUNCATED));
        }
        int family = cursor.buffer.getInt(cursor.at, ByteOrder.BIG_ENDIAN);
        if (anyOrder && family >>> 16 != 0) {
            family = Integer.reverseBytes(family);
        }
        cursor.visitor.loopback(family);
        cursor.skip(BYTES_OF_FAMILY);
        return switch (family) {
            case 2 -> Next.IPV4;
            case 24, 28, 30 -> Next.IPV6; // NetBSD and OpenBSD, FreeBSD, macOS
            default -> family > LONGEST && family <= 0xFFFF ? byType(family) : Next.PAYLOAD;
        };
    }

    Next ethernet() {
        if (cursor.isQuoteOver(EthernetHeader.LENGTH)) {
            return Next.END;
        }
        ethernet.wrap(cursor.buffer, cursor.at);
        if (isInterSwitchLink()) {
            cursor.skip(INTER_SWITCH_LINK);
            return Next.ETHERNET;
        }
        cursor.visitor.ethernet(ethernet, cursor.captured);
        var fault = ethernet.check(cursor.captured, cursor.original);
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.skip(EthernetHeader.LENGTH);
        int type = ethernet.type();
        if (type >= EthernetHeader.FIRST_TYPE || type == 0) {
            return byType(type);
        }
        return type <= LONGEST ? byLength(type) : Next.PAYLOAD;
    }

    /** Cisco's tag from before 802.1Q stands in front of the frame: 26 bytes, the first five of them an address. */
    private boolean isInterSwitchLink() {
        return cursor.captured >= INTER_SWITCH_LINK
                && ethernet.type() <= LONGEST
                && (ethernet.destination() >>> 8 == 0x01_000C_0000L || ethernet.destination() >>> 8 == 0x03_000C_0000L)
                && (ethernet.destination() & 0xF0) == 0;
    }

    Next vlan(Next kind) {
        vlan.wrap(cursor.buffer, cursor.at);
        cursor.visitor.vlan(vlan, cursor.type, cursor.captured);
        var fault = vlan.check(cursor.captured, cursor.original);
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.skip(VlanTag.LENGTH);
        return vlan.type() <= LONGEST && kind == Next.VLAN ? byLength(vlan.type()) : byType(vlan.type());
    }

    /** IEEE 802.3: LLC, but for Novell's frames, which have none and begin with an impossible address pair. */
    private Next byLength(int length) {
        cursor.limit(length);
        boolean novell = cursor.captured >= 2 && cursor.buffer.getShort(cursor.at) == -1;
        return novell ? Next.PAYLOAD : Next.LLC;
    }

    Next llc() {
        llc.wrap(cursor.buffer, cursor.at);
        cursor.visitor.llc(llc, cursor.captured);
        var fault = llc.check(cursor.captured, cursor.original);
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.skip(llc.headerLength());
        if (!llc.isInformation()) {
            return Next.PAYLOAD;
        }
        if (llc.isSnap()) {
            return snap();
        }
        return llc.destination() == LlcHeader.IP ? Next.IPV4 : Next.PAYLOAD;
    }

    private Next snap() {
        return switch (llc.organization()) {
            case LlcHeader.ETHERTYPE, LlcHeader.CISCO_ETHERTYPE -> byType(llc.protocol());
            case LlcHeader.BRIDGED -> bridged();
            default -> Next.PAYLOAD;
        };
    }

    /** An Ethernet frame with or without its frame check sequence, RFC 2684 section 5.2. */
    private Next bridged() {
        boolean ethernetFrame = llc.protocol() == 1 || llc.protocol() == 7;
        if (!ethernetFrame || cursor.captured < BRIDGED_PADDING) {
            return Next.PAYLOAD;
        }
        cursor.skip(BRIDGED_PADDING);
        return Next.ETHERNET;
    }

    private Next byType(int type) {
        cursor.type = type;
        return switch (type) {
            case EtherType.IPV4 -> Next.IPV4;
            case EtherType.IPV6 -> Next.IPV6;
            case EtherType.ARP, EtherType.RARP -> Next.ARP;
            case EtherType.VLAN, EtherType.OLD_SERVICE_VLAN -> Next.VLAN;
            case EtherType.SERVICE_VLAN -> Next.SERVICE_VLAN;
            case EtherType.TRANSPARENT_BRIDGING -> Next.ETHERNET;
            case EtherType.JUMBO_LLC -> Next.LLC;
            default -> Next.PAYLOAD;
        };
    }
}
