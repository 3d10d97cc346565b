package io.millrace.vtep.control;

import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.RemoteEndpoint;

/** Something that happened in an overlay. Each is a state to come to, so that it may be told twice. */
public sealed interface Change {
    /** The name services use for the overlay. */
    String network();

    /**
     * A host takes part: it gets copies of what is flooded, and what it sends is taken.
     *
     * @param address its underlay address, or the overlay's multicast group; this host's own is passed over
     */
    record PeerCame(String network, IpAddress address) implements Change {}

    /** A host takes part no more; what was learned to be there is forgotten. It stays as long as an endpoint is said to be on it. */
    record PeerWent(String network, IpAddress address) implements Change {}

    /** A station is on a host, which takes part by that; it may have been on another before, or had other addresses. */
    record EndpointCame(String network, RemoteEndpoint endpoint) implements Change {}

    /** A station is nowhere any more, or is here. */
    record EndpointWent(String network, MacAddress mac) implements Change {}
}
