package io.millrace.dataplane.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.InternetChecksum;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.dataplane.port.NowherePort;
import io.millrace.dataplane.trials.Offloaded;
import io.millrace.dataplane.trials.Offloaded.Shape;
import io.millrace.dataplane.trials.Offloads;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an egress makes of frames whose senders rely on a network card: see also {@link Offloads}. */
class EgressOffloadsTest {
    private static final int TCP = 34;
    private static final int HEADERS = TCP + 20 + 12;

    private final SplittableRandom random = new SplittableRandom(1);
    private final Counters counters = new Counters();
    private FramePool pool = new FramePool(4096, 16);
    private Graph graph = new Graph(pool, counters);
    private MemoryPort.Cable cable = MemoryPort.cable("x", "x.end", 65_536);
    private Link link = graph.linkTo(new Egress(graph, cable.near()));

    /** Another pool, cable and port. */
    private void build(FramePool pool, int capacity, boolean takesOffloads, int mtu) {
        this.pool = pool;
        graph = new Graph(pool, counters);
        cable = MemoryPort.cable("x", "x.end", capacity);
        link = graph.linkTo(new Egress(graph, new Card(cable.near(), takesOffloads, mtu)));
    }

    /** A port that says what it takes. */
    private record Card(Port inner, boolean takesOffloads, int mtu) implements Port {
        @Override
        public String name() {
            return inner.name();
        }

        @Override
        public int receive(Link into, FramePool pool, int atMost) {
            return inner.receive(into, pool, atMost);
        }

        @Override
        public int transmit(Link from, FramePool pool) {
            return inner.transmit(from, pool);
        }
    }

    private void put(byte[] bytes, long state) {
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        link.offer(pool.offload(frame, state));
        counters.port("in").received(1, bytes.length);
    }

    private Offloaded put(Shape shape) {
        var frame = shape.draw(random);
        put(frame.bytes(), frame.state());
        return frame;
    }

    private List<byte[]> left() {
        graph.run(0);
        List<byte[]> left = new ArrayList<>();
        cable.far().takeAll(frame -> {
            var bytes = new byte[Frame.length(frame)];
            pool.buffer().getBytes(Frame.head(frame), bytes);
            left.add(bytes);
            pool.free(frame);
        });
        return left;
    }

    private long drops(Drop why) {
        return counters.drops("port.x").frames(why);
    }

    @AfterEach
    void nothingIsLostAndThePoolIsWhole() {
        var account = counters.account(0);
        assertThat(account.conserved()).as("%s", account).isTrue();
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void theCutsAreAtTheSegmentSizeAndTheSegmentsTogetherAreTheFrame() {
        for (int payload : new int[] {0, 1, 1447, 1448, 1449, 2896, 2897, 60_000}) {
            var frame = put(Shape.TCP_V4.payload(payload));
            var left = left();
            assertThat(left).hasSize(Math.max(1, Math.ceilDiv(payload, 1448)));
            var together = ByteBuffer.allocate(payload);
            left.forEach(segment -> together.put(segment, HEADERS, segment.length - HEADERS));
            assertThat(together.array()).isEqualTo(Arrays.copyOfRange(frame.bytes(), HEADERS, frame.bytes().length));
        }
    }

    @Test
    void aSegmentMayBeOneByte() {
        put(Shape.TCP_V4.payload(1000).segments(1));
        assertThat(left()).extracting(b -> b.length).hasSize(1000).containsOnly(HEADERS + 1);
    }

    @Test
    void finAndPushAreOnTheLastSegmentAndCwrOnTheFirstUnlessItIsABitOfACounter() {
        put(Shape.TCP_V4.flags(0xD9)); // CWR ECE ACK PSH FIN
        assertThat(flags(left())).containsExactly(0xD0, 0x50, 0x59);
        var frame = Shape.TCP_V4.flags(0xD9).draw(random);
        put(frame.bytes(), Offload.of(Offload.TCP_V4, 1448, TCP, 16));
        assertThat(flags(left())).containsExactly(0xD0, 0xD0, 0xD9);
    }

    private static List<Integer> flags(List<byte[]> segments) {
        return segments.stream().map(s -> s[TCP + 13] & 0xFF).toList();
    }

    @Test
    void aChecksumThatComesToZeroIsWrittenAsAllOnes() {
        var bytes = new byte[60];
        bytes[34] = (byte) 0xFF;
        bytes[35] = (byte) 0xFF; // sums up to all ones: the complement is 0, which says "none" in UDP
        put(bytes, Offload.of(Offload.WHOLE, 0, 34, 6));
        assertThat(left().getFirst()).startsWith(bytes(34, bytes)).satisfies(b -> {
            assertThat(b[40]).isEqualTo((byte) 0xFF);
            assertThat(b[41]).isEqualTo((byte) 0xFF);
        });
    }

    private static byte[] bytes(int n, byte[] of) {
        return Arrays.copyOf(of, n);
    }

    @Test
    void aSegmentedFrameWithoutASumOfThePseudoHeaderGetsOne() {
        var frame = Shape.TCP_V4.draw(random);
        put(frame.bytes(), frame.state());
        var expected = left();
        frame.bytes()[TCP + 16] ^= 0x55; // nobody reads what stands there
        put(frame.bytes(), frame.state() & ~1L);
        assertThat(left()).containsExactlyElementsOf(expected);
    }

    @Test
    void aDatagramWithoutChecksumStaysSo() {
        var frame = new Shape(0, false, 0, true, 0, 0, 3000, 1000).draw(random);
        frame.bytes()[TCP + 6] = 0;
        frame.bytes()[TCP + 7] = 0;
        put(frame.bytes(), frame.state() & ~1L);
        assertThat(left()).hasSize(3).allMatch(d -> d[TCP + 6] == 0 && d[TCP + 7] == 0);
    }

    @Test
    void whatDoesNotFitTheFrameIsDroppedAsSenseless() {
        var tcp = Shape.TCP_V4.draw(random);
        int length = tcp.bytes().length;
        long[] states = {
            Offload.of(Offload.WHOLE, 0, length, 0), // the sum begins behind the end
            Offload.of(Offload.WHOLE, 0, length - 17, 16), // half of the field is behind the end
            Offload.of(Offload.WHOLE, 0, 0xFFFF, 0xFFFF),
            Offload.of(Offload.WHOLE, 0, 13, 0), // inside the Ethernet header
            Offload.of(Offload.WHOLE, 0, TCP, 15), // across two sums
            Offload.of(Offload.TCP_V4, 0, TCP, 16), // segments of nothing
            Offload.of(Offload.TCP_V4, 1448, TCP + 2, 16), // not the TCP header
            Offload.of(Offload.TCP_V4, 1448, TCP, 6), // not its checksum
            Offload.of(Offload.TCP_V6, 1448, TCP, 16),
            Offload.of(Offload.UDP, 1448, TCP, 6),
            Offload.of(Offload.UDP_FRAGMENTS, 1448, TCP, 6),
            Offload.of(2, 1448, TCP, 16),
        };
        for (long state : states) {
            put(tcp.bytes(), state);
        }
        assertThat(left()).isEmpty();
        assertThat(drops(Drop.OFFLOAD_SENSELESS)).isEqualTo(states.length);
    }

    @Test
    void headersThatLieOrEndEarlyAreSenselessToo() {
        var tcp = Shape.TCP_V4.draw(random);
        int[][] lies = { // where, what
            {14, 0x65}, {14, 0x44}, {14, 0x4F}, {20, 0x20}, {21, 0x01}, {23, 17}, {46, 0x40}, {12, 0x86}, {13, 0x06}
        };
        for (int[] lie : lies) {
            var bytes = tcp.bytes().clone();
            bytes[lie[0]] = (byte) lie[1];
            put(bytes, Offload.of(Offload.TCP_V4, 1448, TCP, 16));
        }
        for (int length = 0; length < HEADERS; length++) {
            put(bytes(length, tcp.bytes()), Offload.of(Offload.TCP_V4, 1448, TCP, 16) & ~1L);
        }
        var udp = new Shape(2, true, 8, true, 0, 0, 3000, 1000).draw(random);
        int headers = udp.transport() + 8;
        for (int length = 0; length < headers; length++) {
            put(bytes(length, udp.bytes()), udp.state() & ~1L);
        }
        udp.bytes()[22 + 6] = 44; // a fragment header where the options were
        put(udp.bytes(), udp.state());
        assertThat(left()).isEmpty();
        assertThat(drops(Drop.OFFLOAD_SENSELESS)).isEqualTo(lies.length + HEADERS + headers + 1);
    }

    @Test
    void aThirdTagIsSenseless() {
        var frame = new Shape(2, false, 0, false, 0, 0, 3000, 1000).draw(random);
        var bytes = new byte[frame.bytes().length + 4];
        System.arraycopy(frame.bytes(), 0, bytes, 4, frame.bytes().length);
        ByteBuffer.wrap(bytes).put(frame.bytes(), 0, 12).putShort(12, (short) 0x9100);
        put(bytes, Offload.shifted(frame.state(), 4));
        assertThat(left()).isEmpty();
        assertThat(drops(Drop.OFFLOAD_SENSELESS)).isOne();
    }

    @Test
    void aTurnOfLongSegmentsIsMoreThanALinkHoldsAndAllOfItLeavesInOrder() {
        build(new FramePool(256 * 45 + 4096, 256), 65_536, false, 1500);
        List<byte[]> whole = new ArrayList<>();
        int segments = 0;
        for (int i = 0; i < 256; i++) {
            if (i % 8 == 7) {
                whole.add(put(new Shape(0, false, 0, true, 0, 0, 100, 0)).bytes());
                segments++;
            } else {
                put(Shape.TCP_V4.payload(64_000));
                segments += 45;
            }
        }
        var left = left();
        assertThat(left.size()).isEqualTo(segments);
        int identification = 0;
        for (int i = 0, at = 0; i < 256; i++) {
            if (i % 8 == 7) {
                assertThat(left.get(at++)).startsWith(bytes(40, whole.get(i / 8)));
                continue;
            }
            for (int k = 0; k < 45; k++) {
                int id = ByteBuffer.wrap(left.get(at++)).getShort(18) & 0xFFFF;
                assertThat(k == 0 ? id : id - identification & 0xFFFF).isEqualTo(k == 0 ? id : 1);
                identification = id;
            }
        }
        assertThat(counters.port("x").txFrames()).isEqualTo(segments);
        assertThat(counters.port("x").txBytes())
                .isEqualTo(left.stream().mapToLong(b -> b.length).sum());
    }

    @Test
    void whatAFullPortDoesNotTakeIsCounted() {
        build(new FramePool(4096, 64), 256, false, 1500);
        for (int i = 0; i < 20; i++) {
            put(Shape.TCP_V4.payload(64_000)); // 45 segments each
        }
        assertThat(left().size()).isEqualTo(256);
        // None of the second go, nothing of the rest of the frame it ended in, and the eight frames behind that.
        assertThat(drops(Drop.PORT_FULL)).isEqualTo(256 + (12 * 45 - 512) + 8);
    }

    @Test
    void whereMemoryEndsTheMissingSegmentsAreCounted() {
        build(new FramePool(100, 4), 1000, false, 1500);
        Deque<Long> hoard = new ArrayDeque<>();
        while (pool.available() > 10) {
            hoard.add(pool.allocate(60));
        }
        put(Shape.TCP_V4.payload(1448 * 30));
        assertThat(left().size()).isEqualTo(10);
        assertThat(drops(Drop.POOL_EMPTY)).isEqualTo(20);
        hoard.forEach(pool::free);
    }

    @Test
    void fewChunksDoForManySegmentsWhenThePortGivesThemBackAtOnce() {
        build(new FramePool(10, 4), 1, false, 1500);
        link = graph.linkTo(new Egress(graph, new NowherePort("drain")));
        put(Shape.TCP_V4.payload(1448 * 30));
        graph.run(0);
        assertThat(counters.port("drain").txFrames()).isEqualTo(30);
    }

    @Test
    void aPortThatTakesOffloadsGetsFramesUntouched() {
        build(new FramePool(16, 4), 1000, true, 1500);
        var sent = List.of(
                put(Shape.TCP_V4.payload(60_000)),
                put(Shape.UDP_V6),
                put(Shape.TCP_V4.segments(0).payload(9)));
        graph.run(0);
        var expected = new ArrayDeque<>(sent);
        cable.far().takeAll(frame -> {
            var bytes = new byte[Frame.length(frame)];
            pool.buffer().getBytes(Frame.head(frame), bytes);
            assertThat(bytes).isEqualTo(expected.element().bytes());
            assertThat(pool.offload(frame)).isEqualTo(expected.remove().state());
            pool.free(frame);
        });
        assertThat(expected).isEmpty();
    }

    @Test
    void theMtuIsThatOfTheSegmentsWhoeverCutsThem() {
        for (boolean takes : new boolean[] {true, false}) {
            build(new FramePool(64, 4), 1000, takes, 1500);
            put(Shape.TCP_V4.segments(1448)); // 20 + 32 + 1448
            assertThat(left()).hasSize(takes ? 1 : 3);
            put(Shape.TCP_V4.segments(1449));
            put(new Shape(0, false, 0, true, 0, 0, 1473, 0)); // in one piece: its own length counts
            assertThat(left()).isEmpty();
            put(new Shape(1, false, 0, false, 12, 0x10, 4000, 1448)); // one tag is not counted
            assertThat(left()).hasSize(takes ? 1 : 3);
        }
        assertThat(drops(Drop.EXCEEDS_MTU)).isEqualTo(4);
    }

    @Test
    void aSegmentMayBeAJumboFrame() {
        build(new FramePool(16, 8), 100, false, 9000);
        put(Shape.TCP_V4.payload(20_000).segments(8948));
        assertThat(left()).extracting(b -> b.length).containsExactly(9014, 9014, 20_000 - 2 * 8948 + HEADERS);
        put(new Shape(0, false, 0, true, 0, 0, 8972, 0));
        var datagram = left().getFirst();
        assertThat(datagram).hasSize(9014);
        var bytes = new UnsafeBuffer(datagram);
        int pseudoHeader = InternetChecksum.pseudoHeader(
                bytes.getInt(26, ByteOrder.BIG_ENDIAN), bytes.getInt(30, ByteOrder.BIG_ENDIAN), 17, 8980);
        assertThat(InternetChecksum.add(pseudoHeader, InternetChecksum.sum(bytes, 34, 8980)))
                .isEqualTo(0xFFFF);
    }
}
