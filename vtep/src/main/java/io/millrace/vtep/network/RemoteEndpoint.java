package io.millrace.vtep.network;

import java.util.List;

/**
 * A station of another host that is known without learning: its frames need not be flooded, and who asks for its address
 * is answered here.
 *
 * @param addresses its IP addresses; empty: not known
 * @param vtep the underlay address of the host it is on
 */
public record RemoteEndpoint(MacAddress mac, List<IpAddress> addresses, IpAddress vtep) {
    public RemoteEndpoint {
        addresses = List.copyOf(addresses);
        if (mac.isGroup() || mac.value() == 0) {
            throw new IllegalArgumentException("endpoint " + mac + " cannot be a station's address");
        }
        for (var address : addresses) {
            if (!address.isHost()) {
                throw new IllegalArgumentException(
                        "address " + address + " of endpoint " + mac + " is no host's address");
            }
        }
        if (!vtep.isHost()) {
            throw new IllegalArgumentException("vtep " + vtep + " is "
                    + (vtep.isMulticast()
                            ? "a multicast group; an endpoint is on a single host"
                            : "no host's address"));
        }
    }
}
