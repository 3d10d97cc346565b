package io.millrace.tools.topology;

import io.millrace.tools.topology.Section.Context;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network.Vtep;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.RemoteEndpoint;
import io.millrace.vtep.network.VtepBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads how an overlay's tunnel behaves, and which hosts it leads to. */
final class VtepReader {
    /** The inner packet's code point. */
    private static final int INHERIT = -1;

    private final Context context;
    private final @Nullable HostInterface underlay;

    /** @param underlay where the other hosts must be reached from; null: the topology has none */
    VtepReader(Context context, @Nullable HostInterface underlay) {
        this.context = context;
        this.underlay = underlay;
    }

    /** The tunnel of a network, by default if its {@code x-millrace} says nothing of it. */
    Vtep vtep(Section ours) {
        var vtep = ours.section("vtep", Keys.VTEP);
        if (vtep == null) {
            return Vtep.DEFAULT;
        }
        var port = vtep.integer("port", 1, 65_535);
        var ttl = vtep.integer("ttl", 1, 255);
        int dscp = vtep.read("dscp", VtepReader::dscp, Vtep.DSCP);
        var built = Vtep.with()
                .port(port == null ? Vtep.PORT : port)
                .learning(vtep.bool("learning", true))
                .open(vtep.bool("open", false))
                .checksum(vtep.has("checksum") ? vtep.word("checksum", Vtep.Checksum.ZERO) : null)
                .reservedBits(vtep.word("reserved_bits", Vtep.ReservedBits.IGNORE))
                .innerVlan(vtep.word("inner_vlan", Vtep.InnerVlan.DROP))
                .ttl(ttl == null ? Vtep.TTL : ttl)
                .dscp(dscp == INHERIT ? null : (Integer) dscp);
        // One by one, so that a complaint gets the place of the key it is about.
        checked(
                vtep,
                "source_ports",
                built.sourcePorts(vtep.read("source_ports", PortRange::parse, Vtep.SOURCE_PORTS)));
        checked(vtep, "peers", built.peers(vtep.list("peers", this::other)));
        checked(vtep, "group", built.group(vtep.read("group", this::other)));
        return checked(vtep, "endpoints", built.endpoints(endpoints(vtep)));
    }

    private static Vtep checked(Section vtep, String key, VtepBuilder built) {
        return Section.guarded(vtep.at(key), built::build);
    }

    private static int dscp(String text) {
        if (text.equals("inherit")) {
            return INHERIT;
        }
        try {
            return Values.integer(text, 0, 63);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + ", or inherit", e);
        }
    }

    private IpAddress other(String text) {
        var address = IpAddress.parse(text);
        if (underlay != null) {
            underlay.checkOther(address);
        }
        return address;
    }

    private List<RemoteEndpoint> endpoints(Section vtep) {
        var endpoints = new ArrayList<RemoteEndpoint>();
        for (var item : vtep.items("endpoints")) {
            var endpoint = new Section(context, Keys.REMOTE_ENDPOINT, item);
            var mac = endpoint.read("mac", MacAddress::parseStation);
            var host = endpoint.read("vtep", this::other);
            if (mac == null || host == null) {
                throw endpoint.at().error("an endpoint needs a 'mac', and a 'vtep': the host it is on");
            }
            var addresses = endpoint.listOrOne("address", IpAddress::parse);
            endpoints.add(Section.guarded(endpoint.at(), () -> new RemoteEndpoint(mac, addresses, host)));
        }
        return endpoints;
    }
}
