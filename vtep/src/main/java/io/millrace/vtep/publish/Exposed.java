package io.millrace.vtep.publish;

import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.PublishedPort.Protocol;
import io.millrace.vtep.network.Service;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** The ports that a service exposes and does not publish of itself. */
final class Exposed {
    private Exposed() {}

    /** To be published at any free port: protocol by protocol, ports ascending, as Docker 28 does for {@code -P}. */
    static List<PublishedPort> beyond(Service service) {
        var all = new ArrayList<PublishedPort>();
        for (var protocol : Protocol.values()) {
            var ports = ports(service, protocol);
            for (int first = ports.nextSetBit(0); first >= 0; ) {
                int end = ports.nextClearBit(first);
                var run = new PortRange(first, end - 1);
                all.add(new PublishedPort(null, null, run, protocol, PublishedPort.Mode.INGRESS));
                first = ports.nextSetBit(end);
            }
        }
        return all;
    }

    /** Their numbers, one bit each. */
    static BitSet ports(Service service, Protocol protocol) {
        var ports = new BitSet(1 << Character.SIZE);
        service.exposed().stream()
                .filter(exposed -> exposed.protocol() == protocol)
                .forEach(exposed ->
                        ports.set(exposed.ports().first(), exposed.ports().last() + 1));
        service.ports().stream()
                .filter(port -> port.protocol() == protocol)
                .forEach(port -> ports.clear(
                        port.containerPorts().first(), port.containerPorts().last() + 1));
        return ports;
    }
}
