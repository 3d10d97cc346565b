package io.millrace.tools.up;

import io.millrace.tools.words.Json;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Vlan;
import io.millrace.vtep.wiring.Underlay;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The nodes that frames go through, and the links between them. */
final class GraphAnswer {
    private final Running running;
    private final Json json = new Json();
    private final Set<String> told = new HashSet<>();

    GraphAnswer(Running running) {
        this.running = running;
    }

    String json() {
        var nodes = running.ask(() -> running.graph().nodes());
        json.object().name("nodes").array();
        for (var node : nodes) {
            json.object().name("name").value(node.name());
            json.name("kind").value(node.getClass().getSimpleName().toLowerCase(Locale.ROOT));
            json.name("dropped").value(running.counters().drops(node.name()).total());
            json.endObject();
        }
        json.endArray().name("links").array();
        running.outlets().forEach(this::links);
        return json.endArray().endObject().toString();
    }

    /** The way in of a port, and its way or ways out. */
    private void links(Outlet outlet) {
        var network = outlet.endpoint().network();
        link(outlet.name(), outlet.plug().into().to().name());
        var port = "port." + outlet.name();
        var underlay = running.underlay();
        if (underlay != null && outlet.isUnderlay()) {
            tunnels(underlay, outlet.plug().into().to().name(), port);
            return;
        }
        if (outlet.endpoint().isUplink()) {
            link(outlet.plug().into().to().name(), port);
            return;
        }
        if (!running.topology().vlanAware(network)) {
            link("bridge." + network, port);
            return;
        }
        var said = outlet.endpoint().connection().port().vlan();
        var vlan = said == null ? Vlan.DEFAULT : said;
        var tagged = new TreeSet<Integer>();
        Integer untagged = switch (vlan) {
            case Vlan.Access access -> access.vid();
            case Vlan.Trunk trunk -> {
                tagged.addAll(trunk.vids());
                yield trunk.nativeVid();
            }
        };
        for (int vid : tagged) {
            if (untagged == null || vid != untagged) {
                link("vlans." + network, "bridge." + network + "." + vid);
                link("bridge." + network + "." + vid, port);
            }
        }
        if (untagged != null) {
            link("vlans." + network, "bridge." + network + "." + untagged);
            link("bridge." + network + "." + untagged, "strip." + outlet.name());
            link("strip." + outlet.name(), port);
        }
    }

    /** The ways in from the other hosts, and out to them. */
    private void tunnels(Underlay underlay, String in, String out) {
        var ip = underlay.tunnels().ip().name();
        link(in, ip);
        link(ip, out);
        for (var tunnel : underlay.tunnels().all()) {
            var network = tunnel.network();
            var way = "tunnel." + network;
            link(in, tunnel.into().to().name());
            var wired = running.switches().get(network);
            if (wired != null && running.topology().vlanAware(network)) {
                if (tunnel.settings().innerVlan() == Network.Vtep.InnerVlan.KEEP) {
                    wired.databases().keySet().stream()
                            .filter(vid -> vid != Vlan.DEFAULT_VID)
                            .forEach(vid -> link("bridge." + network + "." + vid, way));
                }
                link("bridge." + network + "." + Vlan.DEFAULT_VID, "untag." + network);
                link("untag." + network, way);
            } else {
                link("bridge." + network, way);
            }
            link(way, out);
        }
    }

    private void link(String from, String to) {
        if (!told.add(from + " " + to)) {
            return; // several ports share it
        }
        json.object().name("from").value(from).name("to").value(to).endObject();
    }
}
