package io.millrace.vtep.network;

/**
 * One replica of a service on one network: one port of one switch.
 *
 * @param name the port's name: the service's; then {@code .2} for replica 2 when the service says how many it has; then
 *     {@code .web} for network {@code web} when the service is on several
 * @param replica from 1
 * @param connection that of the service, {@code {replica}} replaced
 */
public record Endpoint(String name, String service, int replica, String network, Connection connection) {
    /** Whether it is of no network: where this host meets the world, the uplink or the underlay. */
    public boolean isHost() {
        return network.isEmpty();
    }

    /** Whether it is where overlays meet the other hosts. */
    public boolean isUnderlay() {
        return isHost() && name.equals(Topology.UNDERLAY);
    }

    /** Whether it is the way out of this host. */
    public boolean isUplink() {
        return isHost() && name.equals(Topology.UPLINK);
    }
}
