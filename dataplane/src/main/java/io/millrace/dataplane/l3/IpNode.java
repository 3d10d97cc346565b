package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An IP address of Millrace's own on a port. IPv4 addresses are in their mapped form (RFC 4291 section 2.5.5.2)
 * throughout. The worker's thread.
 */
public final class IpNode extends Node implements Graph.Beat {
    private final Link out;
    private final Settings settings;
    private final Map<Ipv6Address, NextHop> hops = new HashMap<>();
    private long mac;

    /**
     * Who Millrace is on the link.
     *
     * @param address its own
     * @param prefix how many bits of it are the link's; of an IPv4 address 96 more than people write
     * @param gateway the next hop to all beyond the link; null: there is none, everything is on the link
     * @param neighbors Ethernet addresses known without asking; when any are given nobody is asked, and nothing is sent unasked
     */
    public record Settings(
            Ipv6Address address, int prefix, @Nullable Ipv6Address gateway, Map<Ipv6Address, Long> neighbors) {
        public Settings {
            neighbors = Map.copyOf(neighbors);
        }
    }

    /** @param out leads to where its frames leave */
    public IpNode(String name, Graph graph, Link out, Settings settings) {
        super(name, graph);
        this.out = out;
        this.settings = settings;
        graph.each(this);
    }

    /** Its Ethernet address; 0 until the port is open. */
    public long mac() {
        return mac;
    }

    /** The port is open, or is another one now: this is its Ethernet address. */
    public void mac(long now) {
        mac = now;
    }

    /** The next hop to a destination; the user is told its Ethernet address at once when it is known, and asked for it else. */
    public NextHop via(Ipv6Address destination, NextHop.User user) {
        var hop = hops.computeIfAbsent(destination, NextHop::new);
        var known = settings.neighbors.get(destination);
        if (known != null) {
            hop.mac(known);
        }
        hop.add(user);
        return hop;
    }

    /** The user sends no more through this hop. */
    public void release(NextHop hop, NextHop.User user) {
        hop.remove(user);
    }

    /** Sends a frame, all of whose headers are written but the destination's Ethernet address, as soon as that is known. */
    public void hold(NextHop hop, long frame) {
        drop(frame, Drop.NEXT_HOP_SILENT);
    }

    /** Has the packets for a multicast group come here. */
    public void join(Ipv6Address group) {}

    @Override
    public void process(Link in) {
        dropAll(in, Drop.NOT_SERVED);
    }

    @Override
    public void beat(long now) {}

    @Override
    public String explain(int decision, long frame) {
        return "";
    }
}
