package io.millrace.dataplane.nat;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l3.AddressSet;
import io.millrace.dataplane.l3.Fragmenter;
import io.millrace.dataplane.l3.IpNode;
import java.util.List;
import java.util.function.IntSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One interface of the router: the gateway of a network, behind its switch, or the uplink. IP packets that are sent to its
 * Ethernet address are looked up in {@link Nat}, which all gateways share, and leave by another gateway, translated where
 * that is to be. What is for the host itself (ARP, neighbour discovery, pings to the gateway) goes to an {@link IpNode}.
 *
 * <pre>
 *  bridge.web ──► gateway.web ═══ Nat ═══ gateway.uplink ◄── port.uplink
 *       ▲             │                        │                 ▲
 *       │             ├──► ip.web              ├──► ip.uplink ───┤
 *       └─────────────┴────────────────────────┴─────────────────┘
 * </pre>
 *
 * <p>Whatever passes it may be any gateway's: the one it came by has it until it is sent or dropped. The worker's thread.
 */
public final class Gateway extends Node {
    /** What a gateway has decided about a frame that is not for it to forward. */
    static final int LOCAL = -1;

    /** It waits for the first fragment of its packet. */
    static final int WAITS = Integer.MIN_VALUE;

    private final Settings settings;
    private final Nat nat;
    private final Link out;
    private final int stamp;
    private final IntSupplier portMtu;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Complaints complaints;
    private final Fragments fragments;
    private final Fragmenter fragmenter;
    private final AddressSet virtual = new AddressSet();
    private final Sought sought = new Sought();
    private @Nullable IpNode ip4;
    private @Nullable IpNode ip6;
    private @Nullable Link toIp4;
    private @Nullable Link toIp6;
    private long mac;
    private final long[] frames = new long[Link.CAPACITY];
    private int first;
    private int end;
    private @Nullable Hop way;

    /** The longest packet that left here lately, in bytes; not older than a {@link Graph#BEAT}. */
    int mtuNow;

    /**
     * What a gateway lets pass.
     *
     * @param network whose gateway it is; of the uplink a word for people
     * @param isUplink whether the outside is behind it
     * @param addresses its own
     * @param ipv4 how IPv4 crosses it
     * @param ipv6 how IPv6 crosses it
     * @param masquerade whether who leaves is hidden in mode NAT
     * @param internal whether nothing goes from here to the uplink, or comes from there
     * @param icc whether hosts behind it reach one another, by other ways than a published port
     * @param hiddenIpv4 what to hide behind instead of the uplink's address; null: that
     * @param hiddenIpv6 the same for IPv6
     */
    public record Settings(
            String network,
            boolean isUplink,
            List<Address> addresses,
            GatewayMode ipv4,
            GatewayMode ipv6,
            boolean masquerade,
            boolean internal,
            boolean icc,
            @Nullable Ipv6Address hiddenIpv4,
            @Nullable Ipv6Address hiddenIpv6) {
        public Settings {
            addresses = List.copyOf(addresses);
        }

        GatewayMode mode(boolean v6) {
            return v6 ? ipv6 : ipv4;
        }
    }

    /** An address of a gateway, IPv4 in its mapped form: then {@code prefix} is 96 more than people write. */
    public record Address(Ipv6Address address, int prefix) {}

    /**
     * A gateway, which {@code nat} knows from now on.
     *
     * @param out leads to where its frames leave
     * @param stamp its port's number on the switch its frames leave to
     * @param portMtu the longest packet that leaves there at present, in bytes
     */
    public Gateway(String name, Graph graph, Settings settings, Nat nat, Link out, int stamp, IntSupplier portMtu) {
        super(name, graph);
        this.settings = settings;
        this.nat = nat;
        this.out = out;
        this.stamp = stamp;
        this.portMtu = portMtu;
        this.bytes = graph.pool().buffer();
        this.complaints = new Complaints(this, graph);
        this.fragments = nat.fragments(this::refuse);
        this.fragmenter = new Fragmenter(graph.pool());
    }

    /** Who answers for one of its addresses, by family; and knows the neighbours. */
    public void host(IpNode ip, Link toIp, boolean v6) {
        ip.presence().answerFor((high, low) -> nat.own().isSeen(this, high, low));
        ip.undelivered((frame, why) -> nat.late().lost(this, frame, why));
        if (v6) {
            ip6 = ip;
            toIp6 = toIp;
        } else {
            ip4 = ip;
            toIp4 = toIp;
        }
    }

    public Settings settings() {
        return settings;
    }

    /** Its Ethernet address; 0 until it has one. */
    public long mac() {
        return mac;
    }

    /** The port has this Ethernet address from now on. */
    public void mac(long now) {
        mac = now;
        if (ip4 != null) {
            ip4.mac(now);
        }
        if (ip6 != null) {
            ip6.mac(now);
        }
        nat.hops().renew();
    }

    void renewMtu() {
        mtuNow = mtu();
    }

    /** The longest packet that leaves here, in bytes. */
    int mtu() {
        return portMtu.getAsInt();
    }

    /** Who answers for its address of the family, and knows its neighbours; it must have one. */
    public IpNode ip(long high, long low) {
        var ip = Ipv6Address.isIpv4(high, low) ? ip4 : ip6;
        if (ip == null) {
            throw new IllegalStateException(name() + " has no address of that family");
        }
        return ip;
    }

    /** Whether it has an address of a family. */
    public boolean has(boolean v6) {
        return (v6 ? ip6 : ip4) != null;
    }

    boolean owns(long high, long low) {
        for (int i = 0; i < settings.addresses.size(); i++) {
            var own = settings.addresses.get(i).address;
            if (own.low() == low && own.high() == high) {
                return true;
            }
        }
        return false;
    }

    /** Answers for a service's virtual address from now on, too; what is published there is {@link Nat#publish}ed. */
    public void serve(Ipv6Address address) {
        virtual.add(address);
        ip(address.high(), address.low()).serve(address);
    }

    /** Whether the address is a service's, and this the gateway that answers for it. */
    public boolean isVirtual(long high, long low) {
        return virtual.contains(high, low);
    }

    /** Its first address of a family, or null. */
    @Nullable
    Ipv6Address address(boolean v6) {
        for (int i = 0; i < settings.addresses.size(); i++) {
            var own = settings.addresses.get(i).address;
            if (own.isIpv4() == !v6) {
                return own;
            }
        }
        return null;
    }

    // ------------------------------------------------------------------ frames

    /**
     * What goes on to one hop, one behind the other, is sent in one piece. It stands in the array that all frames were taken
     * into: there are never more of them than were looked at.
     */
    @Override
    public void process(Link in) {
        int n = in.size();
        in.pollInto(frames, 0, n);
        first = 0;
        end = 0;
        way = null;
        if (graph().witness() != null || mac == 0) {
            for (int i = 0; i < n; i++) {
                take(frames[i]);
            }
            return;
        }
        int now = nat.tick();
        for (int done = 0; done < n; done += Established.AHEAD) {
            int some = Math.min(Established.AHEAD, n - done);
            nat.established().look(this, frames, done, some);
            for (int i = 0; i < some; i++) {
                long frame = frames[done + i];
                var to = nat.established().translate(this, frame, i, now);
                if (to == null) {
                    flush(); // what came before goes before
                    take(frame);
                } else {
                    add(frame, to);
                }
            }
        }
        flush();
    }

    private void add(long frame, Hop to) {
        if (to != way) {
            flush();
            way = to;
        }
        frames[end++] = Frame.from(frame, to.gateway.stamp);
    }

    private void flush() {
        var to = way;
        if (to != null && end > first) {
            to.frames += end - first;
            send(to.gateway.out, frames, first, end - first);
        }
        first = end;
    }

    private void take(long frame) {
        if (Frame.length(frame) < EthernetHeader.LENGTH) {
            refuse(frame, Drop.ETHERNET_TRUNCATED);
            return;
        }
        ethernet.wrap(bytes, Frame.head(frame));
        int type = ethernet.type();
        boolean v6 = type == EtherType.IPV6;
        if ((!v6 && type != EtherType.IPV4) || ethernet.destination() != mac || mac == 0) {
            local(frame, v6);
        } else if (ethernet.source() == mac) {
            refuse(frame, Drop.OWN_FRAME);
        } else {
            nat.take(this, frame, v6);
        }
    }

    /** Has the host itself see to a frame. */
    void local(long frame, boolean v6) {
        var to = v6 ? toIp6 : toIp4;
        if (to == null) {
            refuse(frame, Drop.NOT_SERVED);
        } else {
            tell(frame, LOCAL);
            send(to, frame);
        }
    }

    /** Sends a packet on its way, which another gateway, or this one, took in and {@code nat} translated. */
    void leave(long frame, Hop to, int session) {
        tell(frame, session);
        to.frames++;
        int head = Frame.head(frame);
        ethernet.wrap(bytes, head);
        if (to.mac >= 0 && to.gateway.mac != 0) {
            ethernet.destination(to.mac).source(to.gateway.mac);
            send(to.gateway.out, Frame.from(frame, to.gateway.stamp));
        } else {
            to.gateway.ip(to.high, to.low).hold(to.next, frame);
        }
    }

    /**
     * The same for a packet that is longer than the next link takes, and may be cut: it leaves in fragments, or each of the
     * segments that it stands for does.
     */
    void leaveCut(long frame, Hop to, int session, int mtu) {
        var segmenter = nat.segmenter();
        if (!Frame.isOffloaded(frame)) {
            cut(frame, to, session, mtu);
        } else if (!segmenter.wrap(frame)) {
            refuse(frame, Drop.OFFLOAD_SENSELESS);
        } else if (segmenter.isWhole()) {
            cut(segmenter.finish(), to, session, mtu);
        } else {
            graph().counters().copied(segmenter.left() - 1);
            long segment = segmenter.next();
            while (segment != Frame.NONE) {
                cut(segment, to, session, mtu);
                segment = segmenter.left() > 0 ? segmenter.next() : Frame.NONE;
            }
            dropUnmade(frame, segmenter.left(), Drop.POOL_EMPTY);
            pool().free(frame);
        }
    }

    private void cut(long frame, Hop to, int session, int mtu) {
        if (!fragmenter.wrap(frame, EthernetHeader.LENGTH, mtu)) {
            refuse(frame, Drop.EXCEEDS_MTU);
            return;
        }
        graph().counters().copied(fragmenter.left() - 1);
        long fragment = fragmenter.next();
        while (fragment != Frame.NONE) {
            leave(fragment, to, session);
            fragment = fragmenter.left() > 0 ? fragmenter.next() : Frame.NONE;
        }
        dropUnmade(frame, fragmenter.left(), Drop.POOL_EMPTY);
        pool().free(frame);
    }

    Sought sought() {
        return sought;
    }

    /** The packets that come in here in fragments. */
    Fragments fragments() {
        return fragments;
    }

    @Override
    public int held() {
        return fragments.waiting();
    }

    void refuse(long frame, Drop why) {
        tell(frame, -2 - why.ordinal());
        drop(frame, why);
    }

    /** Tells senders why their packets do not pass. */
    Complaints complaints() {
        return complaints;
    }

    /** Sends a frame made here. */
    void sendOwn(long frame) {
        send(out, Frame.from(frame, stamp));
    }

    /** Whether a checksum of the frame is left to be finished. */
    boolean isUnfinished(long frame) {
        return Frame.isOffloaded(frame) && Offload.needsChecksum(pool().offload(frame));
    }

    /** Whether the frame, or the longest of the segments it stands for, is longer than a packet of {@code mtu} bytes. */
    boolean isTooLong(long frame, int packet, int mtu) {
        return packet > mtu && mtu != Port.NO_MTU && nat.longest(frame) - EthernetHeader.LENGTH > mtu;
    }

    void tell(long frame, int decision) {
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, frame, decision);
        }
    }

    @Override
    public String explain(int decision, long frame) {
        return nat.explanation.of(decision);
    }
}
