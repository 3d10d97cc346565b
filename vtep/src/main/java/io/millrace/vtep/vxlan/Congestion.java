package io.millrace.vtep.vxlan;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Header;
import io.millrace.dataplane.frame.Frame;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What becomes of a congestion mark that a router put on the outer header, RFC 6040 section 4.2: it is carried over to
 * the inner packet; a packet whose ends do not know of such marks is dropped, as the router would have.
 */
final class Congestion {
    /** The mark: both ECN bits (RFC 3168 section 5). */
    static final int EXPERIENCED = 3;

    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();

    Congestion(UnsafeBuffer bytes) {
        this.bytes = bytes;
    }

    /** Marks a frame's packet; false when it must be dropped. What is no IP at all passes. */
    boolean mark(long frame) {
        int head = Frame.head(frame);
        int left = Frame.length(frame) - EthernetHeader.LENGTH;
        int network = head + EthernetHeader.LENGTH;
        int type = ethernet.wrap(bytes, head).type();
        if (type == EtherType.IPV4 && left >= Ipv4Header.LENGTH) {
            return markIpv4(network);
        }
        return type != EtherType.IPV6 || left < Ipv6Header.LENGTH || markIpv6(network);
    }

    private boolean markIpv4(int at) {
        int before = bytes.getShort(at, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        if ((before & EXPERIENCED) == 0) {
            return false;
        }
        int after = before | EXPERIENCED;
        ipv4.wrap(bytes, at).typeOfService(after & 0xFF);
        ipv4.checksum(InternetChecksum.update16(ipv4.checksum(), before, after));
        return true;
    }

    private boolean markIpv6(int at) {
        int traffic = ipv6.wrap(bytes, at).trafficClass();
        if ((traffic & EXPERIENCED) == 0) {
            return false;
        }
        ipv6.traffic(traffic | EXPERIENCED, ipv6.flowLabel());
        return true;
    }
}
