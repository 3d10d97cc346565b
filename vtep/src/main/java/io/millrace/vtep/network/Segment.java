package io.millrace.vtep.network;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What every network with a switch has.
 *
 * @param ageing how long a learned address lives unseen; at least 1 s
 * @param macLimit how many addresses are learned at most
 * @param stations addresses that are not learned but known: by MAC the name of a service or of an
 *     {@link Endpoint}; see {@link Topology#stations}
 * @param ipam the subnets; empty: switched only, no gateway, no addresses given out
 * @param internal no way out
 * @param mtu in bytes, {@code com.docker.network.driver.mtu} (for an overlay the underlay's); null: the driver's default
 * @param gatewayMac null: made from the gateway's address
 * @param neighbors known without asking; when any are given the gateway asks nobody
 * @param gateway what the gateway lets pass
 */
public record Segment(
        Duration ageing,
        int macLimit,
        Map<MacAddress, String> stations,
        List<IpamConfig> ipam,
        boolean internal,
        @Nullable Integer mtu,
        @Nullable MacAddress gatewayMac,
        Map<IpAddress, MacAddress> neighbors,
        GatewayPolicy gateway) {
    public static final Duration AGEING = Duration.ofMinutes(5);
    public static final int MAC_LIMIT = 65_536;

    /** The most a table can be told to hold. */
    public static final int MOST_MACS = 1 << 24;

    /** Ten years; 802.1Q allows 10 s to 1,000,000 s, tests like less. */
    private static final Duration LONGEST = Duration.ofDays(3650);

    /** Everything by default, switched only. */
    public static final Segment DEFAULT =
            new Segment(AGEING, MAC_LIMIT, Map.of(), List.of(), false, null, null, Map.of());

    /** A segment whose gateway does as Docker's when nothing is said. */
    public Segment(
            Duration ageing,
            int macLimit,
            Map<MacAddress, String> stations,
            List<IpamConfig> ipam,
            boolean internal,
            @Nullable Integer mtu,
            @Nullable MacAddress gatewayMac,
            Map<IpAddress, MacAddress> neighbors) {
        this(ageing, macLimit, stations, ipam, internal, mtu, gatewayMac, neighbors, GatewayPolicy.DEFAULT);
    }

    public Segment {
        gateway.check(internal);
        stations = Words.inOrder(stations);
        ipam = List.copyOf(ipam);
        neighbors = Words.inOrder(neighbors);
        if (ageing.compareTo(Duration.ofSeconds(1)) < 0 || ageing.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("ageing is at least 1s and at most 87600h");
        }
        Words.within("mac_limit", macLimit, 1, MOST_MACS);
        if (mtu != null) {
            Network.checkMtu(mtu);
        }
        for (int i = 0; i < ipam.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (ipam.get(i).subnet().overlaps(ipam.get(j).subnet())) {
                    throw new IllegalArgumentException("subnets " + ipam.get(j).subnet() + " and "
                            + ipam.get(i).subnet() + " of one network overlap");
                }
            }
        }
    }

    public Segment withAgeing(Duration other) {
        return new Segment(other, macLimit, stations, ipam, internal, mtu, gatewayMac, neighbors, gateway);
    }

    public Segment withMacLimit(int other) {
        return new Segment(ageing, other, stations, ipam, internal, mtu, gatewayMac, neighbors, gateway);
    }

    public Segment withStations(Map<MacAddress, String> other) {
        return new Segment(ageing, macLimit, other, ipam, internal, mtu, gatewayMac, neighbors, gateway);
    }

    public Segment withNeighbors(Map<IpAddress, MacAddress> other) {
        return new Segment(ageing, macLimit, stations, ipam, internal, mtu, gatewayMac, other, gateway);
    }

    public Segment withMtu(@Nullable Integer other) {
        return new Segment(ageing, macLimit, stations, ipam, internal, other, gatewayMac, neighbors, gateway);
    }

    public Segment with(boolean otherInternal, GatewayPolicy other) {
        return new Segment(ageing, macLimit, stations, ipam, otherInternal, mtu, gatewayMac, neighbors, other);
    }

    /** Checks that {@code address} may be asked for here. */
    void admits(IpAddress address) {
        if (ipam.isEmpty()) {
            throw new IllegalArgumentException(
                    "address " + address + ": user specified IP address is supported only when "
                            + "connecting to networks with user configured subnets");
        }
        for (var config : ipam) {
            if (config.subnet().contains(address)) {
                if (address.equals(config.gateway())) {
                    throw new IllegalArgumentException("address " + address + ": already in use by the gateway");
                }
                return;
            }
        }
        throw new IllegalArgumentException("no configured subnet or ip-range contain the IP address " + address);
    }
}
