package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Namespaces;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The port in one namespace, the JDK's own datagram channels in another, a cable of the kernel's between them. */
class UdpPortTest {
    private static final int UDP_PORT = 4789;
    private static final int PATIENCE_MS = 10_000;

    private final Lab lab = Lab.open();
    private final FramePool pool = new FramePool(4096, 128);
    private final Counters counters = new Counters();
    private final Graph graph = new Graph(pool, counters);
    private final Random random = new Random(3);
    private Lab.Host here;
    private Lab.Host there;
    private UdpPort port;
    private Link out;
    private Link in;

    @BeforeEach
    void cable() throws Exception {
        here = lab.bare("here");
        there = lab.bare("there");
        Lab.cable(here, "u0", there, "u0", 1500);
        for (var host : List.of(here, there)) {
            host.run("sysctl", "-qw", "net.ipv6.conf.u0.accept_dad=0", "net.ipv6.conf.u0.disable_ipv6=0")
                    .ok();
        }
        here.run("ip", "address", "add", "10.9.0.1/24", "dev", "u0").ok();
        here.run("ip", "address", "add", "fd09::1/64", "dev", "u0", "nodad").ok();
        there.run("ip", "address", "add", "10.9.0.2/24", "dev", "u0").ok();
        there.run("ip", "address", "add", "fd09::2/64", "dev", "u0", "nodad").ok();
        in = graph.linkTo(new Sink(graph));
    }

    @AfterEach
    void close() {
        if (port != null) {
            port.close();
        }
        in.freeAll(pool);
        lab.close();
        assertThat(pool.inUse()).isZero();
    }

    /** Keeps what comes until the test has looked at it. */
    private static final class Sink extends Node {
        Sink(Graph graph) {
            super("sink", graph);
        }

        @Override
        public void process(Link link) {
            dropAll(link, Drop.UNPLUGGED);
        }

        @Override
        public String explain(int decision, long frame) {
            return "";
        }
    }

    private void open(String address, int mtu) throws Exception {
        var settings = new UdpPort.Settings(mapped(address), List.of(UDP_PORT, 8472), 50_000, 50_999, mtu, false);
        port = Namespaces.in(here.namespace(), () -> UdpPort.open("underlay", settings, pool));
        out = graph.linkTo(new Egress(graph, port));
    }

    private DatagramChannel channel(String address, int udpPort) throws Exception {
        return Namespaces.in(there.namespace(), () -> {
            var channel = DatagramChannel.open();
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 20);
            channel.bind(new InetSocketAddress(address, udpPort));
            channel.configureBlocking(false);
            return channel;
        });
    }

    private static Ipv6Address mapped(String text) throws Exception {
        var bytes = InetAddress.getByName(text).getAddress();
        var buffer = ByteBuffer.wrap(bytes);
        return bytes.length == 16
                ? new Ipv6Address(buffer.getLong(), buffer.getLong())
                : new Ipv6Address(0, 0xFFFF_0000_0000L | buffer.getInt() & 0xFFFF_FFFFL);
    }

    /** A frame as tunnels make it, by the RFCs. */
    private byte[] frame(String from, String to, int sourcePort, byte[] payload) throws Exception {
        var source = InetAddress.getByName(from).getAddress();
        var destination = InetAddress.getByName(to).getAddress();
        boolean v6 = source.length == 16;
        int udp = 8 + payload.length;
        var frame = ByteBuffer.allocate(14 + (v6 ? 40 : 20) + udp);
        frame.putShort((short) 0x024D)
                .putInt(0x5200_0002)
                .putShort((short) 0x024D)
                .putInt(0x5200_0001);
        if (v6) {
            frame.putShort((short) 0x86DD)
                    .putInt(0x6000_0000)
                    .putShort((short) udp)
                    .put((byte) 17)
                    .put((byte) 64);
        } else {
            frame.putShort((short) 0x0800).putShort((short) 0x4500).putShort((short) (20 + udp));
            frame.putInt(0x0000_4000).put((byte) 64).put((byte) 17).putShort((short) 0);
        }
        frame.put(source).put(destination);
        frame.putShort((short) sourcePort)
                .putShort((short) UDP_PORT)
                .putShort((short) udp)
                .putShort((short) 0);
        return frame.put(payload).array();
    }

    private void send(byte[] bytes) {
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        assertThat(out.offer(frame)).isTrue();
    }

    private byte[] bytes(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static List<byte[]> received(DatagramChannel channel, int count) throws Exception {
        var all = new ArrayList<byte[]>();
        var buffer = ByteBuffer.allocate(70_000);
        for (int i = 0; all.size() < count && i < PATIENCE_MS; ) {
            if (channel.receive(buffer.clear()) == null) {
                i++;
                Thread.sleep(1);
            } else {
                all.add(Arrays.copyOf(buffer.array(), buffer.position()));
            }
        }
        assertThat(channel.receive(buffer.clear())).isNull();
        return all;
    }

    /** What has come in by the port, in order; the frames go back to the pool. */
    private List<byte[]> frames(int count, int atMost) throws Exception {
        var all = new ArrayList<byte[]>();
        for (int i = 0; all.size() < count && i < PATIENCE_MS; i++) {
            int came = port.receive(in, pool, atMost);
            assertThat(came).isLessThanOrEqualTo(atMost);
            assertThat(in.size()).isEqualTo(came);
            if (came == 0) {
                Thread.sleep(1);
            }
            for (; in.size() > 0; ) {
                long frame = in.poll();
                var bytes = new byte[Frame.length(frame)];
                pool.buffer().getBytes(Frame.head(frame), bytes);
                all.add(bytes);
                pool.free(frame);
            }
        }
        assertThat(port.receive(in, pool, atMost)).isZero();
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.9.0.", "fd09::"})
    void datagramsArriveInOrderAndByteForByte(String net) throws Exception {
        open(net + 1, 0);
        assertThat(port.mtu()).isEqualTo(1500);
        assertThat(port.describe()).isEqualTo("UDP socket on " + net + "1, 16 source ports, segmentation offload");
        try (var peer = channel(net + 2, UDP_PORT)) {
            var sent = new ArrayList<byte[]>();
            // Trains of equal datagrams with a shorter last one, between single ones of any length, an empty one too.
            for (int length : new int[] {1400, 60, 0, 9, 1}) {
                for (int i = 0; i < 70; i++) {
                    sent.add(bytes(length));
                }
                sent.add(bytes(length / 2));
            }
            for (int i = 0; i < 300; i++) {
                sent.add(bytes(random.nextInt(1400)));
            }
            for (var payload : sent) {
                send(frame(net + 1, net + 2, 50_123, payload));
            }
            graph.run(0);
            assertThat(received(peer, sent.size())).containsExactlyElementsOf(sent);
            assertThat(counters.port("underlay").txFrames()).isEqualTo(sent.size());
        }
    }

    @Test
    void eachFlowKeepsItsOrderAndFlowsLeaveFromSeveralSourcePorts() throws Exception {
        open("10.9.0.1", 0);
        try (var peer = channel("10.9.0.2", UDP_PORT)) {
            for (int i = 0; i < 600; i++) {
                int flow = random.nextInt(50);
                var payload = ByteBuffer.allocate(100).putInt(flow).putInt(i).array();
                send(frame("10.9.0.1", "10.9.0.2", 50_000 + flow, payload));
            }
            graph.run(0);
            var sources = new HashSet<InetSocketAddress>();
            var last = new int[50];
            Arrays.fill(last, -1);
            var buffer = ByteBuffer.allocate(2000);
            int came = 0;
            for (int i = 0; came < 600 && i < PATIENCE_MS; ) {
                var source = (InetSocketAddress) peer.receive(buffer.clear());
                if (source == null) {
                    i++;
                    Thread.sleep(1);
                    continue;
                }
                came++;
                sources.add(source);
                int flow = buffer.getInt(0);
                assertThat(buffer.getInt(4)).isGreaterThan(last[flow]);
                last[flow] = buffer.getInt(4);
            }
            assertThat(came).isEqualTo(600);
            assertThat(sources)
                    .hasSize(16)
                    .allSatisfy(s -> assertThat(s.getPort()).isBetween(50_000, 50_999));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.9.0.", "fd09::"})
    void whatComesInLooksLikeAFrameOffACable(String net) throws Exception {
        open(net + 1, 0);
        try (var peer = channel(net + 2, 3333)) {
            for (int udpPort : new int[] {UDP_PORT, 8472}) {
                var payload = bytes(333);
                peer.send(ByteBuffer.wrap(payload), new InetSocketAddress(net + 1, udpPort));
                var frame = frames(1, 256).getFirst();
                int udp = frame.length - payload.length - 8;
                // Those who sent it are told apart by addresses; all else is what the RFCs ask for.
                var expected = frame(net + 2, net + 1, 3333, payload);
                expected[5] = 1;
                expected[11] = 2;
                expected[udp + 2] = (byte) (udpPort >> 8);
                expected[udp + 3] = (byte) udpPort;
                if (udp == 34) {
                    assertThat(internetSum(frame, 14, 34)).isEqualTo(0xFFFF);
                    System.arraycopy(frame, 24, expected, 24, 2);
                } else {
                    assertThat(frame[udp + 6] | frame[udp + 7]).isNotZero();
                    System.arraycopy(frame, udp + 6, expected, udp + 6, 2);
                }
                assertThat(frame).isEqualTo(expected);
            }
        }
    }

    private static int internetSum(byte[] bytes, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i += 2) {
            sum += (bytes[i] & 0xFF) << 8 | bytes[i + 1] & 0xFF;
        }
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    /** Sends trains by the kernel's own means: arguments are the destination, datagram length and total length, repeated. */
    private static final String TRAINS = """
            import socket, sys
            a = sys.argv; s = socket.socket(socket.AF_INET6 if ':' in a[1] else socket.AF_INET, socket.SOCK_DGRAM)
            for size, total in zip(a[2::2], a[3::2]):
                b = bytes((i * 7 + i // 256) % 251 for i in range(int(total)))
                s.setsockopt(17, 103, int(size)); s.sendto(b, (a[1], 4789))
            """;

    @ParameterizedTest
    @ValueSource(strings = {"10.9.0.", "fd09::"})
    void trainsOfTheKernelAreCutWhereTheyWerePutTogether(String net) throws Exception {
        for (var host : List.of(here, there)) {
            host.run("ip", "link", "set", "u0", "mtu", "9000").ok();
        }
        open(net + 1, 0);
        assertThat(port.mtu()).isEqualTo(9000);
        // Within a chunk, across its end, with and without a shorter last one, longer than any chunk, one byte each.
        int[] trains = {
            100, 640, 100, 641, 899, 1798, 1000, 64_000, 1400, 43_001, 1750, 1751, 8000, 60_001, 8900, 8900, 1, 64,
            1749, 60_000, 1730, 3000, 1729, 3000
        };
        var command = new ArrayList<>(List.of("python3", "-c", TRAINS, net + 1));
        var expected = new ArrayList<byte[]>();
        for (int i = 0; i < trains.length; i += 2) {
            command.add("" + trains[i]);
            command.add("" + trains[i + 1]);
            for (int at = 0; at < trains[i + 1]; at += trains[i]) {
                var piece = new byte[Math.min(trains[i], trains[i + 1] - at)];
                for (int j = 0; j < piece.length; j++) {
                    piece[j] = (byte) (((at + j) * 7 + (at + j) / 256) % 251);
                }
                expected.add(piece);
            }
        }
        there.run(command.toArray(String[]::new)).ok();
        int headers = net.contains(":") ? 62 : 42;
        var came = frames(expected.size(), 7).stream()
                .map(frame -> Arrays.copyOfRange(frame, headers, frame.length))
                .toList();
        assertThat(came).containsExactlyElementsOf(expected);
        assertThat(port.held()).isLessThanOrEqualTo(32);
    }

    @Test
    void aFrameThatIsATrainAlreadyLeavesAsOne() throws Exception {
        open("10.9.0.1", 0);
        try (var peer = channel("10.9.0.2", UDP_PORT)) {
            var payload = bytes(1400 * 20 + 3);
            var bytes = frame("10.9.0.1", "10.9.0.2", 50_123, payload);
            long frame = pool.allocate(bytes.length);
            pool.buffer().putBytes(Frame.head(frame), bytes);
            out.offer(pool.offload(frame, Offload.of(Offload.UDP, 1400, 34, 6)));
            graph.run(0);
            var came = received(peer, 21);
            assertThat(came).hasSize(21);
            var all = ByteBuffer.allocate(payload.length);
            came.forEach(all::put);
            assertThat(all.array()).isEqualTo(payload);
        }
    }

    @Test
    void aUdpPortNobodyListensOnDoesNotStopIt() throws Exception {
        open("10.9.0.1", 0);
        for (int i = 0; i < 5; i++) {
            send(frame("10.9.0.1", "10.9.0.2", 50_123, bytes(100)));
            graph.run(0);
            Thread.sleep(2);
            assertThat(port.receive(in, pool, 256)).isZero();
        }
        try (var peer = channel("10.9.0.2", UDP_PORT)) {
            send(frame("10.9.0.1", "10.9.0.2", 50_123, bytes(100)));
            graph.run(0);
            assertThat(received(peer, 1)).hasSize(1);
        }
        assertThat(counters.port("underlay").txFrames()).isEqualTo(6);
    }

    @Test
    void whatIsTooLongForAPathIsDroppedByThatNameAndThePortKnowsFromThenOn() throws Exception {
        here.run("ip", "route", "change", "10.9.0.0/24", "dev", "u0", "mtu", "1300")
                .ok();
        open("10.9.0.1", 1500);
        assertThat(port.mtu()).isEqualTo(1500);
        try (var peer = channel("10.9.0.2", UDP_PORT)) {
            for (int i = 0; i < 3; i++) {
                send(frame("10.9.0.1", "10.9.0.2", 50_123, bytes(1400)));
            }
            send(frame("10.9.0.1", "10.9.0.2", 50_125, bytes(1272)));
            send(frame("10.9.0.1", "10.9.0.2", 50_124, bytes(1273)));
            graph.run(0);
            assertThat(received(peer, 1)).hasSize(1);
        }
        assertThat(counters.drops("port.underlay").frames(Drop.EXCEEDS_MTU)).isEqualTo(4);
        assertThat(port.mtu()).isEqualTo(1300);
    }

    @Test
    void whatNoSocketSendsIsLeftAndTheRestGoes() throws Exception {
        open("10.9.0.1", 0);
        try (var peer = channel("10.9.0.2", UDP_PORT)) {
            var arp = new byte[60];
            arp[12] = 8;
            arp[13] = 6;
            send(frame("10.9.0.1", "10.9.0.2", 50_001, bytes(50)));
            send(arp);
            send(frame("10.9.0.1", "192.0.2.1", 50_001, bytes(50))); // no route
            send(frame("10.9.0.1", "10.9.0.2", 50_001, bytes(50)));
            graph.run(0);
            assertThat(received(peer, 2)).hasSize(2);
        }
        assertThat(counters.drops("port.underlay").frames(Drop.PORT_FULL)).isEqualTo(2);
    }

    @Test
    void withoutMemoryItLeavesDatagramsWithTheKernelAndGoesOnLater() throws Exception {
        open("10.9.0.1", 0);
        var taken = Collections.nCopies(pool.available(), 0).stream()
                .map(_ -> pool.allocate(100))
                .toList();
        try (var peer = channel("10.9.0.2", 3333)) {
            peer.send(ByteBuffer.wrap(bytes(100)), new InetSocketAddress("10.9.0.1", UDP_PORT));
            Thread.sleep(20);
            assertThat(port.receive(in, pool, 256)).isZero();
            taken.forEach(pool::free);
            assertThat(frames(1, 256)).hasSize(1);
        }
    }

    @Test
    void whatCannotBeOpenedIsRefusedByOneSentence() throws Exception {
        assertThatThrownBy(() -> open("10.9.0.7", 0))
                .isInstanceOf(KernelException.class)
                .hasMessage("using 10.9.0.7, which is none of the kernel's addresses here: address not available");
        here.run("ip", "link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789", "local", "10.9.0.1")
                .ok();
        here.run("ip", "link", "set", "vx0", "up").ok();
        assertThatThrownBy(() -> open("10.9.0.1", 0))
                .isInstanceOf(KernelException.class)
                .hasMessage("listening on UDP port 4789 of 10.9.0.1, which another program or a vxlan device of the"
                        + " kernel's has: address in use");
    }
}
