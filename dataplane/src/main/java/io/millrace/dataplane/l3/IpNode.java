package io.millrace.dataplane.l3;

import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An IP address of Millrace's own on a port: it is found by ARP or neighbour discovery, answers pings, and finds the next
 * hops of what is sent from here. IPv4 addresses are in their mapped form (RFC 4291 section 2.5.5.2) throughout. The
 * worker's thread.
 *
 * <p>Questions are answered in the frame they came in. What comes here and is no question, answer or query ends as a named
 * {@link Drop}.
 */
public final class IpNode extends Node implements Graph.Beat {
    private final Link out;
    private final int stamp;
    private final Settings settings;
    private final Map<Ipv6Address, Long> known;
    private final boolean v6;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final HopTable hops = new HopTable();
    private final WaitingRoom room = new WaitingRoom();
    private final Resolution resolution = new Resolution(this);
    private final Membership membership;
    private final Presence presence;
    private final Family family;
    private final Entrance entrance;
    private final Consumer<NextHop> beat = resolution::beat;
    private long mac;
    private Ipv6Address subject;
    private Undelivered undelivered = (frame, why) -> {};

    /**
     * Who Millrace is on the link.
     *
     * @param address its own
     * @param prefix how many bits of it are the link's; of an IPv4 address 96 more than people write
     * @param gateway the next hop to all beyond the link; null: nothing is sent there
     * @param neighbors Ethernet addresses known without asking; when any are given nobody is asked, and nothing is sent unasked
     */
    public record Settings(
            Ipv6Address address, int prefix, @Nullable Ipv6Address gateway, Map<Ipv6Address, Long> neighbors) {
        public Settings {
            neighbors = Map.copyOf(neighbors);
        }

        /** Whether nothing may be sent unasked. */
        boolean isQuiet() {
            return !neighbors.isEmpty();
        }

        boolean isOnLink(Ipv6Address other) {
            return Ipv6Family.isLinkLocal(other.high()) || Family.isSame(address, other, prefix);
        }
    }

    /** @param out leads to where its frames leave */
    public IpNode(String name, Graph graph, Link out, Settings settings) {
        this(name, graph, out, 0, settings);
    }

    /** @param stamp its port's number on the switch that {@code out} leads to */
    public IpNode(String name, Graph graph, Link out, int stamp, Settings settings) {
        super(name, graph);
        this.out = out;
        this.stamp = stamp;
        this.settings = settings;
        this.known = new HashMap<>(settings.neighbors);
        this.bytes = graph.pool().buffer();
        this.subject = settings.address;
        this.v6 = !settings.address.isIpv4();
        this.membership = new Membership(this);
        this.presence = new Presence(this);
        this.family = v6 ? new Ipv6Family(this, membership) : new Ipv4Family(this, membership);
        this.entrance = new Entrance(this, family);
        if (v6) {
            membership.join(Ipv6Family.solicitedNode(settings.address));
        }
        graph.each(this);
    }

    /** Its Ethernet address; 0 until the port is open. */
    public long mac() {
        return mac;
    }

    /**
     * The port is open, or is another one now: this is its Ethernet address. All that was found out through the port is
     * asked anew, and who may know the former address is told.
     */
    public void mac(long now) {
        if (mac == now) {
            return;
        }
        mac = now;
        if (now == 0) {
            return;
        }
        if (!settings.isQuiet()) {
            presence.announce();
            membership.reportAll();
        }
        hops.forEach(this::startAnew);
    }

    private void startAnew(NextHop hop) {
        if (mac != 0 && hop.mac() != NextHop.UNKNOWN) {
            hop.tellUsers();
        }
        if (!hop.isFixed()) {
            resolution.ask(hop, true);
        } else if (hop.waits > 0) {
            sendWaiting(hop);
        }
    }

    // ------------------------------------------------------------------ next hops

    /**
     * The next hop to a destination: itself on the link, a group of hosts, or the gateway. The user is told its Ethernet
     * address at once when it is known and the port is open, and as soon as it is else.
     */
    public NextHop via(Ipv6Address destination, NextHop.User user) {
        var next = next(destination);
        var hop = hops.find(next.high(), next.low());
        if (hop == null) {
            hop = newHop(next);
        }
        hop.add(user);
        if (mac != 0 && hop.mac() != NextHop.UNKNOWN) {
            user.nextHop(hop.mac());
        }
        return hop;
    }

    private Ipv6Address next(Ipv6Address destination) {
        var gateway = settings.gateway;
        if (gateway == null
                || Family.isGroup(destination)
                || settings.isOnLink(destination)
                || known.containsKey(destination)) {
            return destination;
        }
        return gateway;
    }

    private NextHop newHop(Ipv6Address address) {
        var hop = new NextHop(address);
        hops.add(hop);
        resolution.begin(hop, known.get(address));
        return hop;
    }

    /** Somebody's Ethernet address is known from elsewhere, from now on, as if the settings had named it. */
    public void known(Ipv6Address address, long where) {
        known.put(address, where);
        var hop = hops.find(address.high(), address.low());
        if (hop != null) {
            hop.fixed(where);
            startAnew(hop);
        }
    }

    /** The user sends no more through this hop. */
    public void release(NextHop hop, NextHop.User user) {
        release(hop, user, Drop.UNPLUGGED);
    }

    public void release(NextHop hop, NextHop.User user, Drop why) {
        hop.remove(user);
        if (hop.isUnused()) {
            hops.remove(hop);
            dropWaiting(hop, why);
        }
    }

    /**
     * Sends a frame, all of whose headers are written but the destination's Ethernet address, as soon as that is known.
     * Until then few frames wait, in order.
     */
    public void hold(NextHop hop, long frame) {
        if (hop.state == NextHop.State.NO_ROUTE) {
            lose(frame, Drop.NO_ROUTE);
        } else if (mac != 0 && hop.mac() != NextHop.UNKNOWN) {
            leave(hop, frame);
        } else if (hop.state == NextHop.State.SILENT && !resolution.isDue(hop)) {
            lose(frame, Drop.NEXT_HOP_SILENT);
        } else if (hop.waits == WaitingRoom.EACH) {
            lose(frame, Drop.NEXT_HOP_AWAITED);
        } else {
            if (room.isFull()) {
                dropWaiting(room.first(), Drop.NEXT_HOP_AWAITED); // who asks for many harms himself
            }
            room.enter(hop, frame);
            if (hop.state == NextHop.State.SILENT) {
                resolution.ask(hop, true);
            }
        }
    }

    /** Every next hop as it is now. Between two turns. */
    public List<NextHop.Status> hops() {
        return hops.status(now());
    }

    /** Sends what waits for a hop, whose Ethernet address is known now. */
    void sendWaiting(NextHop hop) {
        if (mac == 0) {
            return;
        }
        int waited = room.leave(hop);
        for (int i = 0; i < waited; i++) {
            leave(hop, hop.waiting[i]);
        }
    }

    /** Whoever is told of them may have others wait meanwhile, no more than were seen to by then. */
    void dropWaiting(NextHop hop, Drop why) {
        int waited = room.leave(hop);
        for (int i = 0; i < waited; i++) {
            lose(hop.waiting[i], why);
        }
    }

    private void lose(long frame, Drop why) {
        undelivered.lost(frame, why);
        drop(frame, why);
    }

    /** Has somebody told of each frame to be held that is not sent. */
    public void undelivered(Undelivered told) {
        undelivered = told;
    }

    private void leave(NextHop hop, long frame) {
        ethernet.wrap(bytes, Frame.head(frame)).destination(hop.mac()).source(mac);
        subject = hop.address();
        send(frame, Deed.SENT);
    }

    void ask(NextHop hop, boolean alone) {
        subject = hop.address();
        family.ask(hop, alone);
    }

    /** Somebody has said where he is; tells whether that matters to anybody here. */
    boolean heard(long high, long low, long where) {
        var hop = hops.find(high, low);
        if (hop == null || hop.isFixed()) {
            return false;
        }
        resolution.heard(hop, where);
        return true;
    }

    /** The hop of that address whose Ethernet address is found out by asking, or null. */
    @Nullable
    NextHop asked(long high, long low) {
        var hop = hops.find(high, low);
        return hop == null || hop.isFixed() ? null : hop;
    }

    Resolution resolution() {
        return resolution;
    }

    // ------------------------------------------------------------------ groups

    /** Has the packets for a multicast group come here. */
    public void join(Ipv6Address group) {
        membership.join(group);
    }

    /** Has this node answer for another address, too: questions where it is, and pings. Nothing is sent from there unasked. */
    public void serve(Ipv6Address address) {
        presence.serve(address);
    }

    /** Whether this node answers for an address. */
    boolean isOwn(long high, long low) {
        return presence.isOwn(high, low);
    }

    void report(Ipv6Address group) {
        subject = group;
        family.report(group);
    }

    // ------------------------------------------------------------------ presence

    void announce() {
        subject = settings.address;
        family.announce();
    }

    /** Who else has claimed this address. */
    public Presence presence() {
        return presence;
    }

    // ------------------------------------------------------------------ frames

    @Override
    public void process(Link in) {
        for (int n = in.size(); n > 0; n--) {
            entrance.receive(in.poll());
        }
    }

    /** Sends a frame back that was turned into the answer; whatever its capture cut off is not missing in that. */
    void answer(long frame, Deed deed) {
        subject = settings.address;
        send(FramePool.whole(frame), deed);
    }

    /** Sends a frame. */
    void send(long frame, Deed deed) {
        tell(frame, deed.ordinal());
        send(out, Frame.from(frame, stamp));
    }

    /** Ends a frame that has said what it was to say about somebody. */
    void take(long frame, Deed deed, long high, long low) {
        if (graph().witness() != null) {
            subject = new Ipv6Address(high, low);
        }
        tell(frame, deed.ordinal());
        consume(frame);
    }

    void refuse(long frame, Drop why) {
        tell(frame, -1 - why.ordinal());
        drop(frame, why);
    }

    /** A frame of so many bytes to be sent; {@link Frame#NONE} when there is no memory. */
    long make(int length) {
        return originate(length);
    }

    /** Another host claims this address. */
    void clash(long frame, long who) {
        refuse(frame, Drop.ADDRESS_CLASH);
        presence.clash(who);
    }

    FramePool frames() {
        return pool();
    }

    long now() {
        return graph().now();
    }

    Settings settings() {
        return settings;
    }

    @Override
    public int held() {
        return room.size();
    }

    @Override
    public void beat(long now) {
        if (mac == 0) {
            return;
        }
        hops.forEach(beat);
        presence.beat();
        membership.beat();
    }

    private void tell(long frame, int decision) {
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, frame, decision);
        }
    }

    @Override
    public String explain(int decision, long frame) {
        return decision < 0
                ? "drop: " + Drop.values()[-1 - decision].sentence()
                : Deed.values()[decision].sentence(subject.text());
    }
}
