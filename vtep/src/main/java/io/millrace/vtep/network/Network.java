package io.millrace.vtep.network;

import java.util.List;
import java.util.Locale;
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

        public static final Vtep DEFAULT = new Vtep(
                PORT,
                List.of(),
                null,
                List.of(),
                true,
                false,
                null,
                ReservedBits.IGNORE,
                InnerVlan.DROP,
                SOURCE_PORTS,
                TTL,
                DSCP);

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
            if (group != null && !group.isMulticast()) {
                throw new IllegalArgumentException("group " + group + " is no multicast group");
            }
            peers = List.copyOf(peers);
            endpoints = List.copyOf(endpoints);
            for (int i = 0; i < peers.size(); i++) {
                var peer = peers.get(i);
                if (peer.isMulticast()) {
                    throw new IllegalArgumentException(
                            "peer " + peer + " is a multicast group; peers are single hosts");
                }
                if (peers.indexOf(peer) < i) {
                    throw new IllegalArgumentException("peer " + peer + " is named twice");
                }
            }
        }
    }

    /** From the lowest that IPv4 allows (RFC 791) to the highest that its length field can say. */
    static void checkMtu(int mtu) {
        Words.within("MTU", mtu, 68, 65_535);
    }

    private static void named(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a network needs a name");
        }
    }
}
