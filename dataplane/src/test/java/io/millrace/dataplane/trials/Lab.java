package io.millrace.dataplane.trials;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.dataplane.port.MemoryPort;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A bench with one worker, a clock that stands still until it is moved, and as many switches as a story needs. Every
 * port of a switch has a cable to the bench: what a story gives there comes in by the port, what leaves by the port
 * arrives there.
 *
 * <p>{@link #close} asserts what holds for every story: nothing arrived that was not expected, every frame is accounted
 * for, and the pool is whole.
 */
public final class Lab implements AutoCloseable {
    public static final long SECOND = 1_000_000_000L;

    /**
     * How large the bench is.
     *
     * @param frames small chunks of the pool
     * @param segments large ones
     * @param stations the limit of the MAC table
     * @param ageing in ns
     * @param start what the clock shows at first, in ns
     * @param cable frames each cable holds
     * @param batch frames a turn receives at most
     */
    public record Scale(int frames, int segments, int stations, long ageing, long start, int cable, int batch) {
        public static final Scale DEFAULT = new Scale(4096, 8, 1024, 300 * SECOND, 0, 512, Worker.BATCH);

        public Scale frames(int frames) {
            return new Scale(frames, segments, stations, ageing, start, cable, batch);
        }

        public Scale segments(int segments) {
            return new Scale(frames, segments, stations, ageing, start, cable, batch);
        }

        public Scale stations(int stations) {
            return new Scale(frames, segments, stations, ageing, start, cable, batch);
        }

        public Scale ageing(long ageing) {
            return new Scale(frames, segments, stations, ageing, start, cable, batch);
        }

        public Scale start(long start) {
            return new Scale(frames, segments, stations, ageing, start, cable, batch);
        }

        public Scale cable(int cable) {
            return new Scale(frames, segments, stations, ageing, start, cable, batch);
        }
    }

    /**
     * A frame as a port of a switch received it.
     *
     * @param port the port's name
     */
    @SuppressWarnings("ArrayRecordComponent") // arrivals are never compared
    public record Arrival(String port, byte[] bytes) {}

    private final Scale scale;
    private final FramePool pool;
    private final Counters counters = new Counters();
    private final Graph graph;
    private final MacTable stations;
    private final Map<String, MemoryPort> ends = new LinkedHashMap<>();
    private final Map<String, Deque<byte[]>> arrived = new LinkedHashMap<>();
    private final List<End> takers = new ArrayList<>();
    private final List<Port> ports = new ArrayList<>();
    private final List<Ingress> ways = new ArrayList<>();
    private @Nullable Worker worker;
    private @Nullable List<Arrival> received;
    private byte[] given = new byte[0];
    private long now;

    public Lab() {
        this(Scale.DEFAULT);
    }

    public Lab(Scale scale) {
        this.scale = scale;
        this.pool = new FramePool(scale.frames, scale.segments);
        this.graph = new Graph(pool, counters);
        this.stations = new MacTable(scale.stations, 0x5EED);
        this.now = scale.start;
    }

    public Scale scale() {
        return scale;
    }

    public FramePool pool() {
        return pool;
    }

    public Graph graph() {
        return graph;
    }

    public MacTable stations() {
        return stations;
    }

    /** A plain learning switch. */
    public PlainSwitch bridge(String name) {
        return new PlainSwitch(this, name, scale.stations);
    }

    /** A plain learning switch that knows at most {@code limit} stations. */
    public PlainSwitch bridge(String name, int limit) {
        return new PlainSwitch(this, name, limit);
    }

    /** A VLAN-aware switch. */
    public VlanSwitch vlans(String name) {
        return new VlanSwitch(this, name, scale.stations);
    }

    /**
     * Lays a cable from the bench to a port.
     *
     * @param into leads to the switch
     * @param around what is put around the port
     * @return leads to where the port's frames leave
     */
    Link connect(String name, Link into, int number, UnaryOperator<Port> around) {
        return attach(around.apply(cable(name)), into, number);
    }

    /** Makes a port, whatever is behind it, a port of a switch. */
    Link attach(Port port, Link into, int number) {
        receive(port, into, number);
        return graph.linkTo(new Egress(graph, port));
    }

    /** An address of our own on a port with a cable to the bench. */
    public IpNode host(String name, IpNode.Settings settings) {
        var port = cable(name);
        var ip = new IpNode("ip." + name, graph, graph.linkTo(new Egress(graph, port)), settings);
        receive(port, graph.linkTo(ip), 0);
        return ip;
    }

    /** A node on a port with a cable to the bench; it is made with the link by which its frames leave. */
    public void node(String name, Function<Link, Node> made) {
        var port = cable(name);
        receive(port, graph.linkTo(made.apply(graph.linkTo(new Egress(graph, port)))), 0);
    }

    /**
     * Lays a cable from the bench to an interface of a router.
     *
     * @param around what is put around the port
     * @param node told where the port's frames leave, says where those that come go
     */
    public void router(String name, UnaryOperator<Port> around, Function<Egress, Link> node) {
        var port = around.apply(cable(name));
        receive(port, node.apply(new Egress(graph, port)), 0);
    }

    private MemoryPort cable(String name) {
        var cable = MemoryPort.cable(name, name + ".end", scale.cable);
        ends.put(name, cable.far());
        takers.add(new End(name, cable.far()));
        arrived.put(name, new ArrayDeque<>());
        return cable.near();
    }

    private void receive(Port port, Link into, int number) {
        ports.add(port);
        ways.add(new Ingress(graph, new Recorder(port, this), into, number));
    }

    // ------------------------------------------------------------------ stimulus

    /** A frame comes in by a port, and the switch runs until nothing moves. All earlier frames must be accounted for. */
    public Lab given(String port, byte[] frame) {
        nothingElse();
        return alsoGiven(port, frame);
    }

    /** The same, whatever has arrived and is not looked at yet. */
    public Lab alsoGiven(String port, byte[] frame) {
        put(port, frame);
        return settle();
    }

    /** A frame waits in front of a port until the next turn. */
    public Lab put(String port, byte[] frame) {
        given = frame.clone();
        assertThat(end(port).put(frame, pool))
                .as("room in the cable and in the pool")
                .isTrue();
        return this;
    }

    /** A frame of which a capture kept only these bytes waits in front of a port; {@code missing} more were there. */
    public Lab putCut(String port, byte[] bytes, int missing) {
        given = bytes.clone();
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        assertThat(end(port).put(pool.cut(frame, missing))).isTrue();
        return this;
    }

    /** One turn of the worker; returns how many frames it received. */
    public int turn() {
        return turn(this::arrive);
    }

    /** One turn, whose frames go to {@code taker} as they are. */
    public int turn(Taker taker) {
        int came = worker().doWork();
        for (int i = 0; i < takers.size(); i++) {
            takers.get(i).take(taker); // without an iterator: some turns are watched for what they allocate
        }
        return came;
    }

    /** Takes frames that arrived. */
    public interface Taker {
        /** The frame is the taker's from now on. */
        void take(String port, long frame);
    }

    /** One cable's end; made once, so that taking allocates nothing. */
    private static final class End {
        private final String port;
        private final MemoryPort end;
        private Taker taker = (port, frame) -> {};
        private final LongConsumer pass;

        End(String port, MemoryPort end) {
            this.port = port;
            this.end = end;
            this.pass = frame -> this.taker.take(this.port, frame);
        }

        void take(Taker taker) {
            this.taker = taker;
            end.takeAll(pass);
        }
    }

    private Worker worker() {
        var running = worker;
        if (running == null) {
            running = new Worker("lab", () -> now, stations, graph, ways, scale.batch);
            worker = running;
        }
        return running;
    }

    /** Turns until nothing moves. */
    public Lab settle() {
        int turns = 0;
        while (turn() > 0 || held() > 0) {
            assertThat(++turns).as("turns until nothing moves").isLessThan(100_000);
        }
        return this;
    }

    /** The clock moves on by so many ns; nothing runs. */
    public Lab later(long nanos) {
        now += nanos;
        return this;
    }

    public long now() {
        return now;
    }

    // ------------------------------------------------------------------ what arrived

    /** The frame that was given last. */
    public byte[] same() {
        return given.clone();
    }

    /** These frames arrived behind that port, next and in this order. */
    public Lab expect(String port, byte[]... frames) {
        for (byte[] frame : frames) {
            byte[] came = arrived(port).poll();
            assertThat(came == null ? "nothing" : hex(came))
                    .as("behind port %s", port)
                    .isEqualTo(hex(frame));
        }
        return this;
    }

    /** The frame given last arrived behind each of these ports. */
    public Lab expectSame(String... ports) {
        for (String port : ports) {
            expect(port, given);
        }
        return this;
    }

    /** Everything that arrived has been expected. */
    public Lab nothingElse() {
        arrived.forEach((port, frames) -> assertThat(frames.stream().map(Lab::hex))
                .as("unexpected behind port %s", port)
                .isEmpty());
        return this;
    }

    /** Takes what arrived behind a port without a word. */
    public List<byte[]> take(String port) {
        var taken = List.copyOf(arrived(port));
        arrived(port).clear();
        return taken;
    }

    /** Frames dropped for that reason, anywhere. */
    public long drops(Drop why) {
        return counters.drops().values().stream().mapToLong(d -> d.frames(why)).sum();
    }

    public Counters counters() {
        return counters;
    }

    /** Every frame is accounted for, and whatever frame of the pool is in use is in a cable. */
    public Lab conserved() {
        var account = counters.account(graph.held());
        assertThat(account.conserved()).as("%s", account).isTrue();
        assertThat(pool.inUse()).as("frames of the pool in use").isEqualTo(held() + graph.held());
        return this;
    }

    /** Frames that wait in cables and ports. */
    public int held() {
        return ports.stream().mapToInt(Port::held).sum()
                + ends.values().stream().mapToInt(Port::held).sum();
    }

    /** From now on notes what ports receive, in the order in which the worker took it. */
    public List<Arrival> recordReceived() {
        received = new ArrayList<>();
        return received;
    }

    @Override
    public void close() {
        settle();
        nothingElse();
        conserved();
        assertThat(pool.inUse()).as("frames that nobody gave back").isZero();
    }

    public MemoryPort end(String port) {
        return Objects.requireNonNull(ends.get(port), port);
    }

    private Deque<byte[]> arrived(String port) {
        return Objects.requireNonNull(arrived.get(port), port);
    }

    private void arrive(String port, long frame) {
        arrived(port).add(bytes(frame));
        pool.free(frame);
    }

    private byte[] bytes(long frame) {
        byte[] bytes = new byte[Frame.length(frame)];
        pool.buffer().getBytes(Frame.head(frame), bytes);
        return bytes;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    /** A port around a port that notes what comes in. */
    private record Recorder(Port inner, Lab lab) implements Port {
        @Override
        public String name() {
            return inner.name();
        }

        @Override
        public int receive(Link into, FramePool pool, int atMost) {
            int before = into.size();
            int came = inner.receive(into, pool, atMost);
            var received = lab.received;
            for (int i = 0; received != null && i < came; i++) {
                received.add(new Arrival(name(), lab.bytes(into.peek(before + i))));
            }
            return came;
        }

        @Override
        public int transmit(Link from, FramePool pool) {
            return inner.transmit(from, pool);
        }
    }
}
