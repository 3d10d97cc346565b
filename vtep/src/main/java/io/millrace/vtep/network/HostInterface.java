package io.millrace.vtep.network;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where this host meets the world: the {@code uplink} (published ports, masquerade) or the {@code underlay} (VXLAN).
 *
 * @param kind how the interface is opened: one of {@link #KINDS}
 * @param name the interface, as ip(8) calls it; empty: none, the address is the kernel's, and so is the routing
 * @param addresses those Millrace has there, of each family one at most; none: it only switches
 * @param gateways the next hop beyond the subnet, of each family one at most; none: everything of that family is on the link
 * @param mac null: the interface's own
 * @param mtu in bytes; null: the interface's own
 * @param neighbors next hops known without asking; when any are given Millrace asks nobody
 */
public record HostInterface(
        Attachment.Kind kind,
        String name,
        List<HostAddress> addresses,
        List<IpAddress> gateways,
        @Nullable MacAddress mac,
        @Nullable Integer mtu,
        Map<IpAddress, MacAddress> neighbors) {
    /** How an interface can be opened here. */
    public static final List<Attachment.Kind> KINDS =
            List.of(Attachment.Kind.INTERFACE, Attachment.Kind.PACKET, Attachment.Kind.XDP, Attachment.Kind.PCAP);

    /** IPv6 addresses that mean something on their link only, RFC 4291 section 2.5.6. */
    private static final Subnet LINK_LOCAL = Subnet.parse("fe80::/10");

    /** An interface with one address, or none, that is opened in the fastest way that works. */
    public HostInterface(
            String name,
            @Nullable HostAddress address,
            @Nullable IpAddress gateway,
            @Nullable MacAddress mac,
            @Nullable Integer mtu,
            Map<IpAddress, MacAddress> neighbors) {
        this(Attachment.Kind.INTERFACE, name, one(address), one(gateway), mac, mtu, neighbors);
    }

    public HostInterface {
        addresses = List.copyOf(addresses);
        gateways = List.copyOf(gateways);
        if (!name.isEmpty() || addresses.isEmpty()) {
            Attachment.deviceName(name);
        }
        neighbors = Words.inOrder(neighbors);
        if (mtu != null) {
            Network.checkMtu(mtu);
        }
        oneOfAFamily("addresses", addresses.stream().map(HostAddress::address).toList());
        oneOfAFamily("gateways", gateways);
        for (var gateway : gateways) {
            checkGateway(gateway, of(addresses, gateway.v6()), addresses.isEmpty());
        }
    }

    private static <T> List<T> one(@Nullable T value) {
        return value == null ? List.of() : List.of(value);
    }

    private static void oneOfAFamily(String what, List<IpAddress> all) {
        for (boolean v6 : new boolean[] {false, true}) {
            var its = all.stream().filter(each -> each.v6() == v6).toList();
            if (its.size() > 1) {
                throw new IllegalArgumentException(its.get(0) + " and " + its.get(1) + " are two " + family(its.get(0))
                        + " " + what + ", and one of each family is used");
            }
        }
    }

    private static void checkGateway(IpAddress gateway, @Nullable HostAddress address, boolean none) {
        if (address == null) {
            throw new IllegalArgumentException("gateway " + gateway + " cannot be reached: the interface has no "
                    + (none ? "address" : family(gateway) + " address"));
        }
        if (!address.subnet().contains(gateway) && !(gateway.v6() && LINK_LOCAL.contains(gateway))) {
            throw new IllegalArgumentException(
                    "gateway " + gateway + " cannot be reached: it is not in " + address.subnet());
        }
        if (address.address().equals(gateway)) {
            throw new IllegalArgumentException("gateway " + gateway + " is the interface's own address");
        }
    }

    private static @Nullable HostAddress of(List<HostAddress> addresses, boolean v6) {
        for (var each : addresses) {
            if (each.address().v6() == v6) {
                return each;
            }
        }
        return null;
    }

    /** The first address; null: there is none. */
    public @Nullable HostAddress address() {
        return addresses.isEmpty() ? null : addresses.getFirst();
    }

    /** The address of a family; null: there is none. */
    public @Nullable HostAddress address(boolean v6) {
        return of(addresses, v6);
    }

    /** The first gateway; null: there is none. */
    public @Nullable IpAddress gateway() {
        return gateways.isEmpty() ? null : gateways.getFirst();
    }

    /** Whether an address is the interface's own. */
    public boolean has(IpAddress address) {
        return addresses.stream().anyMatch(own -> own.address().equals(address));
    }

    /** The same interface with other next hops known. */
    public HostInterface withNeighbors(Map<IpAddress, MacAddress> known) {
        return new HostInterface(kind, name, addresses, gateways, mac, mtu, known);
    }

    /** Checks that {@code other} can be another host, or a group of them, as seen from here. */
    public void checkOther(IpAddress other) {
        var first = address();
        if (first == null) {
            return;
        }
        var own = first.address();
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
