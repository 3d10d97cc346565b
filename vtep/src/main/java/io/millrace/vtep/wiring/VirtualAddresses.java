package io.millrace.vtep.wiring;

import io.millrace.codec.IpProtocol;
import io.millrace.dataplane.nat.Front;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.Topology;
import java.util.Objects;

/** The virtual addresses of a topology's services, at the gateways of their networks: every TCP and UDP port leads on. */
record VirtualAddresses(Topology topology, Routing routing) {
    private static final int LAST_PORT = 65_535;

    void publish() {
        routing.gateways()
                .forEach((network, gateway) -> routing.plan().virtual(network).forEach((name, addresses) -> {
                    var replicas = new Replicas(
                            Objects.requireNonNull(topology.services().get(name)), routing.plan());
                    for (var address : addresses) {
                        gateway.serve(address.mapped());
                        publish(replicas, network, address, IpProtocol.TCP);
                        publish(replicas, network, address, IpProtocol.UDP);
                    }
                }));
    }

    private void publish(Replicas replicas, String network, IpAddress address, int protocol) {
        var at = address.mapped();
        var front = new Front(at.high(), at.low(), protocol, 0, LAST_PORT, true);
        routing.nat().publish(replicas.behind(front, network, address.v6(), 0));
    }
}
