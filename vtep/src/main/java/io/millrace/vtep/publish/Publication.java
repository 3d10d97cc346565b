package io.millrace.vtep.publish;

import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort.Protocol;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One rule: ports of the host that lead to as many ports of a service.
 *
 * @param service its name
 * @param endpoints the service's ports of the switch that share the connections; all of one network
 * @param hostAddress where it is published; 0.0.0.0 and :: are every address of the uplink of that family
 * @param hostPorts as many as {@code containerPorts}; null: nothing is translated (gateway mode {@code routed}), the
 *     service's own ports are open
 */
public record Publication(
        String service,
        List<Endpoint> endpoints,
        Protocol protocol,
        IpAddress hostAddress,
        @Nullable PortRange hostPorts,
        PortRange containerPorts) {
    public Publication {
        endpoints = List.copyOf(endpoints);
        if (hostPorts != null && hostPorts.size() != containerPorts.size()) {
            throw new IllegalArgumentException(hostPorts + " cannot lead to " + containerPorts);
        }
    }

    /** The ports that others connect to. */
    PortRange outside() {
        return hostPorts == null ? containerPorts : hostPorts;
    }

    /** The part that others connect to by these ports; null: none. */
    @Nullable
    Publication cut(PortRange ports) {
        var its = outside();
        boolean apart = ports.last() < its.first() || ports.first() > its.last();
        return apart ? null : part(Math.max(ports.first(), its.first()), Math.min(ports.last(), its.last()));
    }

    /** What is left of it without what another one does just as it does. */
    List<Publication> without(Publication other) {
        boolean same = service.equals(other.service)
                && protocol == other.protocol
                && hostAddress.equals(other.hostAddress)
                && (hostPorts == null) == (other.hostPorts == null)
                && shift() == other.shift()
                && endpoints.equals(other.endpoints);
        return same && cut(other.outside()) != null ? without(other.outside()) : List.of(this);
    }

    private int shift() {
        return containerPorts.first() - outside().first();
    }

    /** The parts below and above these ports, as far as there are any. */
    List<Publication> without(PortRange ports) {
        var its = outside();
        var parts = new ArrayList<Publication>(2);
        if (its.first() < ports.first()) {
            parts.add(part(its.first(), ports.first() - 1));
        }
        if (its.last() > ports.last()) {
            parts.add(part(ports.last() + 1, its.last()));
        }
        return parts;
    }

    private Publication part(int first, int last) {
        var inside = new PortRange(first + shift(), last + shift());
        var host = hostPorts == null ? null : new PortRange(first, last);
        return new Publication(service, endpoints, protocol, hostAddress, host, inside);
    }

    /** The network that the service is reached on. */
    public String network() {
        return endpoints.getFirst().network();
    }

    /** The port of the host that leads to the {@code index}-th; 0 where nothing is translated. */
    public int hostPort(int index) {
        return hostPorts == null ? 0 : hostPorts.first() + index;
    }

    /** Docker's way to write where it is published: {@code 0.0.0.0}, {@code [::]}. */
    public String hostText() {
        return hostAddress.v6() ? "[" + hostAddress + "]" : hostAddress.toString();
    }
}
