package io.millrace.vtep.vxlan;

import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network.Overlay;
import io.millrace.vtep.network.Network.Vtep;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.RemoteEndpoint;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Vlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One overlay of a topology, written down setting by setting. */
final class TestOverlay {
    private static final int STATIONS = 1000;

    final String name;
    final Map<String, SwitchPort> ports = new LinkedHashMap<>();
    private final int vni;
    private final List<IpAddress> peers = new ArrayList<>();
    private final List<RemoteEndpoint> endpoints = new ArrayList<>();
    private Vtep how = Vtep.DEFAULT;
    private Duration ageing = Segment.AGEING;

    TestOverlay(String name, int vni) {
        this.name = name;
        this.vni = vni;
    }

    TestOverlay ports(String... names) {
        for (var port : names) {
            ports.put(port, SwitchPort.DEFAULT);
        }
        return this;
    }

    /** A port of a switch that knows VLANs. */
    TestOverlay vlanPort(String port, Vlan vlan) {
        ports.put(port, new SwitchPort(vlan, null, true, true, null, null));
        return this;
    }

    TestOverlay peers(String... addresses) {
        for (var address : addresses) {
            peers.add(IpAddress.parse(address));
        }
        return this;
    }

    TestOverlay endpoint(String mac, String host) {
        endpoints.add(new RemoteEndpoint(MacAddress.parse(mac), List.of(), IpAddress.parse(host)));
        return this;
    }

    TestOverlay ageing(Duration time) {
        ageing = time;
        return this;
    }

    TestOverlay udpPort(int port) {
        return with(port, how.group(), how.learning(), how.open(), how.checksum(), how.innerVlan(), how.dscp());
    }

    TestOverlay group(String address) {
        var group = IpAddress.parse(address);
        return with(how.port(), group, how.learning(), how.open(), how.checksum(), how.innerVlan(), how.dscp());
    }

    TestOverlay deaf() {
        return with(how.port(), how.group(), false, how.open(), how.checksum(), how.innerVlan(), how.dscp());
    }

    TestOverlay open() {
        return with(how.port(), how.group(), how.learning(), true, how.checksum(), how.innerVlan(), how.dscp());
    }

    TestOverlay checksum(Vtep.Checksum checksum) {
        return with(how.port(), how.group(), how.learning(), how.open(), checksum, how.innerVlan(), how.dscp());
    }

    TestOverlay keepsTags() {
        var keep = Vtep.InnerVlan.KEEP;
        return with(how.port(), how.group(), how.learning(), how.open(), how.checksum(), keep, how.dscp());
    }

    TestOverlay dscp(@Nullable Integer dscp) {
        return with(how.port(), how.group(), how.learning(), how.open(), how.checksum(), how.innerVlan(), dscp);
    }

    TestOverlay refusesReserved() {
        return rest(Vtep.ReservedBits.REFUSE, how.sourcePorts(), how.ttl());
    }

    TestOverlay sourcePorts(int first, int last) {
        return rest(how.reservedBits(), new PortRange(first, last), how.ttl());
    }

    TestOverlay ttl(int ttl) {
        return rest(how.reservedBits(), how.sourcePorts(), ttl);
    }

    Overlay build() {
        var vtep = new Vtep(
                how.port(),
                peers,
                how.group(),
                endpoints,
                how.learning(),
                how.open(),
                how.checksum(),
                how.reservedBits(),
                how.innerVlan(),
                how.sourcePorts(),
                how.ttl(),
                how.dscp());
        return new Overlay(name, Segment.DEFAULT.withAgeing(ageing).withMacLimit(STATIONS), vni, vtep);
    }

    private TestOverlay with(
            int port,
            @Nullable IpAddress group,
            boolean learning,
            boolean open,
            Vtep.@Nullable Checksum checksum,
            Vtep.InnerVlan innerVlan,
            @Nullable Integer dscp) {
        how = new Vtep(
                port,
                List.of(),
                group,
                List.of(),
                learning,
                open,
                checksum,
                how.reservedBits(),
                innerVlan,
                how.sourcePorts(),
                how.ttl(),
                dscp);
        return this;
    }

    private TestOverlay rest(Vtep.ReservedBits reserved, PortRange sourcePorts, int ttl) {
        how = new Vtep(
                how.port(),
                List.of(),
                how.group(),
                List.of(),
                how.learning(),
                how.open(),
                how.checksum(),
                reserved,
                how.innerVlan(),
                sourcePorts,
                ttl,
                how.dscp());
        return this;
    }
}
