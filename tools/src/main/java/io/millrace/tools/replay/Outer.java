package io.millrace.tools.replay;

import io.millrace.codec.Addresses;
import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VlanTag;
import io.millrace.codec.VxlanHeader;
import java.nio.ByteOrder;
import java.util.BitSet;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What stands around the frame in a VXLAN packet, looked at before anybody judges it: who sends to whom, in which overlay.
 * IPv4 addresses are in their mapped form (RFC 4291 section 2.5.5.2). One thread.
 */
final class Outer {

    private final BitSet udpPorts = new BitSet();
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final UdpHeader udp = new UdpHeader();
    private final VxlanHeader vxlan = new VxlanHeader();
    private boolean isIp;
    private boolean isVxlan;
    private int inner;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;

    /** @param udpPorts where VXLAN is looked for */
    Outer(int... udpPorts) {
        for (int port : udpPorts) {
            this.udpPorts.set(port);
        }
    }

    /** Looks at a frame of which {@code length} bytes are at hand. */
    Outer look(UnsafeBuffer bytes, int offset, int length) {
        isIp = false;
        isVxlan = false;
        if (length < EthernetHeader.LENGTH) {
            return this;
        }
        ethernet.wrap(bytes, offset);
        int at = VlanTag.skip(bytes, offset, length);
        int type = bytes.getShort(offset + at - Short.BYTES, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        if (type == EtherType.IPV4 && length >= at + Ipv4Header.LENGTH) {
            lookIpv4(bytes, offset + at, length - at);
        } else if (type == EtherType.IPV6 && length >= at + Ipv6Header.LENGTH) {
            lookIpv6(bytes, offset + at, length - at);
        }
        return this;
    }

    private void lookIpv4(UnsafeBuffer bytes, int at, int length) {
        isIp = true;
        sourceHigh = 0;
        sourceLow = Ipv6Address.mapped(ipv4.wrap(bytes, at).source());
        destinationHigh = 0;
        destinationLow = Ipv6Address.mapped(ipv4.destination());
        int header = ipv4.headerLength();
        if (ipv4.protocol() == IpProtocol.UDP && !ipv4.isFragment() && header >= Ipv4Header.LENGTH) {
            lookUdp(bytes, at + header, length - header);
        }
    }

    private void lookIpv6(UnsafeBuffer bytes, int at, int length) {
        isIp = true;
        sourceHigh = ipv6.wrap(bytes, at).sourceHigh();
        sourceLow = ipv6.sourceLow();
        destinationHigh = ipv6.destinationHigh();
        destinationLow = ipv6.destinationLow();
        if (ipv6.nextHeader() == IpProtocol.UDP) {
            lookUdp(bytes, at + Ipv6Header.LENGTH, length - Ipv6Header.LENGTH);
        }
    }

    private void lookUdp(UnsafeBuffer bytes, int at, int length) {
        inner = at + UdpHeader.LENGTH + VxlanHeader.LENGTH;
        isVxlan = length >= UdpHeader.LENGTH + VxlanHeader.LENGTH
                && udpPorts.get(udp.wrap(bytes, at).destinationPort())
                && vxlan.wrap(bytes, at + UdpHeader.LENGTH).hasVni();
    }

    /** Whether it is an IP packet, and so has the addresses. */
    boolean isIp() {
        return isIp;
    }

    /** Whether it is a VXLAN packet, and so has an identifier and a frame in it. */
    boolean isVxlan() {
        return isVxlan;
    }

    /** The network identifier, 0 to 16,777,215. */
    int vni() {
        return vxlan.vni();
    }

    /** Where the frame inside begins: an index into the buffer that was looked at. */
    int inner() {
        return inner;
    }

    /** The Ethernet address it came from: the last router's, or the sender's own. */
    long sourceMac() {
        return ethernet.source();
    }

    long destinationMac() {
        return ethernet.destination();
    }

    /** Appends the source address as people write it. */
    StringBuilder appendSource(StringBuilder to) {
        return append(sourceHigh, sourceLow, to);
    }

    /** Appends the destination address as people write it. */
    StringBuilder appendDestination(StringBuilder to) {
        return append(destinationHigh, destinationLow, to);
    }

    private static StringBuilder append(long high, long low, StringBuilder to) {
        if (!Ipv6Address.isIpv4(high, low)) {
            return to.append(Addresses.ipv6(high, low));
        }
        for (int shift = 24; shift > 0; shift -= 8) {
            to.append(low >>> shift & 0xFF).append('.');
        }
        return to.append(low & 0xFF);
    }

    long sourceHigh() {
        return sourceHigh;
    }

    long sourceLow() {
        return sourceLow;
    }

    long destinationHigh() {
        return destinationHigh;
    }

    long destinationLow() {
        return destinationLow;
    }
}
