package io.millrace.vtep.wiring;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.nat.Front;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Topology;

/** The ports that a topology publishes, as services of its gateways. */
record Publication(Topology topology, Routing routing) {
    void publish() {
        for (var service : topology.services().values()) {
            for (var port : service.ports()) {
                publish(service, port);
            }
        }
    }

    private void publish(Service of, PublishedPort port) {
        var host = port.hostPorts();
        if (host == null || port.protocol() == PublishedPort.Protocol.SCTP) {
            return;
        }
        boolean v6 = port.hostAddress() != null && port.hostAddress().v6();
        var at = port.hostAddress() == null
                ? new Ipv6Address(0, Ipv6Address.mapped(0))
                : port.hostAddress().mapped();
        int protocol = port.protocol() == PublishedPort.Protocol.TCP ? IpProtocol.TCP : IpProtocol.UDP;
        boolean spread = port.containerPorts().size() > 1;
        var front = new Front(at.high(), at.low(), protocol, host.first(), spread ? host.last() : host.first(), spread);
        var main = of.networks().keySet().stream().findFirst();
        main.ifPresent(network -> routing.nat()
                .publish(new Replicas(of, routing.plan())
                        .behind(front, network, v6, port.containerPorts().first())));
    }
}
