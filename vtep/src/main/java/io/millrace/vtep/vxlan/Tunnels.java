package io.millrace.vtep.vxlan;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.vtep.network.Network;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/** All tunnels of this host: who it is, which overlays it has, and who takes part in them. The worker's thread. */
public final class Tunnels implements Graph.Beat {
    private final IpNode ip;
    private final Ipv6Address self;
    private final OuterHeaders headers;
    private final Int2ObjectHashMap<Tunnel> byVni = new Int2ObjectHashMap<>();
    private final BitSet udpPorts = new BitSet();
    private final PeerTable peers = new PeerTable();
    private final List<Peer> unnamed = new ArrayList<>();
    private final List<Ipv6Address> joined = new ArrayList<>();

    /** Room for the notes of the node whose turn it is: thousands of overlays need no more than one. */
    final long[] frames = new long[Link.CAPACITY];

    final long[] flows = new long[Link.CAPACITY];

    private int commonPort;
    private boolean refusingReserved;
    private final long patience;
    private @Nullable Overhearing overhearing;

    /**
     * @param ip this host on the underlay
     * @param self its address there; IPv4 in its mapped form (RFC 4291 section 2.5.5.2)
     * @param patience how long an unnamed host may be silent
     */
    public Tunnels(IpNode ip, Ipv6Address self, Duration patience, Graph graph) {
        this.ip = ip;
        this.self = self;
        this.headers = new OuterHeaders(this, self);
        this.patience = patience.toNanos();
        graph.each(this);
    }

    /** Whether an address can be a single host's: not nothing, no group, not the broadcast, no loopback. */
    static boolean isHost(long high, long low) {
        if (Ipv6Address.isIpv4(high, low)) {
            int first = (int) (low >>> 24) & 0xFF;
            return first != 0 && first != 127 && first < 224;
        }
        return high >>> 56 != 0xFF && (high != 0 || low >>> 32 != 0);
    }

    /** This host on the underlay. */
    public IpNode ip() {
        return ip;
    }

    /** This host's underlay address. */
    public Ipv6Address self() {
        return self;
    }

    boolean isV6() {
        return !self.isIpv4();
    }

    /** What tunnels put around each frame, in bytes. */
    public int overhead() {
        return headers.length();
    }

    /** What tunnels put around each frame, in bytes: 50 over IPv4, 70 over IPv6. */
    public static int overhead(boolean v6) {
        return OuterHeaders.length(v6);
    }

    /** The underlay port's Ethernet address; 0 until it is open. */
    public long mac() {
        return ip.mac();
    }

    /** The underlay port is open, or is another one now: this is its Ethernet address. */
    public void mac(long now) {
        ip.mac(now);
        byVni.values().forEach(tunnel -> tunnel.peers().forEach(Peer::write));
    }

    OuterHeaders headers() {
        return headers;
    }

    /** Opens the tunnel of an overlay; {@link Tunnel#plug} it in next. */
    public Tunnel open(String network, int vni, Network.Vtep settings) {
        var tunnel = new Tunnel(this, network, vni, settings);
        byVni.put(vni, tunnel);
        udpPorts.set(settings.port());
        commonPort = byVni.size() == 1 ? settings.port() : commonPort;
        refusingReserved |= tunnel.refusesReserved();
        return tunnel;
    }

    /**
     * From now on every VXLAN packet is taken as it is, whoever sent it to whom: checksums are not looked at, congestion
     * marks stay outside, tags inside. For captures, in which packets of others pass by.
     *
     * @param by says where the frames of an overlay go
     * @param ports UDP, where VXLAN is to be looked for
     */
    public void overhear(Overhearing by, int... ports) {
        overhearing = by;
        for (int port : ports) {
            udpPorts.set(port);
        }
    }

    boolean isOverhearing() {
        return overhearing != null;
    }

    /** Who stands for all senders of an overlay that is overheard; null: nobody wants to hear that one. */
    @Nullable
    Peer overheard(int vni) {
        var tunnel = byVni.get(vni);
        var by = overhearing;
        if (tunnel == null && by != null) {
            var way = by.way(vni);
            if (way == null) {
                return null;
            }
            tunnel = new Tunnel(this, "vni" + vni, vni, Overhearing.SETTINGS);
            tunnel.overhear(way);
            byVni.put(vni, tunnel);
        }
        return tunnel == null ? null : tunnel.everybody();
    }

    /** The UDP port of the first overlay, which is most likely that of all. */
    int commonPort() {
        return commonPort;
    }

    /** Whether any overlay refuses packets with reserved bits. */
    boolean isRefusingReserved() {
        return refusingReserved;
    }

    void join(Ipv6Address group) {
        if (isJoined(group.high(), group.low())) {
            return;
        }
        joined.add(group);
        ip.join(group);
    }

    /** The overlays in order of their identifiers. */
    public Collection<Tunnel> all() {
        var sorted = new TreeMap<Integer, Tunnel>();
        byVni.forEach(sorted::put);
        return sorted.values();
    }

    @Nullable
    Tunnel find(int vni) {
        return byVni.get(vni);
    }

    /** Whether packets to this multicast group are for us. */
    boolean isJoined(long high, long low) {
        for (int i = 0; i < joined.size(); i++) {
            var group = joined.get(i);
            if (group.low() == low && group.high() == high) {
                return true;
            }
        }
        return false;
    }

    boolean isOurs(int udpPort) {
        return udpPorts.get(udpPort);
    }

    /** The peer whose {@linkplain PeerTable#key(int, int) key} this is, or null. */
    @Nullable
    Peer sender(long key) {
        var peer = peers.find(key);
        return peer != null && peer.tunnel.settings().port() == commonPort ? peer : null;
    }

    /** The peer that sent a datagram, or null: nobody we know in that overlay. */
    @Nullable
    Peer sender(int vni, long high, long low) {
        return peers.find(vni, high, low);
    }

    void added(Peer peer) {
        if (mayHaveSent(peer)) {
            peers.add(peer);
        }
        if (!peer.isNamed) {
            unnamed.add(peer);
        }
        peer.hop = ip.via(peer.address, peer);
    }

    void removed(Peer peer) {
        if (mayHaveSent(peer)) {
            peers.remove(peer);
        }
        if (!peer.isNamed) {
            unnamed.remove(peer);
        }
        if (peer.hop != null) {
            ip.release(peer.hop, peer);
        }
    }

    /** No packet comes from a group: RFC 1112 section 7.2. */
    private boolean mayHaveSent(Peer peer) {
        return !peer.isGroup();
    }

    /** Those who came unnamed go when they are silent for long. */
    @Override
    public void beat(long now) {
        for (int i = unnamed.size() - 1; i >= 0; i--) {
            var peer = unnamed.get(i);
            if (now - peer.heard > patience) {
                peer.tunnel.remove(peer);
            }
        }
    }
}
