package io.millrace.dataplane.nat;

import static io.millrace.dataplane.trials.Packets.icmp;
import static io.millrace.dataplane.trials.Packets.ipv4;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Addresses;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.dataplane.trials.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A network 10.1.0.0/24 with one host, .2, which is hidden behind 192.0.2.1 and serves TCP port 80 there as 8080; outside is
 * 192.0.2.9. A cable to each, and a clock that stands still until it is moved.
 */
final class LifeLab implements AutoCloseable {
    static final int INSIDE = 0;
    static final int OUTSIDE = 1;
    static final long SECOND = 1_000_000_000;
    static final long TICK = 1L << Sessions.TICK_SHIFT;

    private static final List<String> MACS = List.of("02 00 00 00 00 02", "02 00 00 00 01 09");
    private static final List<String> OUR_MACS = List.of("02 00 00 00 00 01", "02 00 00 00 01 01");
    private static final List<String> HOSTS = List.of("10.1.0.2", "192.0.2.9");
    private static final String US = "192.0.2.1";

    final Counters counters = new Counters();
    final FramePool pool = new FramePool(4096, 2);
    final Graph graph = new Graph(pool, counters);
    final Nat nat;
    private final List<MemoryPort> ends = new ArrayList<>();
    private final Worker worker;
    private long now;

    /** What the outside sees as the host's port. */
    int outsidePort;

    LifeLab(Timeouts timeouts, boolean loose, int sessions, long start) {
        this(timeouts, loose, sessions, start, null);
    }

    /** @param kept where the sessions are; their recovery is the caller's */
    LifeLab(Timeouts timeouts, boolean loose, int sessions, long start, @Nullable StateFile kept) {
        var random = new Random(7857);
        now = start;
        nat = new Nat(
                graph,
                new TranslationSettings(
                        sessions,
                        TranslationSettings.Filtering.ADDRESS_AND_PORT,
                        false,
                        loose,
                        49_152,
                        65_535,
                        true,
                        0,
                        0,
                        timeouts,
                        random::nextLong,
                        bytes -> new UnsafeBuffer(
                                ByteBuffer.allocateDirect(bytes + 64).alignedSlice(64), 0, bytes)),
                kept);
        var ways = List.of(gateway(INSIDE, "10.1.0.1"), gateway(OUTSIDE, US));
        worker = new Worker("lab", () -> now, new MacTable(16, 1), graph, ways, 64);
        var us = address(US);
        var web = address("10.1.0.2");
        var front = new Front(us.high(), us.low(), IpProtocol.TCP, 8080, 8080, false);
        var backends = List.of(new Backend(1, web.high(), web.low(), 80, 1));
        assertThat(nat.publish(new Service("web", front, Balance.ROUND_ROBIN, backends)))
                .isNull();
        later(2 * SECOND);
        ends.forEach(end -> end.takeAll(pool::free));
    }

    private Ingress gateway(int side, String own) {
        var cable = MemoryPort.cable("port" + side, "end" + side, 512);
        ends.add(cable.far());
        var out = graph.linkTo(new Egress(graph, cable.near()));
        var settings = new Gateway.Settings(
                "side" + side,
                side == OUTSIDE,
                List.of(new Gateway.Address(address(own), 120)),
                GatewayMode.NAT,
                GatewayMode.NAT,
                true,
                false,
                true,
                null,
                null);
        var gateway = new Gateway("gateway." + side, graph, settings, nat, out, 0, () -> 1500);
        var neighbors = Map.of(address(HOSTS.get(side)), mac(MACS.get(side)));
        var ip = new IpNode("ip." + side, graph, out, new IpNode.Settings(address(own), 120, null, neighbors));
        gateway.host(ip, graph.linkTo(ip), false);
        nat.add(gateway);
        gateway.mac(mac(OUR_MACS.get(side)));
        return new Ingress(graph, cable.near(), graph.linkTo(gateway), 0);
    }

    private static long mac(String digits) {
        return Long.parseLong(digits.replace(" ", ""), 16);
    }

    private static Ipv6Address address(String text) {
        return Addresses.ipv6("::ffff:" + text);
    }

    /** Time passes, with a turn of the worker each second and one at the end. */
    LifeLab later(long nanos) {
        long until = now + nanos;
        while (until - now > SECOND) {
            now += SECOND;
            worker.doWork();
        }
        now = until;
        worker.doWork();
        return this;
    }

    /** The worker's clock. */
    long now() {
        return now;
    }

    /** Time passes while nothing runs: the process is stopped. */
    LifeLab stopped(long nanos) {
        now += nanos;
        return this;
    }

    /** What arrives on the other side, from its transport header on, or null: nothing does. */
    private byte @Nullable [] send(int side, int protocol, String to, int hops, byte[] payload) {
        String macs = OUR_MACS.get(side) + MACS.get(side);
        byte[] frame = ipv4(macs, HOSTS.get(side), to, protocol, 0, payload);
        if (hops != 64) {
            int sum = (frame[24] & 0xFF) << 8 | frame[25] & 0xFF;
            sum += 64 - hops << 8;
            sum = (sum & 0xFFFF) + (sum >>> 16);
            frame[22] = (byte) hops;
            frame[24] = (byte) (sum >>> 8);
            frame[25] = (byte) sum;
        }
        ends.get(1 - side).takeAll(pool::free);
        assertThat(ends.get(side).put(frame, pool)).isTrue();
        while (worker.doWork() > 0) {
            assertThat(pool.inUse()).isLessThan(100);
        }
        var came = new ArrayList<byte[]>();
        ends.get(1 - side).takeAll(arrived -> {
            byte[] bytes = new byte[Frame.length(arrived) - 34];
            pool.buffer().getBytes(Frame.head(arrived) + 34, bytes);
            pool.free(arrived);
            came.add(bytes);
        });
        return came.isEmpty() ? null : came.getFirst();
    }

    /** Whether something comes back to who has sent last. */
    boolean hears(int side) {
        int before = ends.get(side).held();
        ends.get(side).takeAll(pool::free);
        return before > 0;
    }

    private static String port(int port) {
        return HexFormat.of().toHexDigits((short) port);
    }

    /** A datagram from the host's UDP port 5000 to the outside's 53, or the answer; whether it arrives. */
    boolean udp(int side) {
        return udp(side, 53);
    }

    boolean udp(int side, int outside) {
        String ports = side == INSIDE ? port(5000) + port(outside) : port(outside) + port(outsidePort);
        byte[] came = send(
                side, IpProtocol.UDP, side == INSIDE ? HOSTS.get(OUTSIDE) : US, 64, Bytes.hex(ports, "0009 0000 21"));
        return noted(side, came);
    }

    /** An echo request from inside, or the answer to it. */
    boolean echo(int side) {
        byte[] message =
                icmp(side == INSIDE ? "08 00 00 00" : "00 00 00 00", port(side == INSIDE ? 700 : outsidePort), "0001");
        byte[] came = send(side, IpProtocol.ICMP, side == INSIDE ? HOSTS.get(OUTSIDE) : US, 64, message);
        if (side == INSIDE && came != null) {
            outsidePort = (came[4] & 0xFF) << 8 | came[5] & 0xFF;
        }
        return came != null;
    }

    /** A segment between the host's TCP port 5000 and the outside's 80. */
    boolean tcp(int side, int flags, int sequence, int acknowledgment) {
        return tcp(side, 64, flags, sequence, acknowledgment, 80);
    }

    boolean tcp(int side, int hops, int flags, int sequence, int acknowledgment, int outside) {
        String ports = side == INSIDE ? port(5000) + port(outside) : port(outside) + port(outsidePort);
        byte[] segment = segment(ports, flags, sequence, acknowledgment);
        return noted(side, send(side, IpProtocol.TCP, side == INSIDE ? HOSTS.get(OUTSIDE) : US, hops, segment));
    }

    /** A segment between the outside's TCP port {@code client} and the published one. */
    boolean published(int side, int client, int flags, int sequence, int acknowledgment) {
        String ports = side == INSIDE ? port(80) + port(client) : port(client) + port(8080);
        byte[] segment = segment(ports, flags, sequence, acknowledgment);
        return send(side, IpProtocol.TCP, side == INSIDE ? HOSTS.get(OUTSIDE) : US, 64, segment) != null;
    }

    private static byte[] segment(String ports, int flags, int sequence, int acknowledgment) {
        var hex = HexFormat.of();
        return Bytes.hex(
                ports,
                hex.toHexDigits(sequence),
                hex.toHexDigits(acknowledgment),
                "50" + hex.toHexDigits((byte) flags),
                "2000 0000 0000");
    }

    private boolean noted(int side, byte @Nullable [] came) {
        if (side == INSIDE && came != null) {
            outsidePort = (came[0] & 0xFF) << 8 | came[1] & 0xFF;
        }
        return came != null;
    }

    long drops(Drop why) {
        return counters.drops().values().stream().mapToLong(d -> d.frames(why)).sum();
    }

    @Override
    public void close() {
        ends.forEach(end -> end.takeAll(pool::free));
        worker.doWork();
        ends.forEach(end -> end.takeAll(pool::free));
        assertThat(pool.inUse()).isZero();
    }
}
