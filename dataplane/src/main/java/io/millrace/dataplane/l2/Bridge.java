package io.millrace.dataplane.l2;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Witness;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A learning switch, IEEE 802.1D-2004 clause 7: learns where a frame's source is, and sends the frame to where its
 * destination was last heard; to all other ports when that is not known or is a group.
 *
 * <p>All ports feed one link, so that frames are judged in the order they came, whichever port they came by. Learning
 * and forwarding are one step for the same reason: a reply in the same batch already finds its way. The bytes of a frame
 * are never changed. Tags are data here; {@link VlanFilter} puts one bridge behind each VLAN.
 */
public final class Bridge extends Node {
    // What is decided about a frame: a port's number, or one of these.
    private static final int FLOOD_UNKNOWN = -1;
    private static final int FLOOD_MULTICAST = -2;
    private static final int FLOOD_BROADCAST = -3;
    /** From here down: a drop, by its ordinal. */
    private static final int DROP = -16;
    /** What was learned from a frame: added to what the filtering database answered. Told to the witness alone. */
    private static final int LEARNING = 1 << 20;

    private static final Drop[] DROPS = Drop.values();

    /** 01-80-C2-00-00-00 to 0F are for the link's own protocols; 802.1D-2004 7.12.6, 802.1Q-2018 8.6.3. */
    private static final long RESERVED = 0x0180_C200_0000L;

    private static final long RESERVED_MASK = 0xFFFF_FFFF_FFF0L;

    private final FilteringDatabase stations;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private @Nullable BridgePort[] ports = new BridgePort[8];
    private int end;

    /**
     * A bridge without ports.
     *
     * @param stations its share of the worker's MAC table; outlives the bridge
     */
    public Bridge(String name, Graph graph, FilteringDatabase stations) {
        super(name, graph);
        this.stations = stations;
        this.bytes = graph.pool().buffer();
    }

    /** What the bridge knows. */
    public FilteringDatabase stations() {
        return stations;
    }

    /**
     * Plugs in a port.
     *
     * @param number what the frames of this port are stamped with, 0 to {@link Frame#MAX_INGRESS}
     * @param out leads to where its frames leave
     */
    public void plug(int number, Link out, PortSettings settings) {
        if (number >= ports.length) {
            ports = Arrays.copyOf(ports, Math.max(number + 1, 2 * ports.length));
        }
        ports[number] = new BridgePort(number, out, settings);
        end = Math.max(end, number + 1);
    }

    @Override
    public void process(Link in) {
        int tick = (int) (graph().now() / MacTable.TICK);
        for (int left = in.size(); left > 0; left--) {
            forward(in.poll(), tick);
        }
    }

    private void forward(long frame, int tick) {
        var from = port(Frame.ingress(frame));
        int way = decide(frame, from, tick);
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, frame, way);
        }
        if (way >= 0) {
            var to = ports[way];
            assert to != null;
            send(to.out(), frame);
        } else if (way > DROP) {
            flood(frame, from, way);
        } else {
            drop(frame, DROPS[DROP - way]);
        }
    }

    private int decide(long frame, @Nullable BridgePort from, int tick) {
        if (from == null) {
            return dropping(Drop.UNKNOWN_PORT);
        }
        if (Frame.length(frame) < EthernetHeader.LENGTH) {
            return dropping(Frame.isCut(frame) ? Drop.ETHERNET_CUT : Drop.ETHERNET_TRUNCATED);
        }
        ethernet.wrap(bytes, Frame.head(frame));
        long source = ethernet.source();
        if (EthernetHeader.isGroup(source)) {
            return dropping(Drop.SOURCE_IS_GROUP);
        }
        if (source != 0 && from.settings().learn()) {
            learn(frame, source, from, tick);
        }
        long destination = ethernet.destination();
        if (EthernetHeader.isGroup(destination)) {
            return decideGroup(destination);
        }
        int port = stations.lookup(destination, tick);
        if (port < 0) {
            return FLOOD_UNKNOWN;
        }
        return port == from.number() ? dropping(Drop.SAME_PORT) : decideKnown(port, from);
    }

    private static int decideGroup(long destination) {
        if ((destination & RESERVED_MASK) == RESERVED) {
            return dropping(Drop.RESERVED_ADDRESS);
        }
        return destination == EthernetHeader.BROADCAST ? FLOOD_BROADCAST : FLOOD_MULTICAST;
    }

    private int decideKnown(int port, BridgePort from) {
        var to = port(port);
        if (to == null) {
            return FLOOD_UNKNOWN; // the port is gone, its stations are about to be forgotten
        }
        return to.isSeparateFrom(from) ? dropping(Drop.SPLIT_HORIZON) : port;
    }

    private void learn(long frame, long source, BridgePort from, int tick) {
        int learned = stations.learn(source, from.number(), from.settings().stations(), tick);
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, frame, LEARNING + learned);
        }
    }

    /** Sends a copy to every port the frame may leave by, and the frame itself to the last of them. */
    private void flood(long frame, @Nullable BridgePort from, int why) {
        BridgePort last = null;
        for (int i = 0; i < end; i++) {
            var to = ports[i];
            if (to != null && from != null && mayFlood(from, to, why)) {
                if (last != null) {
                    sendCopy(last.out(), frame);
                }
                last = to;
            }
        }
        if (last == null) {
            drop(frame, Drop.NO_OTHER_PORT);
        } else {
            send(last.out(), frame);
        }
    }

    private static boolean mayFlood(BridgePort from, BridgePort to, int why) {
        return to.number() != from.number()
                && (to.settings().flood() || why != FLOOD_UNKNOWN)
                && !to.isSeparateFrom(from);
    }

    private @Nullable BridgePort port(int number) {
        return number < ports.length ? ports[number] : null;
    }

    private static int dropping(Drop why) {
        return DROP - why.ordinal();
    }

    /** See {@link Witness}. */
    @Override
    public String explain(int decision, long frame) {
        if (decision >= LEARNING) {
            return explainLearning(decision - LEARNING, Frame.ingress(frame));
        }
        return switch (decision) {
            case FLOOD_UNKNOWN -> "nobody knows the destination yet: to all other ports";
            case FLOOD_MULTICAST -> "the destination is a multicast group: to all other ports";
            case FLOOD_BROADCAST -> "broadcast: to all other ports";
            default ->
                decision >= 0
                        ? "the destination is behind port " + nameOf(decision)
                        : "drop: " + DROPS[DROP - decision].sentence();
        };
    }

    private String explainLearning(int learned, int port) {
        return switch (learned) {
            case FilteringDatabase.REFRESHED -> "the source is where it was, behind port " + nameOf(port);
            case FilteringDatabase.NEW -> "the source is new: learned behind port " + nameOf(port);
            case FilteringDatabase.MOVED -> "the source has moved to port " + nameOf(port);
            case FilteringDatabase.STATIC -> "the source has a static entry: nothing learned";
            case FilteringDatabase.PORT_FULL ->
                "port " + nameOf(port) + " has as many stations as it may: source not learned";
            default -> "the table is full of stations in use: source not learned";
        };
    }

    private String nameOf(int port) {
        var to = port(port);
        return to == null ? "#" + port : to.out().to().leadsTo();
    }
}
