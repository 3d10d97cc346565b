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
import io.millrace.dataplane.l3.IcmpErrors;
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

    /** Bytes of both addresses. */
    private static final int ADDRESSES = EthernetHeader.LENGTH - 2;

    /** The longest packet that IP's 16 bits of length can say. */
    private static final int MOST = 0xFFFF;

    /** Told to the witness beside the peer's number: the next hop is not known yet. */
    private static final int WAITS = 1 << 20;

    private final Tunnels tunnels;
    private final Tunnel tunnel;
    private final Link out;
    private final Egress port;
    private final int mtu;
    private final OuterHeaders headers;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Segmenter segmenter;
    private final Trains trains;
    private final IcmpErrors errors;
    private final NeighborProxy proxy;
    private long refused;
    private boolean watched;
    private final long[] wrapped = new long[GO];
    private int count;

    /** @param out leads to the underlay port */
    public Encapsulation(String name, Graph graph, Tunnel tunnel, Link out) {
        this(name, graph, tunnel, out, Port.NO_MTU);
    }

    /**
     * @param out leads to the underlay port
     * @param mtu the longest packet, in bytes, on the way to the other hosts, where it is less than that port takes
     */
    public Encapsulation(String name, Graph graph, Tunnel tunnel, Link out, int mtu) {
        super(name, graph);
        this.tunnels = tunnel.tunnels();
        this.tunnel = tunnel;
        this.out = out;
        this.port = (Egress) out.to();
        this.mtu = mtu;
        this.headers = tunnels.headers();
        this.bytes = graph.pool().buffer();
        this.segmenter = new Segmenter(graph.pool());
        this.trains = new Trains(graph.pool(), headers);
        this.errors = new IcmpErrors(graph);
        this.proxy = new NeighborProxy(graph, tunnel.endpoints());
    }

    @Override
    public void process(Link in) {
        int longest = longest();
        boolean answers = !proxy.isIdle();
        refused = 0;
        watched = graph().witness() != null;
        int n = in.size();
        var frames = tunnels.frames;
        var flows = tunnels.flows;
        in.pollInto(frames, 0, n);
        look(frames, flows, n, !watched && !answers && headers.isPlain(tunnel));
        int first = 0;
        int end = 0;
        for (int i = 0; i < n; i++) {
            long frame = frames[i];
            var peer = tunnel.peer(Frame.ingress(frame));
            if (flows[i] != FlowHash.NOT_PLAIN && peer != null && peer.isReady && Frame.length(frame) <= longest) {
                if (count > 0) {
                    flush(); // of both kinds, what came before goes before
                }
                peer.txFrames++;
                peer.txBytes += Frame.length(frame);
                frames[end++] = OuterHeaders.wrapPlain(bytes, frame, flows[i], peer);
                continue;
            }
            depart(frames, first, end);
            first = end;
            if (peer == null) {
                drop(frame, Drop.UNPLUGGED);
            } else if (!answers || !answered(frame, peer)) {
                enter(frame, peer, longest);
            }
        }
        depart(frames, first, end);
        flush();
    }

    private void depart(long[] frames, int first, int end) {
        if (end > first) {
            send(out, frames, first, end - first);
        }
    }

    /** Finds the flow of every frame with nothing special about it: those are wrapped at once, the others the long way. */
    private void look(long[] frames, long[] flows, int n, boolean mayBePlain) {
        for (int i = 0; i < n; i++) {
            long frame = frames[i];
            flows[i] = mayBePlain && Frame.isPlain(frame)
                    ? FlowHash.ofPlain(bytes, Frame.head(frame), Frame.length(frame))
                    : FlowHash.NOT_PLAIN;
        }
    }

    /** The longest frame that fits, in bytes: the underlay's MTU, or what IP can say, less what is put around it. */
    private int longest() {
        return Math.min(Math.min(mtu, port.mtu()), MOST) + EthernetHeader.LENGTH - headers.length();
    }

    /**
     * Answers a question that need not be carried. Of what is flooded each peer has a copy: that for the host that has the
     * answer is the one which is answered, or, where a multicast group gets the only copy, that.
     */
    private boolean answered(long frame, Peer peer) {
        var station = proxy.asked(frame);
        if (station == null) {
            return false;
        }
        if (peer != station.peer() && tunnel.settings().group() == null) {
            consume(frame);
            return true;
        }
        long answer = proxy.answer(station);
        if (answer == Frame.NONE) {
            drop(frame, Drop.POOL_EMPTY);
            return true;
        }
        if (proxy.isArp()) {
            tunnel.arpAnswered++;
        } else {
            tunnel.solicitationsAnswered++;
        }
        send(tunnel.into(), answer);
        consume(frame);
        return true;
    }

    private void enter(long frame, Peer peer, int longest) {
        long untagged = tunnel.keepsTags() ? frame : untagged(frame);
        if (Frame.isOffloaded(untagged)) {
            finish(frame, untagged, peer, longest);
        } else if (pool().originalLength(untagged) > longest) {
            refuse(frame, untagged, longest);
        } else {
            wrap(untagged, peer);
        }
    }

    private void wrap(long frame, Peer peer) {
        int length = pool().originalLength(frame);
        long flow = FlowHash.of(bytes, Frame.head(frame), Frame.length(frame));
        depart(headers.wrap(pool(), frame, length, flow, peer), peer, 1, length);
    }

    /** @param bytes those of the {@code frames} in it, without what was put around them */
    private void depart(long outer, Peer peer, int frames, int bytes) {
        peer.txFrames += frames;
        peer.txBytes += bytes;
        if (watched || !peer.isReady) {
            tell(outer, peer);
            var hop = peer.hop;
            if (!peer.isReady && hop != null) {
                tunnels.ip().hold(hop, outer);
                return;
            }
        }
        depart(outer);
    }

    private void depart(long outer) {
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

    /**
     * Does what the sender left to a network card: none looks into a tunnel, and not every receiver has been told what is
     * unfinished inside.
     */
    private void finish(long frame, long untagged, Peer peer, int longest) {
        if (!segmenter.wrap(untagged)) {
            drop(untagged, Drop.OFFLOAD_SENSELESS);
            return;
        }
        boolean segmented = Offload.isSegmented(pool().offload(untagged));
        if ((segmented ? segmenter.longest() : Frame.length(untagged)) > longest) {
            refuse(frame, untagged, longest);
        } else if (segmenter.isWhole()) {
            wrap(segmenter.finish(), peer);
        } else if (port.port().takesTrains()) {
            couple(frame, peer);
        } else {
            cut(untagged, peer);
        }
    }

    /** The port passes several datagrams in one on: few frames are made, copies of the one, all but one. */
    private void couple(long frame, Peer peer) {
        graph().counters().copied(Trains.count(segmenter) - 1);
        while (segmenter.left() > 0) {
            long train = trains.next(segmenter, peer);
            if (train == Frame.NONE) {
                break;
            }
            depart(train, peer, trains.frames, trains.length);
        }
        dropUnmade(frame, Trains.count(segmenter), Drop.POOL_EMPTY);
        pool().free(frame);
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

    /**
     * Drops what does not fit, and has its sender told, once for all frames of one flow that come together: the copies of
     * one that is flooded are such. Told is also who allows fragments (no DF): the outer packet must not be fragmented
     * (section 4.3), and the inner one is for a router to cut, which a switch is not.
     *
     * @param frame as it came, {@code untagged} as it would have left
     */
    private void refuse(long frame, long untagged, int longest) {
        retag(frame, untagged);
        long flow = FlowHash.of(bytes, Frame.head(frame), Frame.length(frame));
        if (flow != refused && errors.wrap(frame)) {
            int tags = Frame.head(untagged) - Frame.head(frame);
            long error = errors.tooBig(longest - errors.network() + tags);
            if (error != Frame.NONE) {
                tunnel.sendersTold++;
                send(tunnel.into(), Frame.from(error, tunnel.own()));
            } else {
                tunnel.sendersNotTold++;
            }
        } else {
            tunnel.sendersNotTold++;
        }
        refused = flow;
        drop(frame, Drop.EXCEEDS_TUNNEL);
    }

    /** RFC 7348 section 6.1: tags end at the tunnel. They step in front of the addresses, and what is left begins there. */
    private long untagged(long frame) {
        long bare = frame;
        while (Frame.length(bare) >= EthernetHeader.LENGTH + VlanTag.LENGTH
                && EtherType.isVlan(ethernet.wrap(bytes, Frame.head(bare)).type())) {
            int head = Frame.head(bare);
            long first = bytes.getLong(head);
            int last = bytes.getInt(head + Long.BYTES);
            int tag = bytes.getInt(head + ADDRESSES);
            bytes.putInt(head, tag);
            bytes.putLong(head + VlanTag.LENGTH, first);
            bytes.putInt(head + VlanTag.LENGTH + Long.BYTES, last);
            bare = Frame.pull(bare, VlanTag.LENGTH);
            pool().shifted(bare, -VlanTag.LENGTH);
        }
        return bare;
    }

    /** Makes the frame what it was: its tags step back behind the addresses. */
    private void retag(long frame, long untagged) {
        for (int head = Frame.head(untagged) - VlanTag.LENGTH; head >= Frame.head(frame); head -= VlanTag.LENGTH) {
            int tag = bytes.getInt(head);
            long first = bytes.getLong(head + VlanTag.LENGTH);
            int last = bytes.getInt(head + VlanTag.LENGTH + Long.BYTES);
            bytes.putLong(head, first);
            bytes.putInt(head + Long.BYTES, last);
            bytes.putInt(head + ADDRESSES, tag);
            pool().shifted(frame, VlanTag.LENGTH);
        }
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
        return "VNI " + tunnel.vni() + ", to " + (peer == null ? "nobody" : peer.address.text())
                + " by UDP port "
                + (bytes.getShort(datagram, ByteOrder.BIG_ENDIAN) & 0xFFFF)
                + (decision >= WAITS ? "; waits for the next hop's answer" : "");
    }
}
