package io.millrace.tools.up;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l3.NextHop;
import io.millrace.tools.words.Json;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.vxlan.Peer;
import io.millrace.vtep.vxlan.Tunnel;
import io.millrace.vtep.wiring.Underlay;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.agrona.collections.Int2IntCounterMap;
import org.jspecify.annotations.Nullable;

/** What the overlays are, which hosts take part in them, and which stations are on those. */
final class VtepAnswer {
    private static final String DECAPSULATION = "vxlan";

    private final Running running;
    private final Json json = new Json();
    private final Map<Ipv6Address, NextHop.Status> hops = new HashMap<>();

    VtepAnswer(Running running) {
        this.running = running;
    }

    /** A host at one moment. */
    private record Host(
            String address,
            int number,
            boolean isGroup,
            @Nullable Ipv6Address hop,
            boolean isNamed,
            boolean isFlooded,
            long txFrames,
            long txBytes,
            long rxFrames,
            long rxBytes) {
        static Host of(Peer peer) {
            var hop = peer.hop();
            return new Host(
                    peer.address().text(),
                    peer.number(),
                    peer.isGroup(),
                    hop == null ? null : hop.address(),
                    peer.isNamed(),
                    peer.isFlooded(),
                    peer.txFrames(),
                    peer.txBytes(),
                    peer.rxFrames(),
                    peer.rxBytes());
        }
    }

    String json() {
        json.object();
        var underlay = running.underlay();
        json.name("underlay");
        if (underlay == null) {
            json.value((String) null);
        } else {
            underlay(underlay);
        }
        json.name("overlays").array();
        if (underlay != null) {
            var stations = stations();
            if (!isSocket()) { // behind one the kernel routes
                running.ask(() -> underlay.tunnels().ip().hops()).forEach(hop -> hops.put(hop.address(), hop));
            }
            int mtu = mtu();
            for (var tunnel : underlay.tunnels().all()) {
                overlay(tunnel, mtu(tunnel, mtu) - underlay.tunnels().overhead(), stations);
            }
        }
        json.endArray().name("drops").array();
        if (underlay != null) {
            drops(DECAPSULATION);
            drops(underlay.tunnels().ip().name());
        }
        return json.endArray().endObject().toString();
    }

    private Map<String, List<Sightings.Station>> stations() {
        var byNetwork = new HashMap<String, List<Sightings.Station>>();
        for (var station : new Sightings(running).all()) {
            if (station.isRemote()) {
                byNetwork
                        .computeIfAbsent(station.owner().network(), network -> new ArrayList<>())
                        .add(station);
            }
        }
        return byNetwork;
    }

    private boolean isSocket() {
        var host = running.topology().underlay();
        return host != null && host.isSocket();
    }

    private void underlay(Underlay underlay) {
        var host = running.topology().underlay();
        long mac = running.ask(() -> underlay.tunnels().mac());
        json.object();
        json.name("interface").value(host == null || isSocket() ? null : host.name());
        json.name("address").value(host == null ? null : String.valueOf(host.address()));
        json.name("mac").value(mac == 0 || isSocket() ? null : new MacAddress(mac).toString());
        json.name("mtu");
        number(mtu());
        var ip = underlay.tunnels().ip();
        long clashes = running.ask(ip.presence()::clashes);
        json.name("clashes").value(clashes);
        json.name("rival").value(clashes == 0 ? null : new MacAddress(running.ask(ip.presence()::rival)).toString());
        json.endObject();
    }

    /** The longest packet on the way to the other hosts, where the overlay's driver options say less than the port takes. */
    private int mtu(Tunnel tunnel, int underlay) {
        return running.topology().networks().get(tunnel.network()) instanceof Network.Overlay overlay
                        && overlay.segment().mtu() != null
                ? Math.min(underlay, overlay.segment().mtu())
                : underlay;
    }

    /** Of the underlay's port, in bytes. */
    private int mtu() {
        for (var outlet : running.outlets()) {
            if (outlet.isUnderlay()) {
                var host = running.topology().underlay();
                var said = host == null ? null : host.mtu();
                int has = running.ask(() -> outlet.inner().mtu());
                return said == null ? has : Math.min(said, has);
            }
        }
        return Port.NO_MTU;
    }

    /** @param mtu {@link Port#NO_MTU} less something: any */
    private void number(int mtu) {
        if (mtu > Network.MOST_MTU) {
            json.value((String) null);
        } else {
            json.value(mtu);
        }
    }

    private void overlay(Tunnel tunnel, int mtu, Map<String, List<Sightings.Station>> stations) {
        var settings = tunnel.settings();
        var there = stations.getOrDefault(tunnel.network(), List.of());
        json.object();
        json.name("network").value(tunnel.network());
        json.name("vni").value(tunnel.vni());
        json.name("port").value(settings.port());
        json.name("mtu");
        number(mtu);
        json.name("learning").value(settings.learning());
        json.name("open").value(settings.open());
        json.name("checksum").value(tunnel.hasChecksum() ? "full" : "zero");
        json.name("ttl").value(settings.ttl());
        json.name("dscp");
        if (settings.dscp() == null) {
            json.value("inherit");
        } else {
            json.value(settings.dscp());
        }
        json.name("arp_answered").value(tunnel.arpAnswered());
        json.name("nd_answered").value(tunnel.solicitationsAnswered());
        json.name("senders_told").value(tunnel.sendersTold());
        json.name("senders_not_told").value(tunnel.sendersNotTold());
        json.name("peers").array();
        var hosts = running.ask(() -> tunnel.peers().stream().map(Host::of).toList());
        var populations = new Int2IntCounterMap(0);
        there.forEach(station -> populations.incrementAndGet(station.port()));
        hosts.forEach(host -> host(host, populations.get(host.number)));
        json.endArray().name("stations").array();
        for (var station : there) {
            json.object();
            station.write(json, "vtep");
            json.endObject();
        }
        json.endArray().name("drops").array();
        drops("tunnel." + tunnel.network());
        json.endArray().endObject();
    }

    private void host(Host host, long stations) {
        json.object();
        json.name("address").value(host.address);
        json.name("group").value(host.isGroup);
        json.name("next_hop");
        nextHop(host.hop);
        json.name("named").value(host.isNamed);
        json.name("flooded").value(host.isFlooded);
        json.name("stations").value(stations);
        json.name("tx_frames").value(host.txFrames);
        json.name("tx_bytes").value(host.txBytes);
        json.name("rx_frames").value(host.rxFrames);
        json.name("rx_bytes").value(host.rxBytes);
        json.endObject();
    }

    private void nextHop(@Nullable Ipv6Address address) {
        var hop = address == null ? null : hops.get(address);
        if (hop == null) {
            json.value((String) null);
        } else {
            write(json, hop);
        }
    }

    static void write(Json json, NextHop.Status hop) {
        boolean heard = hop.state() == NextHop.State.KNOWN || hop.state() == NextHop.State.CHECKED;
        json.object().name("address").value(hop.address().text());
        json.name("state").value(hop.state().name().toLowerCase(Locale.ROOT));
        json.name("mac").value(hop.mac() == NextHop.UNKNOWN ? null : new MacAddress(hop.mac()).toString());
        json.name("age_s");
        if (heard) {
            json.number(String.format(Locale.ROOT, "%.1f", hop.age() / 1e9));
        } else {
            json.value((String) null);
        }
        json.name("waiting").value(hop.waiting()).endObject();
    }

    private void drops(String node) {
        Answers.reasons(json, node, running.counters().drops(node));
    }
}
