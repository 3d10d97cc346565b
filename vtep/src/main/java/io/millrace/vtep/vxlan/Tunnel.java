package io.millrace.vtep.vxlan;

import io.millrace.codec.FlowHash;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.RemoteEndpoint;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One overlay's share of the endpoint: its identifier, how it behaves, and who takes part. The worker's thread. */
public final class Tunnel {
    /** The most hosts that get in unnamed, where a network is open. */
    public static final int MOST_UNNAMED = 4096;

    private static final int ECN = 3;

    private final Tunnels tunnels;
    private final String network;
    private final int vni;
    private final Network.Vtep settings;
    private @Nullable RemotePorts ports;
    private final boolean checksum;
    private final boolean unchecked;
    private final boolean keepsTags;
    private final boolean refusesReserved;
    private final int firstPort;
    private final int sourcePorts;
    private final int serviceMask;
    private final int service;
    private final Map<Ipv6Address, Peer> peers = new LinkedHashMap<>();
    private @Nullable Peer[] byNumber = new Peer[8];
    private final Endpoints endpoints = new Endpoints();
    private int unnamed;
    private int own;
    private @Nullable Link overheard;
    private @Nullable Peer everybody;

    long arpAnswered;
    long solicitationsAnswered;
    long sendersTold;
    long sendersNotTold;

    Tunnel(Tunnels tunnels, String network, int vni, Network.Vtep settings) {
        this.tunnels = tunnels;
        this.network = network;
        this.vni = vni;
        this.settings = settings;
        this.checksum = OuterHeaders.hasChecksum(settings, tunnels.isV6());
        this.unchecked = !tunnels.isV6() || settings.checksum() == Network.Vtep.Checksum.ZERO;
        this.keepsTags = settings.innerVlan() == Network.Vtep.InnerVlan.KEEP;
        this.refusesReserved = settings.reservedBits() == Network.Vtep.ReservedBits.REFUSE;
        this.firstPort = settings.sourcePorts().first();
        this.sourcePorts = settings.sourcePorts().last() - firstPort + 1;
        var dscp = settings.dscp();
        this.service = dscp == null ? 0 : dscp << 2;
        this.serviceMask = dscp == null ? 0xFF : ECN;
    }

    Tunnels tunnels() {
        return tunnels;
    }

    /** The name services use for the network. */
    public String network() {
        return network;
    }

    /** 0 to 16,777,215. */
    public int vni() {
        return vni;
    }

    public Network.Vtep settings() {
        return settings;
    }

    /** Leads into the overlay's switch. */
    public Link into() {
        var way = overheard;
        return way == null ? ports().into() : way;
    }

    /** Has the frames of all others go this way; see {@link Tunnels#overhear}. */
    void overhear(Link way) {
        var all = new Peer(this, new Ipv6Address(0, 0), 0, true);
        peers.put(all.address, all);
        everybody = all;
        overheard = way;
    }

    /** Who stands for all others of an overlay that is overheard. */
    @Nullable
    Peer everybody() {
        return everybody;
    }

    /** Plugs the tunnel into its overlay's switch. Who takes part is told by {@link #name} and {@link #enter}. */
    public void plug(RemotePorts into) {
        ports = into;
        own = into.plug("tunnel." + network, PortSettings.remote(false, false));
    }

    /**
     * The number that frames of the tunnel's own are stamped with on the overlay's switch: a port behind which nobody is
     * learned. An error comes from the address of a station whose whereabouts the tunnel may not know.
     */
    int own() {
        return own;
    }

    private RemotePorts ports() {
        var plugged = ports;
        if (plugged == null) {
            throw new IllegalStateException("the tunnel of " + network + " is not plugged in");
        }
        return plugged;
    }

    /** Whether what is sent has a UDP checksum. */
    public boolean hasChecksum() {
        return checksum;
    }

    /** Whether what comes in may go without one: always over IPv4, over IPv6 only where asked for (RFC 6936 section 5). */
    boolean takesUnchecked() {
        return unchecked;
    }

    boolean keepsTags() {
        return keepsTags;
    }

    boolean refusesReserved() {
        return refusesReserved;
    }

    /** The outer source port of a flow, by its hash. */
    int sourcePort(int hash) {
        return firstPort + (int) (((hash & 0xFFFF_FFFFL) * sourcePorts) >>> 32);
    }

    /** The outer service byte: DSCP as set or as inside, ECN as inside (RFC 6040 section 4.1). */
    int service(long flow) {
        return service | (FlowHash.service(flow) & serviceMask);
    }

    /** Who takes part, in order of appearance. */
    public Collection<Peer> peers() {
        return peers.values();
    }

    /** The peer whose port has this number, or null. */
    @Nullable
    Peer peer(int number) {
        return number < byNumber.length ? byNumber[number] : null;
    }

    /** The peer of that address, named from now on, made when there is none. */
    public Peer name(Ipv6Address address) {
        var known = peers.get(address);
        if (known != null && known.isNamed) {
            return known;
        }
        if (known != null) {
            remove(known);
        }
        return add(address, true);
    }

    /** Takes a peer away, and with it all that was known to be there. */
    public void remove(Ipv6Address address) {
        var known = peers.get(address);
        if (known != null) {
            remove(known);
        }
    }

    /** Lets an unnamed host in, where the network is open; null when there are too many. */
    @Nullable
    Peer admit(Ipv6Address address) {
        return unnamed == MOST_UNNAMED ? null : add(address, false);
    }

    /**
     * Enters a station that is known to be at another host, which takes part by that. Who asks for one of its IP addresses is
     * answered here. False when there is no room: frames for it are flooded until it is learned.
     */
    public boolean enter(RemoteEndpoint endpoint) {
        var peer = name(endpoint.vtep().mapped());
        long mac = endpoint.mac().value();
        var addresses = endpoint.addresses().stream().map(IpAddress::mapped).toList();
        endpoints.enter(new Endpoints.Station(mac, addresses, peer));
        return ports().enter(mac, peer.number);
    }

    /** Forgets a station that was {@linkplain #enter entered}; before its host is {@linkplain #remove removed}. */
    public void forget(RemoteEndpoint endpoint) {
        forget(endpoint.mac().value());
    }

    private void forget(long mac) {
        endpoints.forget(mac);
        ports().forget(mac);
    }

    /** The stations that were {@linkplain #enter entered}. */
    public Endpoints endpoints() {
        return endpoints;
    }

    /** ARP requests that were answered here and carried nowhere. */
    public long arpAnswered() {
        return arpAnswered;
    }

    /** Neighbour solicitations that were answered here and carried nowhere. */
    public long solicitationsAnswered() {
        return solicitationsAnswered;
    }

    /** How often a sender was told that its packet was too long for the tunnel. */
    public long sendersTold() {
        return sendersTold;
    }

    /** How often a packet was too long and its sender was not told: not to be asked for an error, or too often. */
    public long sendersNotTold() {
        return sendersNotTold;
    }

    /** Whether an address is that of the multicast group, where there is one. */
    boolean isGroup(Ipv6Address address) {
        var group = settings.group();
        return group != null && group.mapped().equals(address);
    }

    /** Whether a host gets a copy of what is flooded: where there is a group, that alone does. */
    boolean floods(Ipv6Address address, boolean isNamed) {
        return isNamed && (settings.group() == null || isGroup(address));
    }

    private Peer add(Ipv6Address address, boolean isNamed) {
        boolean isGroup = isGroup(address);
        if (isGroup) {
            tunnels.join(address);
        }
        var how = PortSettings.remote(settings.learning() && !isGroup, floods(address, isNamed));
        int number = ports().plug(address.text(), how);
        var peer = new Peer(this, address, number, isNamed);
        if (number >= byNumber.length) {
            byNumber = Arrays.copyOf(byNumber, Math.max(number + 1, 2 * byNumber.length));
        }
        byNumber[number] = peer;
        peers.put(address, peer);
        unnamed += isNamed ? 0 : 1;
        peer.write();
        tunnels.added(peer);
        return peer;
    }

    void remove(Peer peer) {
        tunnels.removed(peer);
        List.copyOf(endpoints.all()).stream()
                .filter(station -> station.peer().number == peer.number)
                .forEach(station -> forget(station.mac()));
        ports().unplug(peer.number);
        byNumber[peer.number] = null;
        peers.remove(peer.address);
        unnamed -= peer.isNamed ? 0 : 1;
    }
}
