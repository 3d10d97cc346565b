package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static io.millrace.vtep.vxlan.OverlayLab.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.port.PortAround;
import io.millrace.vtep.network.Network.Vtep.Checksum;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container left to a network card, checksum or cutting, is done before it is in a tunnel, or passed on where that is right. */
class OffloadsTest {
    private static final int SIZE = 1000;

    /** An underlay: both families, with and without outer checksum. */
    record Way(boolean v6, Checksum checksum) {
        int outer() {
            return v6 ? 70 : 50;
        }

        int udp() {
            return v6 ? 54 : 34;
        }

        OverlayLab lab(UnaryOperator<Port> around) {
            var web = new TestOverlay("web", 42).ports("a").checksum(checksum).peers(v6 ? "2001:db8::c" : "192.0.2.12");
            var self = v6 ? "2001:db8::b/64" : "192.0.2.11/24";
            var hop = Map.of(v6 ? "2001:db8::c" : "192.0.2.12", "02:aa:00:00:00:0c");
            return new OverlayLab(self, OverlayLab.MAC, hop, around, web);
        }

        /** The frame in a packet, whose outer headers are checked by sums and lengths; the checksum is there or not. */
        byte[] unwrapped(byte[] packet) {
            var fields = ByteBuffer.wrap(packet);
            int length = packet.length - udp();
            assertThat(fields.getShort(udp() + 4) & 0xFFFF).isEqualTo(length);
            assertThat(fields.getShort(v6 ? 18 : 16) & 0xFFFF).isEqualTo(v6 ? length : length + 20);
            assertThat(v6 ? 0xFFFF : Outer.sum(packet, 14, 20)).isEqualTo(0xFFFF);
            if (checksum == Checksum.FULL) {
                assertThat(fields.getShort(udp() + 6)).isNotZero();
                assertThat(Outer.datagramSum(packet, udp(), length)).isEqualTo(0xFFFF);
            } else {
                assertThat(fields.getShort(udp() + 6)).isZero();
            }
            return Arrays.copyOfRange(packet, outer(), packet.length);
        }

        /** The packet around a frame as the other host sends it. */
        byte[] wrapped(byte[] frame) {
            var outer = v6 ? new Outer("2001:db8::c", "2001:db8::b", 42) : new Outer("192.0.2.12", "192.0.2.11", 42);
            return outer.macs(OverlayLab.MAC, "02aa0000000c")
                    .checksum(checksum == Checksum.FULL)
                    .around(frame);
        }
    }

    static Stream<Way> ways() {
        return Stream.of(
                new Way(false, Checksum.ZERO),
                new Way(false, Checksum.FULL),
                new Way(true, Checksum.ZERO),
                new Way(true, Checksum.FULL));
    }

    /** Frames of every kind, with so much behind the headers. */
    private static List<Inner> inners(int... payloads) {
        var inners = new ArrayList<Inner>();
        for (int payload : payloads) {
            for (int kind = 0; kind < 4; kind++) {
                inners.add(new Inner(kind > 1, kind % 2 == 0, payload));
            }
        }
        return inners;
    }

    private static final int[] PAYLOADS = {0, 1, 999, 1000, 1001, 2500, 60_000};

    private static long frame(OverlayLab lab, byte[] bytes, long state) {
        long frame = lab.pool.allocate(bytes.length);
        lab.pool.buffer().putBytes(Frame.head(frame), bytes);
        return lab.pool.offload(frame, state);
    }

    private static long whole(Inner inner) {
        return Offload.of(Offload.WHOLE, 0, inner.transport(), inner.checksumOffset());
    }

    private static long segmented(Inner inner) {
        int type = !inner.tcp() ? Offload.UDP : inner.v6() ? Offload.TCP_V6 : Offload.TCP_V4;
        return Offload.of(type, SIZE, inner.transport(), inner.checksumOffset());
    }

    // ------------------------------------------------------------------ into the tunnel

    @ParameterizedTest
    @MethodSource("ways")
    void anUnfinishedChecksumIsFinishedWhenThePacketLeaves(Way way) {
        try (var lab = way.lab(UnaryOperator.identity())) {
            for (var inner : inners(PAYLOADS)) {
                lab.put("a", frame(lab, inner.unfinished(), whole(inner))).settle();
                assertThat(hex(way.unwrapped(lab.takeOne(UNDERLAY)))).isEqualTo(hex(inner.finished()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aLongSegmentIsCutIntoPacketsOfTheirOwn(Way way) {
        try (var lab = way.lab(port -> new Narrow(port, 1500))) {
            for (var inner : inners(PAYLOADS)) {
                lab.put("a", frame(lab, inner.unfinished(), segmented(inner))).settle();
                checkSegments(way, inner, lab.take(UNDERLAY));
            }
        }
    }

    /** A socket takes such: here it is the way out that takes them apart again, so that each packet can be looked at. */
    private record Socket(Port inner) implements PortAround {
        @Override
        public boolean takesTrains() {
            return true;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLongSegmentMakesTheSamePacketsByWayOfTrains(boolean v6) {
        var way = new Way(v6, Checksum.FULL);
        try (var lab = way.lab(Socket::new)) {
            for (var inner : inners(PAYLOADS)) {
                lab.put("a", frame(lab, inner.unfinished(), segmented(inner))).settle();
                checkSegments(way, inner, lab.take(UNDERLAY));
            }
        }
    }

    private static void checkSegments(Way way, Inner inner, List<byte[]> packets) {
        assertThat(packets).hasSize(Math.max(1, Math.ceilDiv(inner.payload(), SIZE)));
        var data = new ByteArrayOutputStream();
        for (byte[] packet : packets) {
            byte[] segment = way.unwrapped(packet);
            inner.checkSound(segment);
            if (inner.tcp()) {
                int sequence = ByteBuffer.wrap(segment).getInt(inner.transport() + 4);
                assertThat(sequence).isEqualTo(0x7FFF_FF00 + data.size());
            }
            data.write(segment, inner.headers(), segment.length - inner.headers());
        }
        assertThat(data.toByteArray())
                .isEqualTo(Arrays.copyOfRange(inner.unfinished(), inner.headers(), inner.length()));
    }

    /** No card looks into a tunnel, and not everybody reads what a virtio-net header says about it. */
    @ParameterizedTest
    @MethodSource("ways")
    void nothingIsLeftUnfinishedInsideAlsoWhereThePortWouldPassItOn(Way way) {
        var states = new ArrayList<Long>();
        try (var lab = way.lab(port -> new Passing(port, states))) {
            for (var inner : inners(999)) {
                states.clear();
                lab.put("a", frame(lab, inner.unfinished(), whole(inner))).settle();
                assertThat(states).containsExactly(Offload.NONE);
                assertThat(hex(way.unwrapped(lab.takeOne(UNDERLAY)))).isEqualTo(hex(inner.finished()));
            }
        }
    }

    @Test
    void copiesForSeveralPeersAreEachFinished() {
        var web = new TestOverlay("web", 42).ports("a").peers("192.0.2.12", "192.0.2.13", "192.0.2.14");
        var hops = Map.of(
                "192.0.2.12",
                "02:aa:00:00:00:0c",
                "192.0.2.13",
                "02:aa:00:00:00:0d",
                "192.0.2.14",
                "02:aa:00:00:00:0e");
        try (var lab = new OverlayLab("192.0.2.11/24", hops, web)) {
            var inner = new Inner(false, true, 2500);
            lab.put("a", frame(lab, inner.unfinished(), segmented(inner))).settle();
            var packets = lab.take(UNDERLAY);
            assertThat(packets).hasSize(9);
            for (byte[] packet : packets) {
                inner.checkSound(Arrays.copyOfRange(packet, 50, packet.length));
            }
        }
    }

    @Test
    void aLongSegmentFitsByTheLongestOfItsPieces() {
        var inner = new Inner(false, true, 10_000);
        var way = new Way(false, Checksum.ZERO);
        int longest = inner.headers() + SIZE + 36;
        for (boolean fits : new boolean[] {true, false}) {
            try (var lab = way.lab(port -> new Narrow(port, fits ? longest : longest - 1))) {
                lab.put("a", frame(lab, inner.unfinished(), segmented(inner))).settle();
                assertThat(lab.take(UNDERLAY)).hasSize(fits ? 10 : 0);
                assertThat(lab.take("a")).as("errors for the sender").hasSize(fits ? 0 : 1);
                assertThat(lab.drops(Drop.EXCEEDS_TUNNEL)).isEqualTo(fits ? 0 : 1);
            }
        }
    }

    // ------------------------------------------------------------------ out of the tunnel

    /** A packet whose outer UDP checksum its sender left undone: it was on no wire. */
    @ParameterizedTest
    @MethodSource("ways")
    void anUnfinishedOuterChecksumIsNotJudged(Way way) {
        try (var lab = way.lab(UnaryOperator.identity())) {
            for (var inner : inners(PAYLOADS)) {
                byte[] packet = way.wrapped(inner.finished());
                ByteBuffer.wrap(packet).putShort(way.udp() + 6, (short) 0x1234);
                lab.put(UNDERLAY, frame(lab, packet, Offload.of(Offload.WHOLE, 0, way.udp(), 6)))
                        .settle();
                lab.expect(inner.finished(), "a");
            }
        }
    }

    /** A packet in which the inner checksum is still to be done: another endpoint of this machine passed it on. */
    @ParameterizedTest
    @MethodSource("ways")
    void anUnfinishedInnerChecksumIsFinishedWhenTheFrameLeaves(Way way) {
        try (var lab = way.lab(UnaryOperator.identity())) {
            for (var inner : inners(PAYLOADS)) {
                byte[] packet = way.wrapped(inner.unfinished());
                lab.put(UNDERLAY, frame(lab, packet, Offload.shifted(whole(inner), way.outer())))
                        .settle();
                lab.expect(inner.finished(), "a");
            }
        }
    }

    /** Several packets of one flow in one, as a kernel hands them over that joins what belongs together (UDP GRO). */
    @ParameterizedTest
    @MethodSource("ways")
    void packetsThatCameJoinedAreUnwrappedOneByOne(Way way) {
        try (var lab = way.lab(UnaryOperator.identity())) {
            for (var inner : inners(999)) {
                int size = 8 + inner.length();
                lab.put(UNDERLAY, frame(lab, joined(way, inner, size), Offload.of(Offload.UDP, size, way.udp(), 6)))
                        .settle();
                byte[] whole = inner.finished();
                byte[] last = Arrays.copyOf(whole, whole.length - 5);
                assertThat(lab.take("a"))
                        .extracting(OverlayLab::hex)
                        .containsExactly(hex(whole), hex(whole), hex(whole), hex(last));
            }
        }
    }

    @Test
    void whatCameBeforeAndBehindJoinedPacketsLeavesBeforeAndBehindThem() {
        var way = new Way(false, Checksum.ZERO);
        try (var lab = way.lab(UnaryOperator.identity())) {
            var inner = new Inner(false, true, 999);
            int size = 8 + inner.length();
            byte[] first = new Inner(false, true, 1).finished();
            byte[] last = new Inner(false, true, 2).finished();
            lab.put(UNDERLAY, way.wrapped(first));
            lab.put(UNDERLAY, frame(lab, joined(way, inner, size), Offload.of(Offload.UDP, size, way.udp(), 6)));
            lab.put(UNDERLAY, way.wrapped(last)).settle();
            assertThat(lab.take("a"))
                    .extracting(frame -> frame.length)
                    .containsExactly(
                            first.length,
                            inner.length(),
                            inner.length(),
                            inner.length(),
                            inner.length() - 5,
                            last.length);
        }
    }

    /** Four packets, each with {@code size} bytes behind the UDP header; the last lacks five. */
    private static byte[] joined(Way way, Inner inner, int size) {
        byte[] packet = way.wrapped(inner.finished());
        int headers = way.udp() + 8;
        var joined = ByteBuffer.allocate(headers + 4 * size - 5).put(packet, 0, headers);
        while (joined.hasRemaining()) {
            joined.put(packet, headers, Math.min(joined.remaining(), size));
        }
        int length = joined.capacity() - way.udp();
        joined.putShort(way.udp() + 4, (short) length);
        joined.putShort(way.v6 ? 18 : 16, (short) (way.v6 ? length : length + 20));
        return joined.putShort(way.udp() + 6, (short) pseudoHeader(joined.array(), way, length))
                .array();
    }

    private static int pseudoHeader(byte[] packet, Way way, int length) {
        byte[] headers = new byte[packet.length];
        System.arraycopy(packet, 0, headers, 0, way.udp());
        return Outer.datagramSum(headers, way.udp(), length);
    }

    /** A port that takes frames as they are, and notes what was left to be done on them. */
    private record Passing(Port inner, List<Long> states) implements PortAround {
        @Override
        public int transmit(Link from, FramePool pool) {
            for (int i = 0; i < from.size(); i++) {
                states.add(pool.offload(from.peek(i)));
            }
            return inner.transmit(from, pool);
        }

        @Override
        public boolean takesOffloads() {
            return true;
        }
    }
}
