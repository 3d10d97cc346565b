package io.millrace.dataplane.l3;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IgmpHeader;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Malformed;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** IPv4 for an {@link IpNode}: ARP, ping, IGMP. */
final class Ipv4Family implements Family {
    private static final int ALL_HOSTS = 0xE000_0001;

    /** RFC 2113: routers look at the packet although it is not for them. */
    private static final int ROUTER_ALERT = 0x9404_0000;

    private static final int TENTH = 100_000_000;
    private static final int VERSION_1_TIME = 100;

    private final IpNode node;
    private final Membership membership;
    private final Arp arp;
    private final Echo echo;
    private final int own;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ip = new Ipv4Header();
    private final IgmpHeader igmp = new IgmpHeader();

    Ipv4Family(IpNode node, Membership membership) {
        this.node = node;
        this.membership = membership;
        this.own = (int) node.settings().address().low();
        this.bytes = node.frames().buffer();
        this.arp = new Arp(node);
        this.echo = new Echo(node);
    }

    @Override
    public void receive(long frame, int type) {
        switch (type) {
            case EtherType.ARP -> arp.receive(frame);
            case EtherType.IPV4 -> receive(frame);
            default -> node.refuse(frame, Drop.NOT_SERVED);
        }
    }

    private void receive(long frame) {
        int left = Frame.length(frame) - EthernetHeader.LENGTH;
        int original = node.frames().originalLength(frame) - EthernetHeader.LENGTH;
        ip.wrap(bytes, Frame.head(frame) + EthernetHeader.LENGTH);
        if (ip.check(left, original) != Malformed.NONE) {
            node.refuse(frame, Drop.IP_SENSELESS);
        } else if (!ip.checksumGood()) {
            node.refuse(frame, Drop.IP_CHECKSUM);
        } else if (!isForUs(ip.destination())) {
            node.refuse(frame, Drop.NOT_OURS);
        } else if (ip.isFragment()) {
            node.refuse(frame, Drop.IP_FRAGMENT);
        } else if (ip.totalLength() > left) {
            node.refuse(frame, Drop.ETHERNET_CUT);
        } else if (ip.protocol() == IpProtocol.ICMP && isHost(ip.destination())) {
            echo.receive(frame, ip);
        } else if (ip.protocol() == IpProtocol.IGMP) {
            asked(frame);
        } else {
            node.refuse(frame, Drop.NOT_SERVED);
        }
    }

    private boolean isForUs(int destination) {
        return isHost(destination)
                || destination == ALL_HOSTS
                || membership.isJoined(0, Ipv6Address.mapped(destination));
    }

    private boolean isHost(int destination) {
        return node.presence().isHost(0, Ipv6Address.mapped(destination));
    }

    private void asked(long frame) {
        int length = ip.payloadLength();
        int at = ip.offset() + ip.headerLength();
        if (length < IgmpHeader.LENGTH || !InternetChecksum.isGood(InternetChecksum.sum(bytes, at, length))) {
            node.refuse(frame, Drop.MEMBERSHIP_SENSELESS);
        } else if (igmp.wrap(bytes, at).type() != IgmpHeader.QUERY) {
            node.refuse(frame, Drop.NOT_SERVED);
        } else {
            long time = igmp.responseTime() == 0 ? VERSION_1_TIME : igmp.responseTime();
            long group = Ipv6Address.mapped(igmp.group());
            membership.asked(0, group, igmp.group() == 0, time * TENTH);
            node.take(frame, Deed.NOTED, 0, group);
        }
    }

    @Override
    public void ask(NextHop hop, boolean alone) {
        arp.ask(hop, alone);
    }

    @Override
    public void announce() {
        arp.announce();
    }

    @Override
    public void report(Ipv6Address group) {
        int header = Ipv4Header.LENGTH + Integer.BYTES;
        long frame = node.make(EthernetHeader.LENGTH + header + IgmpHeader.LENGTH);
        if (frame == Frame.NONE) {
            return;
        }
        int at = Frame.head(frame);
        int network = at + EthernetHeader.LENGTH;
        int address = (int) group.low();
        ethernet.wrap(bytes, at)
                .destination(Family.groupMac(group))
                .source(node.mac())
                .type(EtherType.IPV4);
        ip.wrap(bytes, network)
                .plain()
                .totalLength(header + IgmpHeader.LENGTH)
                .fragment(true, false, 0)
                .timeToLive(1)
                .protocol(IpProtocol.IGMP)
                .source(own)
                .destination(address);
        bytes.putByte(network, (byte) (0x40 | (header / Integer.BYTES)));
        bytes.putInt(network + Ipv4Header.LENGTH, ROUTER_ALERT, ByteOrder.BIG_ENDIAN);
        ip.writeChecksum();
        igmp.wrap(bytes, network + header).write(IgmpHeader.REPORT_V2, address);
        node.send(frame, Deed.REPORTED);
    }
}
