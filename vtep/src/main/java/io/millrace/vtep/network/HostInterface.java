package io.millrace.vtep.network;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where this host meets the world: the {@code uplink} (published ports, masquerade) or the {@code underlay} (VXLAN).
 *
 * @param kind how the interface is opened: one of {@link #KINDS}
 * @param name the interface, as ip(8) calls it; empty: none, the address is the kernel's, and so is the routing
 * @param address the address Millrace has there; null: none, it only switches
 * @param gateway the next hop beyond the subnet; null: everything is on the link
 * @param mac null: the interface's own
 * @param mtu in bytes; null: the interface's own
 * @param neighbors next hops known without asking; when any are given Millrace asks nobody
 */
public record HostInterface(
        Attachment.Kind kind,
        String name,
        @Nullable HostAddress address,
        @Nullable IpAddress gateway,
        @Nullable MacAddress mac,
        @Nullable Integer mtu,
        Map<IpAddress, MacAddress> neighbors) {
    /** How an interface can be opened here. */
    public static final List<Attachment.Kind> KINDS =
            List.of(Attachment.Kind.INTERFACE, Attachment.Kind.PACKET, Attachment.Kind.XDP, Attachment.Kind.PCAP);

    /** An interface that is opened in the fastest way that works. */
    public HostInterface(
            String name,
            @Nullable HostAddress address,
            @Nullable IpAddress gateway,
            @Nullable MacAddress mac,
            @Nullable Integer mtu,
            Map<IpAddress, MacAddress> neighbors) {
        this(Attachment.Kind.INTERFACE, name, address, gateway, mac, mtu, neighbors);
    }

    public HostInterface {
        if (!name.isEmpty() || address == null) {
            Attachment.deviceName(name);
        }
        neighbors = Words.inOrder(neighbors);
        if (mtu != null) {
            Network.checkMtu(mtu);
        }
        if (gateway != null && (address == null || !address.subnet().contains(gateway))) {
            throw new IllegalArgumentException("gateway " + gateway + " cannot be reached: "
                    + (address == null ? "the interface has no address" : "it is not in " + address.subnet()));
        }
        if (address != null && address.address().equals(gateway)) {
            throw new IllegalArgumentException("gateway " + gateway + " is the interface's own address");
        }
    }

    /** The same interface with other next hops known. */
    public HostInterface withNeighbors(Map<IpAddress, MacAddress> known) {
        return new HostInterface(kind, name, address, gateway, mac, mtu, known);
    }

    /** Checks that {@code other} can be another host, or a group of them, as seen from here. */
    public void checkOther(IpAddress other) {
        if (address == null) {
            return;
        }
        var own = address.address();
        if (own.v6() != other.v6()) {
            throw new IllegalArgumentException(other + " is an " + family(other) + " address, and " + own + " of "
                    + here() + " is an " + family(own) + " one: no packet goes from one to the other");
        }
        if (own.equals(other)) {
            throw new IllegalArgumentException(other + " is this host's own address, that of " + here());
        }
    }

    private String here() {
        return isSocket() ? "the underlay" : name;
    }

    private static String family(IpAddress of) {
        return of.v6() ? "IPv6" : "IPv4";
    }

    /**
     * An address of the kernel's, where packets travel in ordinary UDP sockets.
     *
     * @param mtu in bytes; null: that of the interface which has the address
     */
    public static HostInterface socket(IpAddress address, @Nullable Integer mtu) {
        return new HostInterface("", new HostAddress(address, address.bits()), null, null, mtu, Map.of());
    }

    /** Whether it is no interface of Millrace's but an address of the kernel's. */
    public boolean isSocket() {
        return name.isEmpty();
    }
}
