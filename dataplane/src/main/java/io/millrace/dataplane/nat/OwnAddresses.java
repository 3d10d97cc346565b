package io.millrace.dataplane.nat;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.l3.AddressSet;
import org.jspecify.annotations.Nullable;

/**
 * The host's own addresses, those of all gateways: found in the same time however many networks there are. One thread;
 * asking allocates nothing.
 */
final class OwnAddresses {
    private final AddressSet inside = new AddressSet();
    private final AddressSet outside = new AddressSet();
    private @Nullable Gateway uplink;

    void add(Gateway gateway) {
        boolean isUplink = gateway.settings().isUplink();
        if (isUplink && uplink == null) {
            uplink = gateway;
        }
        for (var own : gateway.settings().addresses()) {
            (isUplink ? outside : inside).add(own.address());
        }
    }

    /** Whether the address is the host's own, as seen from a gateway: behind the uplink only the uplink's are. */
    boolean isSeen(Gateway from, long high, long low) {
        return outside.contains(high, low) || (!from.settings().isUplink() && inside.contains(high, low));
    }

    /**
     * Whether the address is a gateway's behind which there is a network. What is hidden behind it, on the way to a virtual
     * address, is nobody's but the backend's to answer.
     */
    boolean isInside(long high, long low) {
        return inside.contains(high, low);
    }

    /** The uplink's first address of a family, or null. */
    @Nullable
    Ipv6Address outside(boolean v6) {
        return uplink == null ? null : uplink.address(v6);
    }
}
