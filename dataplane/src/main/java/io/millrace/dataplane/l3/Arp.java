package io.millrace.dataplane.l3;

import io.millrace.codec.ArpHeader;
import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Malformed;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * ARP, RFC 826, with the probes and announcements of RFC 5227. Whoever is a next hop of ours is believed where it says it
 * is, whatever the packet; nobody else is remembered, since answers need no memory.
 */
final class Arp {
    private static final int FRAME = EthernetHeader.LENGTH + ArpHeader.LENGTH;

    private final IpNode node;
    private final int own;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final ArpHeader arp = new ArpHeader();

    Arp(IpNode node) {
        this.node = node;
        this.own = (int) node.settings().address().low();
        this.bytes = node.frames().buffer();
    }

    void receive(long frame) {
        int left = Frame.length(frame) - EthernetHeader.LENGTH;
        arp.wrap(bytes, Frame.head(frame) + EthernetHeader.LENGTH);
        if (arp.check(left, left) != Malformed.NONE || !arp.isEthernetIpv4() || !isStation(arp.senderMac())) {
            node.refuse(frame, Drop.ARP_SENSELESS);
            return;
        }
        int sender = arp.senderIpv4();
        if (node.isOwn(0, Ipv6Address.mapped(sender))) {
            node.clash(frame, arp.senderMac());
            return;
        }
        boolean forUs = node.isOwn(0, Ipv6Address.mapped(arp.targetIpv4()));
        // A sender of 0 has no address yet: it asks whether one is free, and teaches nothing (RFC 5227 section 1.1).
        boolean matters = sender != 0 && node.heard(0, Ipv6Address.mapped(sender), arp.senderMac());
        if (forUs && arp.operation() == ArpHeader.REQUEST) {
            answer(frame);
        } else if (matters) {
            node.take(frame, Deed.HEARD, 0, Ipv6Address.mapped(sender));
        } else {
            node.refuse(frame, forUs ? Drop.UNASKED : Drop.NOT_OURS);
        }
    }

    private static boolean isStation(long mac) {
        return mac != 0 && !EthernetHeader.isGroup(mac);
    }

    private void answer(long frame) {
        long asker = arp.senderMac();
        int address = arp.senderIpv4();
        int asked = arp.targetIpv4();
        write(Frame.head(frame), asker, ArpHeader.REPLY)
                .sender(node.mac(), asked)
                .target(asker, address);
        node.answer(Frame.trimmed(frame, FRAME), Deed.ARP_ANSWERED);
    }

    /** RFC 826: everybody is asked who has the hop's address; RFC 1122 section 2.3.2.1: or the hop alone. */
    void ask(NextHop hop, boolean alone) {
        long frame = node.make(FRAME);
        if (frame != Frame.NONE) {
            write(Frame.head(frame), alone ? hop.mac() : EthernetHeader.BROADCAST, ArpHeader.REQUEST)
                    .target(0, (int) hop.address().low());
            node.send(frame, Deed.ASKED);
        }
    }

    /** RFC 5227 section 3: a request for the own address. */
    void announce() {
        long frame = node.make(FRAME);
        if (frame != Frame.NONE) {
            write(Frame.head(frame), EthernetHeader.BROADCAST, ArpHeader.REQUEST)
                    .target(0, own);
            node.send(frame, Deed.ANNOUNCED);
        }
    }

    private ArpHeader write(int at, long to, int operation) {
        ethernet.wrap(bytes, at).destination(to).source(node.mac()).type(EtherType.ARP);
        return arp.wrap(bytes, at + EthernetHeader.LENGTH).operation(operation).sender(node.mac(), own);
    }
}
