package io.millrace.codec;

import io.millrace.codec.capture.LinkType;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Says in one word what a frame carries: the innermost header known, or above TCP and UDP what the well-known port
 * stands for when there is data. Reads as little as a {@link FrameWalk} does without checksums; allocates nothing.
 */
public final class Classifier implements LayerVisitor {
    private final CommonFrame common = new CommonFrame();
    private final FrameWalk walk = new FrameWalk(this, false);
    private Protocol protocol = Protocol.UNKNOWN;
    private Malformed malformed = Malformed.NONE;
    private int vlans;
    private boolean quoted;
    private Protocol above = Protocol.UNKNOWN;

    /** Looks at one frame; the other methods then answer about it. */
    public Protocol classify(LinkType linkType, UnsafeBuffer buffer, int offset, int captured, int original) {
        if (linkType == LinkType.ETHERNET && captured == original) {
            var known = common.protocol(buffer, offset, captured);
            if (known != null) {
                protocol = known;
                malformed = Malformed.NONE;
                vlans = 0;
                return known;
            }
        }
        return walk(linkType, buffer, offset, captured, original);
    }

    /** Takes what is behind another UDP port for VXLAN, too; before the first frame. */
    public void alsoVxlan(int udpPort) {
        common.vxlanPorts.set(udpPort);
        walk.alsoVxlan(udpPort);
    }

    /** The long way, which every frame may take. */
    Protocol walk(LinkType linkType, UnsafeBuffer buffer, int offset, int captured, int original) {
        protocol = Protocol.UNKNOWN;
        above = Protocol.UNKNOWN;
        vlans = 0;
        quoted = false;
        walk.walk(linkType, buffer, offset, captured, original);
        return protocol;
    }

    public Protocol protocol() {
        return protocol;
    }

    /** The first thing wrong with the frame, {@link Malformed#CUT} for a cut one that cannot be read to its end. */
    public Malformed malformed() {
        return malformed;
    }

    /** How many VLAN tags there are, in all frames that are nested in each other. */
    public int vlans() {
        return vlans;
    }

    private void is(Protocol layer, Protocol ifDataFollows) {
        if (!quoted) {
            protocol = layer;
            above = ifDataFollows;
        }
    }

    @Override
    public void ethernet(EthernetHeader header, int captured) {
        is(Protocol.ETHERNET, captured < EthernetHeader.LENGTH ? Protocol.ETHERNET : Protocol.ofType(header.type()));
    }

    @Override
    public void cooked(SllHeader header, int captured) {
        is(Protocol.UNKNOWN, captured < header.length() ? Protocol.UNKNOWN : Protocol.ofType(header.protocol()));
    }

    @Override
    public void vlan(VlanTag tag, int tagType, int captured) {
        vlans++;
        is(Protocol.ETHERNET, captured < VlanTag.LENGTH ? Protocol.ETHERNET : Protocol.ofType(tag.type()));
    }

    @Override
    public void llc(LlcHeader header, int captured) {
        is(Protocol.LLC, Protocol.LLC);
        if (captured < LlcHeader.SNAP_LENGTH) {
            return;
        }
        if (header.destination() == LlcHeader.STP) {
            is(Protocol.STP, Protocol.STP);
        } else if (header.isSnap() && header.control() == 3) {
            boolean cdp = header.organization() == LlcHeader.CISCO && header.protocol() == 0x2000;
            is(Protocol.LLC, cdp ? Protocol.CDP : Protocol.LLC);
        }
    }

    @Override
    public void arp(ArpHeader header, int captured) {
        boolean reverse = captured >= ArpHeader.FIXED_LENGTH && (header.operation() == 3 || header.operation() == 4);
        is(reverse ? Protocol.RARP : Protocol.ARP, Protocol.ARP);
    }

    @Override
    public void ipv4(Ipv4Header header, int captured, int totalLength, ChecksumState checksum) {
        boolean there = captured >= Ipv4Header.LENGTH && header.fragmentOffset() == 0;
        is(Protocol.IPV4, there ? Protocol.ofIp(header.protocol(), Protocol.IPV4) : Protocol.IPV4);
    }

    @Override
    public void ipv6(Ipv6Header header, int captured) {
        boolean there = captured >= Ipv6Header.LENGTH;
        is(Protocol.IPV6, there ? Protocol.ofIp(header.nextHeader(), Protocol.IPV6) : Protocol.IPV6);
    }

    @Override
    public void extension(Ipv6Extension header, int kind, int captured) {
        boolean there =
                captured >= Ipv6Extension.MIN_LENGTH && (kind != IpProtocol.FRAGMENT || header.fragmentOffset() == 0);
        is(Protocol.IPV6, there ? Protocol.ofIp(header.nextHeader(), Protocol.IPV6) : Protocol.IPV6);
    }

    @Override
    public void igmp(int offset, int captured) {
        is(Protocol.IGMP, Protocol.IGMP);
    }

    @Override
    public void icmp(IcmpHeader header, int captured, ChecksumState checksum) {
        is(Protocol.ICMP, Protocol.ICMP);
    }

    @Override
    public void icmpv6(Icmpv6Header header, int captured, ChecksumState checksum) {
        is(Protocol.ICMPV6, Protocol.ICMPV6);
    }

    @Override
    public void quoted() {
        quoted = true;
    }

    @Override
    public void tcp(TcpHeader header, int captured, ChecksumState checksum) {
        is(Protocol.TCP, Protocol.TCP);
        if (captured >= TcpHeader.LENGTH) {
            above(Protocol.ofTcp(header.destinationPort(), Protocol.ofTcp(header.sourcePort(), Protocol.TCP)));
        }
    }

    @Override
    public void udp(UdpHeader header, int captured, ChecksumState checksum) {
        is(Protocol.UDP, Protocol.UDP);
        if (captured >= UdpHeader.LENGTH) {
            above(Protocol.ofUdp(header.destinationPort(), Protocol.ofUdp(header.sourcePort(), Protocol.UDP)));
        }
    }

    private void above(Protocol ifDataFollows) {
        above = quoted ? above : ifDataFollows;
    }

    @Override
    public void vxlan(VxlanHeader header, int captured) {
        is(Protocol.VXLAN, Protocol.VXLAN);
    }

    @Override
    public void dns(DnsHeader header, int captured, int length) {
        is(above == Protocol.MDNS ? Protocol.MDNS : Protocol.DNS, Protocol.DNS);
    }

    @Override
    public void payload(int offset, int captured, int length) {
        if (!quoted && above != Protocol.UNKNOWN) {
            protocol = above;
        }
    }

    @Override
    public void end(Malformed fault, int offset) {
        malformed = fault;
    }
}
