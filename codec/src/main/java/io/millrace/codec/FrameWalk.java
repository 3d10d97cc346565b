package io.millrace.codec;

import io.millrace.codec.Cursor.Next;
import io.millrace.codec.capture.LinkType;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks through the layers of a frame and shows each to a {@link LayerVisitor}: Ethernet to DNS, tunnels, fragments, the
 * packets that ICMP errors quote. Allocates nothing, has no recursion, ends after {@link #MOST_LAYERS}, and reads no byte
 * that was not captured. One walk serves one thread, frame after frame.
 *
 * <p>It ends at what it does not know, at the first header it cannot read, and at a fault it cannot read past.
 */
public final class FrameWalk {
    /** More headers than this in one frame are an attack or an accident. */
    public static final int MOST_LAYERS = 250;

    private final Cursor cursor = new Cursor();
    private final LinkLayers link = new LinkLayers(cursor);
    private final NetworkLayers network = new NetworkLayers(cursor);
    private final TransportLayers transport = new TransportLayers(cursor);

    /**
     * @param visitor is shown the layers
     * @param verifyChecksums whether checksums are summed up; otherwise each is {@link ChecksumState#UNVERIFIED}
     */
    public FrameWalk(LayerVisitor visitor, boolean verifyChecksums) {
        cursor.visitor = visitor;
        cursor.verify = verifyChecksums;
    }

    /** Takes what is behind another UDP port for VXLAN, too; before the first frame. */
    public void alsoVxlan(int udpPort) {
        transport.vxlanPorts.set(udpPort);
    }

    /**
     * Walks through one frame.
     *
     * @param linkType of the capture; of {@link LinkType#OTHER} nothing is known
     * @param captured bytes at hand
     * @param original bytes the frame had on the wire
     */
    public void walk(LinkType linkType, UnsafeBuffer buffer, int offset, int captured, int original) {
        cursor.buffer = buffer;
        cursor.at = offset;
        cursor.captured = captured;
        cursor.original = Math.max(captured, original);
        cursor.fragment = false;
        cursor.quoted = false;
        cursor.quotedPayload = 0;
        cursor.six = false;
        cursor.type = 0;
        cursor.malformed = Malformed.NONE;
        cursor.malformedAt = 0;
        int layers = 0;
        Next next = link.first(linkType);
        while (next != Next.END && next != Next.PAYLOAD) {
            next = ++layers > MOST_LAYERS ? cursor.end(Malformed.NESTED_TOO_DEEP) : step(next);
        }
        if (next == Next.PAYLOAD && cursor.original > 0) {
            cursor.visitor.payload(cursor.at, cursor.captured, cursor.original);
        }
        cursor.visitor.end(cursor.malformed, cursor.malformedAt);
    }

    private Next step(Next next) {
        return switch (next) {
            case ETHERNET -> link.ethernet();
            case LLC -> link.llc();
            case VLAN, SERVICE_VLAN -> link.vlan(next);
            case ARP -> network.arp();
            case IPV4 -> network.ipv4();
            case IPV6 -> network.ipv6();
            case EXTENSION -> network.extension();
            case IGMP -> network.igmp();
            case TCP -> transport.tcp();
            case UDP -> transport.udp();
            case ICMP -> transport.icmp();
            case ICMPV6 -> transport.icmpv6();
            case VXLAN, GENERIC_VXLAN -> transport.vxlan(next);
            case DNS -> transport.dns();
            case END, PAYLOAD -> throw new IllegalStateException("the walk is over");
        };
    }
}
