package io.millrace.vtep.network;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A network by its driver. {@link #name} is what people call it: the key in the file, unless the file names it. */
public sealed interface Network {
    String name();

    /** A network with a switch of its own. */
    sealed interface Switched extends Network {
        Segment segment();
    }

    /** One switch on this host. */
    record Bridge(String name, Segment segment) implements Switched {
        public Bridge {
            Network.named(name);
        }
    }

    /**
     * One switch on many hosts, VXLAN between them (RFC 7348).
     *
     * @param vni 0 to 16,777,215; null: the next free one
     */
    record Overlay(String name, Segment segment, @Nullable Integer vni, Vtep vtep) implements Switched {
        public Overlay {
            Network.named(name);
            if (vni != null) {
                Words.within("VNI", vni, 0, 0xFF_FFFF);
            }
        }
    }

    /**
     * The services stand on the segment behind an interface of the host.
     *
     * @param parent the interface; null: none, the network is on its own
     */
    record Macvlan(String name, Segment segment, @Nullable String parent, Mode mode) implements Switched {
        /** What services of one network may send each other, and by which way. */
        public enum Mode {
            BRIDGE,
            PRIVATE,
            VEPA,
            PASSTHRU;

            /** Docker's word, and Docker's error. */
            public static Mode parse(String word) {
                for (Mode mode : values()) {
                    if (mode.name().toLowerCase(Locale.ROOT).equals(word)) {
                        return mode;
                    }
                }
                throw new IllegalArgumentException("requested macvlan mode " + Words.quote(word)
                        + " is not valid, 'bridge' mode is the macvlan driver default");
            }
        }

        public Macvlan {
            Network.named(name);
            if (parent != null) {
                Attachment.deviceName(parent);
            }
        }
    }

    /** The host's own network stack. */
    record Host(String name) implements Network {}

    /** A loopback and nothing else. */
    record None(String name) implements Network {}

    /**
     * The namespace of another service or container.
     *
     * @param of its name
     */
    record Container(String name, String of) implements Network {}

    /**
     * How an overlay's tunnel behaves.
     *
     * @param port UDP, for sending and receiving
     * @param peers the other hosts' underlay addresses, each of which gets a copy of what is flooded
     * @param group the multicast group that gets what is flooded, in one copy, instead of the peers; null: the peers
     * @param endpoints stations of other hosts that are known without learning
     * @param learning whether remote MACs are learned from what arrives
     * @param open whether packets from hosts that are no peers are taken
     * @param checksum what the outer UDP checksum says, RFC 7348 section 5; null: none over IPv4, a full one over IPv6, where
     *     going without must be asked for (RFC 6935 section 5)
     * @param reservedBits what happens to packets with reserved bits set, RFC 7348 section 5
     * @param innerVlan what happens to inner frames with a tag, RFC 7348 section 6.1
     * @param sourcePorts where the outer source port is taken from, by the inner flow's hash
     * @param ttl the outer packets' time to live or hop limit, 1 to 255
     * @param dscp the outer packets' differentiated services code point, 0 to 63; null: the inner packet's
     */
    record Vtep(
            int port,
            List<IpAddress> peers,
            @Nullable IpAddress group,
            List<RemoteEndpoint> endpoints,
            boolean learning,
            boolean open,
            @Nullable Checksum checksum,
            ReservedBits reservedBits,
            InnerVlan innerVlan,
            PortRange sourcePorts,
            int ttl,
            @Nullable Integer dscp) {
        public static final int PORT = 4789;
        public static final PortRange SOURCE_PORTS = new PortRange(49_152, 65_535);

        public static final int TTL = 64;
        public static final int DSCP = 0;

        public static final Vtep DEFAULT = with().build();

        /** The most hosts that are named to take part in one overlay: half the ports that a switch can have. */
        public static final int MOST_HOSTS = 16_384;

        /** The lowest UDP port that flows are sent from: those below answer for services. */
        public static final int LOWEST_SOURCE_PORT = 1024;

        /** The default, to be changed. */
        public static VtepBuilder with() {
            return new VtepBuilder();
        }

        public enum Checksum {
            ZERO,
            FULL
        }

        public enum ReservedBits {
            IGNORE,
            REFUSE
        }

        public enum InnerVlan {
            DROP,
            KEEP
        }

        public Vtep {
            Words.within("port", port, 1, 65_535);
            Words.within("ttl", ttl, 1, 255);
            if (dscp != null) {
                Words.within("dscp", dscp, 0, 63);
            }
            if (sourcePorts.first() < LOWEST_SOURCE_PORT) {
                throw new IllegalArgumentException("source_ports " + sourcePorts + " begin below " + LOWEST_SOURCE_PORT
                        + ", where services answer; RFC 7348 recommends " + SOURCE_PORTS);
            }
            if (group != null && !group.isMulticast()) {
                throw new IllegalArgumentException("group " + group + " is no multicast group");
            }
            peers = List.copyOf(peers);
            checkPeers(peers);
            endpoints = List.copyOf(endpoints);
            checkEndpoints(endpoints);
            Words.within(
                    "the number of other hosts", others(peers, group, endpoints).size(), 0, MOST_HOSTS);
        }

        private static void checkPeers(List<IpAddress> peers) {
            var seen = new HashSet<IpAddress>();
            for (var peer : peers) {
                if (!peer.isHost()) {
                    throw new IllegalArgumentException("peer " + peer + " is "
                            + (peer.isMulticast() ? "a multicast group; peers are single hosts" : "no host's address"));
                }
                if (!seen.add(peer)) {
                    throw new IllegalArgumentException("peer " + peer + " is named twice");
                }
            }
        }

        private static void checkEndpoints(List<RemoteEndpoint> endpoints) {
            var macs = new HashSet<MacAddress>();
            var owners = new HashMap<IpAddress, MacAddress>();
            for (var endpoint : endpoints) {
                if (!macs.add(endpoint.mac())) {
                    throw new IllegalArgumentException("endpoint " + endpoint.mac() + " is named twice");
                }
                for (var address : endpoint.addresses()) {
                    var other = owners.put(address, endpoint.mac());
                    if (other != null) {
                        throw new IllegalArgumentException("address " + address + " is said to be both " + other
                                + "'s and " + endpoint.mac() + "'s");
                    }
                }
            }
        }

        /** Whether anything is said of other hosts, so that an underlay is needed to reach them. */
        public boolean namesOthers() {
            return !peers.isEmpty() || group != null || !endpoints.isEmpty();
        }

        /** Every underlay address the settings name, each once. */
        public Set<IpAddress> others() {
            return others(peers, group, endpoints);
        }

        private static Set<IpAddress> others(
                List<IpAddress> peers, @Nullable IpAddress group, List<RemoteEndpoint> endpoints) {
            var others = new LinkedHashSet<>(peers);
            if (group != null) {
                others.add(group);
            }
            endpoints.forEach(endpoint -> others.add(endpoint.vtep()));
            return others;
        }
    }

    /** The highest MTU, in bytes: what IP's length field can say. */
    int MOST_MTU = 65_535;

    /** From the lowest that IPv4 allows (RFC 791) to the highest that its length field can say. */
    static void checkMtu(int mtu) {
        Words.within("MTU", mtu, 68, MOST_MTU);
    }

    private static void named(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a network needs a name");
        }
    }
}
