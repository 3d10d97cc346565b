package io.millrace.vtep.vxlan;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.frame.Frame;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What becomes of a congestion mark on the outer header, RFC 6040 section 4.2 (Figure 4): it is carried over to the inner
 * packet; a packet whose ends do not know of such marks is dropped where congestion was met, as the router would have.
 */
final class Congestion {
    /** The ECN field's values, RFC 3168 section 5. */
    private static final int NOT_CAPABLE = 0;

    private static final int CAPABLE_1 = 1;
    private static final int CAPABLE_0 = 2;
    private static final int EXPERIENCED = 3;

    private final UnsafeBuffer bytes;
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();

    Congestion(UnsafeBuffer bytes) {
        this.bytes = bytes;
    }

    /** Whether an outer service byte may say more than the inner one: a router set its last bit. */
    static boolean isMarked(int service) {
        return (service & CAPABLE_1) != 0;
    }

    /** Carries a mark over to a frame's packet, behind tags if there are any; false when it must be dropped. */
    boolean carry(long frame, int service) {
        int network = Frame.head(frame) + EthernetHeader.LENGTH;
        int end = Frame.head(frame) + Frame.length(frame);
        int type = u16(network - Short.BYTES);
        while (EtherType.isVlan(type) && network + VlanTag.LENGTH <= end) {
            network += VlanTag.LENGTH;
            type = u16(network - Short.BYTES);
        }
        int mark = service & EXPERIENCED;
        if (type == EtherType.IPV4 && network + Ipv4Header.LENGTH <= end) {
            return carryToIpv4(network, mark);
        }
        return type != EtherType.IPV6 || network + Ipv6Header.LENGTH > end || carryToIpv6(network, mark);
    }

    private boolean carryToIpv4(int at, int mark) {
        int before = u16(at);
        int now = now(before & EXPERIENCED, mark);
        if (now != (before & EXPERIENCED)) {
            int after = (before & ~EXPERIENCED) | now;
            ipv4.wrap(bytes, at).typeOfService(after & 0xFF);
            ipv4.checksum(InternetChecksum.update16(ipv4.checksum(), before, after));
        }
        return isKnown(now, mark);
    }

    private boolean carryToIpv6(int at, int mark) {
        int before = ipv6.wrap(bytes, at).trafficClass();
        int now = now(before & EXPERIENCED, mark);
        if (now != (before & EXPERIENCED)) {
            ipv6.traffic((before & ~EXPERIENCED) | now, ipv6.flowLabel());
        }
        return isKnown(now, mark);
    }

    private static int now(int inner, int outer) {
        if (inner == NOT_CAPABLE || inner == EXPERIENCED) {
            return inner;
        }
        return outer == EXPERIENCED || (outer == CAPABLE_1 && inner == CAPABLE_0) ? outer : inner;
    }

    private static boolean isKnown(int now, int mark) {
        return now != NOT_CAPABLE || mark != EXPERIENCED;
    }

    private int u16(int at) {
        return bytes.getShort(at, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }
}
