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

    /** Stands for the source address of a frame that has none; it looks like a group address. */
    private static final long TOO_SHORT = -1;

    private static final Drop[] DROPS = Drop.values();

    /** 01-80-C2-00-00-00 to 0F are for the link's own protocols; 802.1D-2004 7.12.6, 802.1Q-2018 8.6.3. */
    private static final long RESERVED = 0x0180_C200_0000L;

    private static final long RESERVED_MASK = 0xFFFF_FFFF_FFF0L;

    private final FilteringDatabase stations;
    private final long nobody;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private @Nullable BridgePort[] ports = new BridgePort[8];
    private int end;

    private final Batch batch;

    /** Nobody reads it; without it the compiler would drop the loads that fetch the lines. */
    @SuppressWarnings("UnusedVariable")
    private long fetched;

    /**
     * A bridge without ports.
     *
     * @param stations its share of the worker's MAC table; outlives the bridge
     */
    public Bridge(String name, Graph graph, FilteringDatabase stations) {
        super(name, graph);
        this.stations = stations;
        this.nobody = stations.key(0);
        this.bytes = graph.pool().buffer();
        this.batch = stations.batch();
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
        plug(number, out, settings, null);
    }

    /**
     * Plugs in a port that may bring in only so much to be flooded.
     *
     * @param cap null: as much as comes
     */
    public void plug(int number, Link out, PortSettings settings, @Nullable StormCap cap) {
        if (number >= ports.length) {
            ports = Arrays.copyOf(ports, Math.max(number + 1, 2 * ports.length));
        }
        ports[number] = new BridgePort(number, out, settings, cap);
        stations.remote(number, settings.isRemote());
        end = Math.max(end, number + 1);
    }

    /**
     * The link of a port went down: its learned stations are forgotten at once, and nothing is flooded to it. Static ones
     * stay. Only between two turns.
     */
    public void down(int number) {
        var port = port(number);
        if (port != null) {
            port.up(false);
            stations.forgetPort(number);
        }
    }

    /** The link of a port is up again. Only between two turns. */
    public void up(int number) {
        var port = port(number);
        if (port != null) {
            port.up(true);
        }
    }

    /** Takes a port away: what was there is forgotten at once, also what was entered by hand. Its number may be given to another. */
    public void unplug(int number) {
        if (port(number) != null) {
            ports[number] = null;
            stations.forgetAll(number);
        }
    }

    /** Whether a port of that number is plugged in. */
    public boolean has(int number) {
        return port(number) != null;
    }

    /**
     * Three walks over the batch. The first one only finds out where to look: the loads of many frames are then under
     * way at once. The second decides, in order; what it needs is in the cache by then. The third moves the frames.
     */
    @Override
    public void process(Link in) {
        int n = in.size();
        in.pollInto(batch.frames, 0, n);
        read(n);
        decide(n);
        if (graph().witness() != null) {
            tell(n);
        }
        for (int i = 0; i < n; ) {
            int end = endOfRun(i, n);
            act(i, end, batch.ways[i]);
            i = end;
        }
    }

    private void read(int n) {
        var frames = batch.frames;
        var sources = batch.sources;
        var destinations = batch.destinations;
        for (int i = 0; i < n; i++) {
            long frame = frames[i];
            if (Frame.length(frame) < EthernetHeader.LENGTH) {
                sources[i] = TOO_SHORT;
                continue;
            }
            ethernet.wrap(bytes, Frame.head(frame));
            sources[i] = stations.key(ethernet.source());
            destinations[i] = stations.key(ethernet.destination());
        }
        stations.homes(sources, batch.sourceHomes, n);
        stations.homes(destinations, batch.destinationHomes, n);
        fetched += stations.fetch(batch.sourceHomes, n) + stations.fetch(batch.destinationHomes, n);
    }

    /** The fields are read into locals because the compiler must otherwise read them anew after every learning. */
    private void decide(int n) {
        int tick = (int) (graph().now() / MacTable.TICK);
        var frames = batch.frames;
        var ports = this.ports;
        var sources = batch.sources;
        var destinations = batch.destinations;
        var sourceHomes = batch.sourceHomes;
        var destinationHomes = batch.destinationHomes;
        var learned = batch.learned;
        var stations = this.stations;
        var ways = batch.ways;
        long nobody = this.nobody;
        for (int i = 0; i < n; i++) {
            int ingress = Frame.ingress(frames[i]);
            var from = ingress < ports.length ? ports[ingress] : null;
            long source = sources[i];
            if (from == null || EthernetHeader.isGroup(source)) {
                ways[i] = dropping(from == null ? Drop.UNKNOWN_PORT : noSource(frames[i], source));
                continue;
            }
            if (from.learn && source != nobody) {
                int how = stations.learn(source, (int) sourceHomes[i], from.number, from.stations, tick);
                learned[i] = how;
                if (how == FilteringDatabase.HELD) {
                    ways[i] = dropping(Drop.STATION_IS_LOCAL);
                    continue;
                }
            }
            long destination = destinations[i];
            ways[i] = EthernetHeader.isGroup(destination)
                    ? decideGroup(destination)
                    : decideKnown(from, stations.lookup(destination, (int) destinationHomes[i], tick));
        }
    }

    private int decideKnown(BridgePort from, int port) {
        if (port == FilteringDatabase.UNKNOWN) {
            return FLOOD_UNKNOWN;
        }
        if (port == from.number) {
            return dropping(Drop.SAME_PORT);
        }
        return from.group == PortSettings.NO_GROUP ? port : decideGrouped(from, port);
    }

    private static Drop noSource(long frame, long source) {
        return source == TOO_SHORT ? tooShort(frame) : Drop.SOURCE_IS_GROUP;
    }

    private static Drop tooShort(long frame) {
        return Frame.isCut(frame) ? Drop.ETHERNET_CUT : Drop.ETHERNET_TRUNCATED;
    }

    /** Frames that follow one another to one port are sent in one piece; traffic comes in such runs. */
    private int endOfRun(int first, int n) {
        var ways = batch.ways;
        int way = ways[first];
        int end = first + 1;
        while (end < n && ways[end] == way) {
            end++;
        }
        return end;
    }

    private void act(int first, int end, int way) {
        var frames = batch.frames;
        if (way >= 0) {
            var to = port(way);
            if (to != null) {
                if (to.remote) {
                    stamp(first, end, way);
                }
                send(to.out, frames, first, end - first);
                return;
            }
        }
        for (int i = first; i < end; i++) {
            if (way >= 0) {
                drop(frames[i], Drop.UNPLUGGED);
            } else if (way > DROP) {
                cap(frames[i], port(Frame.ingress(frames[i])), way);
            } else {
                drop(frames[i], DROPS[DROP - way]);
            }
        }
    }

    /** From here on the frames are told apart by where they go. */
    private void stamp(int first, int end, int number) {
        var frames = batch.frames;
        for (int i = first; i < end; i++) {
            frames[i] = Frame.from(frames[i], number);
        }
    }

    private static int decideGroup(long destination) {
        if ((destination & RESERVED_MASK) == RESERVED) {
            return dropping(Drop.RESERVED_ADDRESS);
        }
        return (destination & EthernetHeader.BROADCAST) == EthernetHeader.BROADCAST ? FLOOD_BROADCAST : FLOOD_MULTICAST;
    }

    private int decideGrouped(BridgePort from, int port) {
        var to = port(port);
        return to != null && to.isSeparateFrom(from) ? dropping(Drop.SPLIT_HORIZON) : port;
    }

    private void tell(int n) {
        var witness = graph().witness();
        for (int i = 0; i < n && witness != null; i++) {
            long frame = batch.frames[i];
            long source = batch.sources[i];
            var from = port(Frame.ingress(frame));
            if (from != null && from.learn && !EthernetHeader.isGroup(source) && source != nobody) {
                witness.decided(this, frame, LEARNING + batch.learned[i]);
            }
            witness.decided(this, frame, batch.ways[i]);
        }
    }

    private void cap(long frame, @Nullable BridgePort from, int why) {
        long now = graph().now();
        if (from == null || from.cap == null || from.cap.admits(now)) {
            flood(frame, from, why);
            return;
        }
        if (from.cap.isNews(now)) {
            stations.alarms().raise(new Alarm.Storm(now, from.number, from.cap.rate()));
        }
        drop(frame, Drop.STORM);
    }

    /** Sends a copy to every port the frame may leave by, and the frame itself to the last of them. */
    private void flood(long frame, @Nullable BridgePort from, int why) {
        BridgePort last = null;
        for (int i = 0; i < end; i++) {
            var to = ports[i];
            if (to != null && from != null && mayFlood(from, to, why)) {
                if (last != null) {
                    sendCopy(last.out, last.remote ? Frame.from(frame, last.number) : frame);
                }
                last = to;
            }
        }
        if (last == null) {
            drop(frame, Drop.NO_OTHER_PORT);
        } else {
            send(last.out, last.remote ? Frame.from(frame, last.number) : frame);
        }
    }

    private static boolean mayFlood(BridgePort from, BridgePort to, int why) {
        return to.number != from.number
                && to.up
                && to.copies
                && (to.flood || why != FLOOD_UNKNOWN)
                && !to.isSeparateFrom(from);
    }

    private @Nullable BridgePort port(int number) {
        return number >= 0 && number < ports.length ? ports[number] : null;
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
            case FilteringDatabase.HELD -> "the source is a station of this host: not believed to be elsewhere";
            case FilteringDatabase.PORT_FULL ->
                "port " + nameOf(port) + " has as many stations as it may: source not learned";
            default -> "the table is full of stations in use: source not learned";
        };
    }

    private String nameOf(int port) {
        var to = port(port);
        return to == null ? "#" + port : to.out.to().leadsTo();
    }
}
