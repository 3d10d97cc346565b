package io.millrace.tools.up;

import io.millrace.dataplane.engine.Clock;
import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.linux.Namespaces;
import io.millrace.dataplane.linux.Netlink;
import io.millrace.dataplane.port.FilterException;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.dataplane.port.PacketPort;
import io.millrace.dataplane.port.PatchPort;
import io.millrace.dataplane.port.PcapPort;
import io.millrace.dataplane.port.XdpMemory;
import io.millrace.dataplane.port.XdpPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.wiring.Switch;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Frames on cables of Millrace's own, right after the start, so that the compiler knows the way of a frame before the
 * users' first ones take it: until then a frame takes several times as long. In a network namespace without a name, on a
 * thread of its own, for a second at most; where that is not allowed, nothing is rehearsed.
 *
 * <pre>
 *  memory ══ [ bridge ] ══ veth ══ [ bridge ] ══ veth ══ [ bridge ] ══ memory
 * </pre>
 */
final class Rehearsal {
    private static final int FRAMES = 30_000;
    private static final long LONGEST_NS = 1_000_000_000L;
    private static final int BURST = 64;
    private static final int TURNS = 20;
    private static final int POOL = 4096;
    private static final int XDP_ENTRIES = 128;
    private static final int LENGTH = 60;
    private static final int TYPE = 0x88B5; // kept for experiments
    private static final long EAST = 0x02_00_00_00_00_01L;
    private static final long WEST = 0x02_00_00_00_00_02L;

    private final FramePool pool = new FramePool(POOL, 4);
    private final Graph graph = new Graph(pool, new Counters());
    private final MacTable stations = new MacTable(64, 1);
    private final XdpMemory memory = new XdpMemory(pool);
    private final List<Ingress> ways = new ArrayList<>();
    private final List<Port> opened = new ArrayList<>();

    private Rehearsal() {}

    /** Rehearses the ways that these ports take, in the background. */
    static void start(List<Outlet> outlets) {
        Set<Class<?>> kinds = new LinkedHashSet<>();
        for (var outlet : outlets) {
            var what = outlet.opened();
            if (what != null) {
                kinds.add(what.port().getClass());
            }
        }
        Thread.ofPlatform().daemon().name("rehearsal").start(() -> {
            try {
                Namespaces.leave();
                for (var kind : kinds) {
                    new Rehearsal().play(kind);
                }
            } catch (IOException | FilterException e) {
                // Only the first frames notice: they are slower.
            }
        });
    }

    private void play(Class<?> kind) throws IOException, FilterException {
        try (var links = Netlink.open()) {
            for (var cable : List.of("w", "e")) {
                links.createVeth(cable + 0, cable + 1, Netlink.HERE);
                links.up(links.get(cable + 0).index());
                links.up(links.get(cable + 1).index());
            }
            var west = MemoryPort.cable("west", "west-in", BURST);
            var east = MemoryPort.cable("east", "east-in", BURST);
            join(west.far(), open(kind, "w0"));
            join(open(kind, "w1"), open(kind, "e0"));
            join(open(kind, "e1"), east.far());
            run(west.near(), east.near());
            for (var cable : List.of("w0", "e0")) {
                links.delete(links.get(cable).index());
            }
        } finally {
            opened.forEach(Port::close);
        }
    }

    private Port open(Class<?> kind, String device) throws IOException, FilterException {
        Port port;
        if (kind == XdpPort.class) {
            port = XdpPort.open(device, device, memory, XdpPort.Mode.FASTEST, XDP_ENTRIES);
        } else if (kind == PcapPort.class) {
            port = PcapPort.open(device, pool, null);
        } else {
            port = PacketPort.open(device, pool);
        }
        opened.add(port);
        var patch = new PatchPort(device);
        patch.exchange(port);
        return patch;
    }

    private void join(Port one, Port other) {
        var wired = new Switch(one.name(), Segment.DEFAULT, false, graph, stations);
        ways.add(wired.plug(one, SwitchPort.DEFAULT).ingress(graph));
        ways.add(wired.plug(other, SwitchPort.DEFAULT).ingress(graph));
    }

    private void run(MemoryPort west, MemoryPort east) {
        var worker = new Worker("rehearsal", Clock.monotonic(), stations, graph, ways);
        long begin = System.nanoTime();
        int sent = 0;
        for (int burst = 1; sent < FRAMES && System.nanoTime() - begin < LONGEST_NS; burst = burst % BURST + 1) {
            sent += send(west, WEST, EAST, burst) + send(east, EAST, WEST, burst);
            for (int i = 0; i < TURNS; i++) {
                worker.doWork();
            }
            west.takeAll(pool::free);
            east.takeAll(pool::free);
        }
    }

    private int send(MemoryPort port, long source, long destination, int burst) {
        int sent = 0;
        for (; sent < burst; sent++) {
            long frame = pool.allocate(LENGTH);
            if (frame == Frame.NONE) {
                break;
            }
            int at = Frame.head(frame);
            pool.buffer().setMemory(at, LENGTH, (byte) 0);
            putMac(at, destination);
            putMac(at + 6, source);
            pool.buffer().putShort(at + 12, (short) TYPE, ByteOrder.BIG_ENDIAN);
            if (!port.put(frame)) {
                pool.free(frame);
                break;
            }
        }
        return sent;
    }

    private void putMac(int at, long mac) {
        pool.buffer().putShort(at, (short) (mac >>> 32), ByteOrder.BIG_ENDIAN);
        pool.buffer().putInt(at + 2, (int) mac, ByteOrder.BIG_ENDIAN);
    }
}
