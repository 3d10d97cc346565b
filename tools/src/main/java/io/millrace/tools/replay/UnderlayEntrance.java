package io.millrace.tools.replay;

import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Ipv6Address;
import io.millrace.tools.replay.Sockets.Socket;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Underlay;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The way in by the underlay: which frames of a capture are VXLAN for this host, and what they tell about Ethernet
 * addresses that the topology does not. The host's own is where the first packet for it was sent to; another host's is
 * where its packets come from. Until then they are {@linkplain StandIns made up}.
 */
final class UnderlayEntrance {
    private static final int MOST_NEIGHBORS = 65_536;
    private static final long UNHEARD = -1;

    private final Socket socket;
    private final Underlay underlay;
    private final List<Ipv6Address> addresses = new ArrayList<>();
    private final Long2LongHashMap heard = new Long2LongHashMap(UNHEARD);
    private final Outer outer;
    private final boolean learns;
    private boolean hasMac;

    /**
     * The entrance of a wired topology.
     *
     * @param asWritten as the file has it
     */
    UnderlayEntrance(Socket socket, Underlay underlay, Topology asWritten) {
        this.socket = socket;
        this.underlay = underlay;
        var host = Objects.requireNonNull(asWritten.underlay());
        var self = Objects.requireNonNull(host.address()).address();
        this.hasMac = host.mac() != null;
        this.learns = host.neighbors().isEmpty();
        var ports = new ArrayList<Integer>();
        addresses.add(self.mapped());
        for (var network : asWritten.networks().values()) {
            if (network instanceof Network.Overlay overlay) {
                ports.add(overlay.vtep().port());
                var group = overlay.vtep().group();
                if (group != null) {
                    addresses.add(group.mapped());
                }
            }
        }
        outer = new Outer(ports.stream().mapToInt(port -> port).toArray());
        if (!hasMac) {
            underlay.tunnels().mac(StandIns.mac(self));
        }
    }

    Socket socket() {
        return socket;
    }

    /** Whether a frame is VXLAN for this host. */
    boolean isFor(UnsafeBuffer bytes, int offset, int length) {
        return outer.look(bytes, offset, length).isVxlan() && isOurs();
    }

    private boolean isOurs() {
        for (int i = 0; i < addresses.size(); i++) {
            var one = addresses.get(i);
            if (one.low() == outer.destinationLow() && one.high() == outer.destinationHigh()) {
                return true;
            }
        }
        return false;
    }

    /** A frame enters here. */
    void enters(UnsafeBuffer bytes, int offset, int length) {
        if (!outer.look(bytes, offset, length).isIp()) {
            return;
        }
        if (!hasMac && isOurs() && !EthernetHeader.isGroup(outer.destinationMac())) {
            hasMac = true;
            underlay.tunnels().mac(outer.destinationMac());
        }
        if (learns && outer.isVxlan()) {
            hear(outer.sourceHigh(), outer.sourceLow(), outer.sourceMac());
        }
    }

    private void hear(long high, long low, long mac) {
        long key = high * 0x9E37_79B9_7F4A_7C15L ^ low;
        if (heard.get(key) == mac || heard.size() >= MOST_NEIGHBORS || !Sockets.isStation(mac)) {
            return;
        }
        heard.put(key, mac);
        underlay.tunnels().ip().known(new Ipv6Address(high, low), mac);
    }
}
