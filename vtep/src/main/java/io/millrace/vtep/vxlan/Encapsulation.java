package io.millrace.vtep.vxlan;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.FlowHash;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.frame.Segmenter;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Port;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The way into one overlay's tunnels, RFC 7348 section 4. A frame comes stamped with the number of the peer's port; it
 * leaves by the underlay with VXLAN, UDP, IP and Ethernet in front of it, put into its own headroom.
 *
 * <p>What does not fit the underlay is dropped here, and its sender told (section 4.3): packets are never fragmented.
 */
public final class Encapsulation extends Node {
    private static final int GO = 256;
    /** Told to the witness beside the peer's number: the next hop is not known yet. */
    private static final int WAITS = 1 << 20;

    private final Tunnels tunnels;
    private final Tunnel tunnel;
    private final Link out;
    private final Port port;
    private final OuterHeaders headers;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Segmenter segmenter;
    private final long[] wrapped = new long[GO];
    private int count;

    /** @param out leads to the underlay port */
    public Encapsulation(String name, Graph graph, Tunnel tunnel, Link out) {
        super(name, graph);
        this.tunnels = tunnel.tunnels();
        this.tunnel = tunnel;
        this.out = out;
        this.port = ((Egress) out.to()).port();
        this.headers = tunnels.headers();
        this.bytes = graph.pool().buffer();
        this.segmenter = new Segmenter(graph.pool());
    }

    @Override
    public void process(Link in) {
        int longest = longest();
        for (int n = in.size(); n > 0; n--) {
            long frame = in.poll();
            var peer = tunnel.peer(Frame.ingress(frame));
            if (peer == null) {
                drop(frame, Drop.UNPLUGGED);
            } else {
                enter(frame, peer, longest);
            }
        }
        flush();
    }

    /** The longest frame that fits, in bytes: the underlay's MTU less what is put around it. */
    private int longest() {
        int mtu = port.mtu();
        return mtu == Port.NO_MTU ? mtu : mtu + EthernetHeader.LENGTH - headers.length();
    }

    private void enter(long frame, Peer peer, int longest) {
        long untagged = tunnel.keepsTags() ? frame : untagged(frame);
        if (Frame.isOffloaded(untagged)) {
            finish(untagged, peer, longest);
        } else if (pool().originalLength(untagged) > longest) {
            refuse(untagged, longest);
        } else {
            wrap(untagged, peer);
        }
    }

    private void wrap(long frame, Peer peer) {
        int length = pool().originalLength(frame);
        long flow = FlowHash.of(bytes, Frame.head(frame), Frame.length(frame));
        long outer = headers.wrap(pool(), frame, length, flow, peer);
        peer.txFrames++;
        peer.txBytes += length;
        if (graph().witness() != null) {
            tell(outer, peer);
        }
        var hop = peer.hop;
        if (!peer.isReady && hop != null) {
            tunnels.ip().hold(hop, outer);
            return;
        }
        if (count == GO) {
            flush();
        }
        wrapped[count++] = outer;
    }

    private void flush() {
        if (count > 0) {
            send(out, wrapped, 0, count);
            count = 0;
        }
    }

    /** Does what the sender left to a network card: no card looks into a tunnel, but for a checksum in a packet without another. */
    private void finish(long frame, Peer peer, int longest) {
        boolean segmented = Offload.isSegmented(pool().offload(frame));
        if (!segmented && !tunnel.hasChecksum()) {
            if (pool().originalLength(frame) > longest) {
                refuse(frame, longest);
            } else {
                wrap(frame, peer);
            }
        } else if (!segmenter.wrap(frame)) {
            drop(frame, Drop.OFFLOAD_SENSELESS);
        } else if ((segmented ? segmenter.longest() : Frame.length(frame)) > longest) {
            refuse(frame, longest);
        } else if (segmenter.isWhole()) {
            wrap(segmenter.finish(), peer);
        } else {
            cut(frame, peer);
        }
    }

    /** The segments count as copies of the frame they are cut from, all but one. */
    private void cut(long frame, Peer peer) {
        graph().counters().copied(segmenter.left() - 1);
        while (segmenter.left() > 0) {
            long segment = segmenter.next();
            if (segment == Frame.NONE) {
                break;
            }
            wrap(segment, peer);
        }
        dropUnmade(frame, segmenter.left(), Drop.POOL_EMPTY);
        pool().free(frame);
    }

    private void refuse(long frame, int longest) {
        // TODO(tooBig): the sender is told
        drop(frame, Drop.EXCEEDS_TUNNEL);
    }

    /** RFC 7348 section 6.1: tags end at the tunnel. The addresses move up to what follows the last one. */
    private long untagged(long frame) {
        long bare = frame;
        while (Frame.length(bare) >= EthernetHeader.LENGTH + VlanTag.LENGTH
                && EtherType.isVlan(ethernet.wrap(bytes, Frame.head(bare)).type())) {
            int head = Frame.head(bare);
            long first = bytes.getLong(head);
            int last = bytes.getInt(head + Long.BYTES);
            bytes.putLong(head + VlanTag.LENGTH, first);
            bytes.putInt(head + VlanTag.LENGTH + Long.BYTES, last);
            bare = Frame.pull(bare, VlanTag.LENGTH);
            pool().shifted(bare, -VlanTag.LENGTH);
        }
        return bare;
    }

    private void tell(long outer, Peer peer) {
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, outer, peer.number + (peer.isReady ? 0 : WAITS));
        }
    }

    @Override
    public String explain(int decision, long frame) {
        var peer = tunnel.peer(decision & WAITS - 1);
        int datagram = Frame.head(frame) + headers.length() - 16;
        return "VNI " + tunnel.vni() + ", to " + (peer == null ? "nobody" : Tunnels.text(peer.address))
                + " by UDP port "
                + (bytes.getShort(datagram, ByteOrder.BIG_ENDIAN) & 0xFFFF)
                + (decision >= WAITS ? "; waits for the next hop's answer" : "");
    }
}
