package io.millrace.vtep.wiring;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Balance;
import io.millrace.dataplane.nat.Front;
import io.millrace.dataplane.nat.Service;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Topology;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** The ports that a topology publishes, as services of its gateways. */
record Publication(Topology topology, Routing routing) {
    void publish() {
        for (var service : topology.services().values()) {
            for (var port : service.ports()) {
                publish(service, port);
            }
        }
    }

    private void publish(io.millrace.vtep.network.Service of, PublishedPort port) {
        var host = port.hostPorts();
        if (host == null || port.protocol() == PublishedPort.Protocol.SCTP) {
            return;
        }
        boolean v6 = port.hostAddress() != null && port.hostAddress().v6();
        var backends = new ArrayList<Backend>();
        for (var endpoint : of.endpoints()) {
            var address = routing.plan().address(endpoint, v6);
            if (address != null && isMain(of, endpoint)) {
                var mapped = address.mapped();
                backends.add(new Backend(
                        backends.size() + 1,
                        mapped.high(),
                        mapped.low(),
                        port.containerPorts().first(),
                        1));
            }
        }
        var at = port.hostAddress() == null
                ? new Ipv6Address(0, Ipv6Address.mapped(0))
                : port.hostAddress().mapped();
        int protocol = port.protocol() == PublishedPort.Protocol.TCP ? IpProtocol.TCP : IpProtocol.UDP;
        boolean spread = port.containerPorts().size() > 1;
        var front = new Front(at.high(), at.low(), protocol, host.first(), spread ? host.last() : host.first(), spread);
        routing.nat().publish(new Service(of.name(), front, Balance.ROUND_ROBIN, backends));
    }

    private static boolean isMain(io.millrace.vtep.network.Service of, Endpoint endpoint) {
        @Nullable
        String main = of.networks().isEmpty()
                ? null
                : of.networks().keySet().iterator().next();
        return endpoint.network().equals(main);
    }
}
