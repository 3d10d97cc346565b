package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.codec.filter.BpfFilter;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What passes a port is seen by whoever laid a tap, and nobody else is the slower for it. */
class CaptureTapTest {
    private static final int MIB = 1 << 20;

    private final FramePool pool = new FramePool(256, 16);
    private final Graph graph = new Graph(pool, new Counters());
    private final Link link = graph.linkTo(new Egress(graph, new NowherePort("nowhere")));
    private final MemoryPort.Cable cable = MemoryPort.cable("s1", "far", 8);
    private final PatchPort socket = new PatchPort("s1");

    /** What a tap saw. */
    private record Seen(boolean outgoing, int captured, int original, int first, long time) {}

    CaptureTapTest() {
        socket.exchange(cable.near());
    }

    @AfterEach
    void everyFrameIsGivenBack() {
        link.freeAll(pool);
        cable.far().takeAll(pool::free);
        assertThat(pool.inUse()).isEqualTo(socket.held());
    }

    private static CaptureRing ring(int snapLength) {
        return new CaptureRing(BpfFilter.everything(), snapLength, MIB);
    }

    private static List<Seen> seen(CaptureRing ring) {
        var seen = new ArrayList<Seen>();
        ring.read(
                (time, outgoing, buffer, offset, captured, original) ->
                        seen.add(new Seen(outgoing, captured, original, buffer.getByte(offset), time)),
                Integer.MAX_VALUE);
        return seen;
    }

    private void comes(int first, int length) {
        var bytes = new byte[length];
        bytes[0] = (byte) first;
        assertThat(cable.far().put(bytes, pool)).isTrue();
    }

    @Test
    void whatCameAndWhatIsSentIsSeenInOrderWithDirectionTimeAndLength() {
        var ring = ring(100);
        assertThat(CaptureTap.lay(socket, ring)).isTrue();
        var before = Instant.now().minus(Duration.ofMinutes(1));
        comes(1, 60);
        comes(2, 1514);
        assertThat(socket.receive(link, pool, 8)).isEqualTo(2);
        assertThat(socket.transmit(link, pool)).isEqualTo(2);

        var seen = seen(ring);
        assertThat(seen).extracting(Seen::outgoing).containsExactly(false, false, true, true);
        assertThat(seen).extracting(Seen::first).containsExactly(1, 2, 1, 2);
        assertThat(seen).extracting(Seen::captured).containsExactly(60, 100, 60, 100);
        assertThat(seen).extracting(Seen::original).containsExactly(60, 1514, 60, 1514);
        assertThat(seen).extracting(Seen::time).isSorted();
        assertThat(seen.getFirst().time())
                .isBetween(
                        before.getEpochSecond() * 1_000_000_000,
                        Instant.now().plusSeconds(60).getEpochSecond() * 1_000_000_000);
        assertThat(ring.matched()).isEqualTo(4);
        assertThat(ring.lost()).isZero();
    }

    @Test
    void onlyWhatWasAddedByThisReceptionIsSeenAsHavingComeIn() {
        var ring = ring(100);
        comes(1, 60);
        socket.receive(link, pool, 8);
        CaptureTap.lay(socket, ring);
        comes(2, 60);
        socket.receive(link, pool, 8);

        assertThat(seen(ring)).extracting(Seen::first).containsExactly(2);
    }

    @Test
    void framesThePortDoesNotTakeWereSeenAllTheSameAndStayWithTheCaller() {
        var ring = ring(100);
        CaptureTap.lay(socket, ring);
        for (int i = 0; i < 10; i++) {
            long frame = pool.allocate(60);
            pool.buffer().putByte(Frame.head(frame), (byte) i);
            link.offer(frame);
        }

        assertThat(socket.transmit(link, pool)).isEqualTo(8);
        assertThat(link.size()).isEqualTo(2);
        assertThat(seen(ring)).hasSize(10);
    }

    @Test
    void eachOfSeveralTapsSeesWhatItsFilterTakes() throws FilterException {
        var all = ring(100);
        var arp = new CaptureRing(FilterCompiler.compile("arp"), 100, MIB);
        var out = new CaptureRing(FilterCompiler.compile("outbound"), 100, MIB);
        CaptureTap.lay(socket, all);
        CaptureTap.lay(socket, arp);
        CaptureTap.lay(socket, out);
        var request = new byte[60];
        request[12] = 8;
        request[13] = 6;
        cable.far().put(request, pool);
        comes(1, 60);
        socket.receive(link, pool, 8);
        socket.transmit(link, pool);
        assertThat(List.of(all.matched(), arp.matched(), out.matched())).containsExactly(4L, 2L, 2L);

        assertThat(CaptureTap.takeAway(socket, all)).isTrue();
        assertThat(CaptureTap.takeAway(socket, all)).isFalse();
        comes(2, 60);
        socket.receive(link, pool, 8);
        socket.transmit(link, pool);
        assertThat(List.of(all.matched(), arp.matched(), out.matched())).containsExactly(4L, 2L, 3L);

        assertThat(CaptureTap.takeAway(socket, out)).isTrue();
        assertThat(CaptureTap.takeAway(socket, arp)).isTrue();
        assertThat(socket.inside()).isSameAs(cable.near());
    }

    @Test
    void aFullRingLosesCopiesCountsThemAndHoldsUpNoFrame() {
        var ring = ring(1024);
        CaptureTap.lay(socket, ring);
        int sent = 0;
        for (int i = 0; i < 250; i++) {
            for (int n = 0; n < 8; n++) {
                comes(n, 1024);
            }
            assertThat(socket.receive(link, pool, 8)).isEqualTo(8);
            assertThat(socket.transmit(link, pool)).isEqualTo(8);
            cable.far().takeAll(pool::free);
            sent += 16;
        }

        int kept = seen(ring).size();
        assertThat(kept).isBetween(900, MIB / 1024);
        assertThat(ring.matched()).isEqualTo(sent);
        assertThat(ring.lost()).isEqualTo(sent - kept);

        comes(1, 60); // there is room again
        socket.receive(link, pool, 8);
        assertThat(seen(ring)).hasSize(1);
    }

    @Test
    void aSegmentOf64KilobytesIsSeenWholeAndACutFrameWithItsLength() {
        var ring = ring(CaptureRing.WHOLE_FRAME);
        CaptureTap.lay(socket, ring);
        comes(3, 65_549);
        long cut = pool.allocate(60);
        pool.buffer().putByte(Frame.head(cut), (byte) 4);
        cable.far().put(pool.cut(cut, 940));
        socket.receive(link, pool, 8);

        assertThat(seen(ring))
                .extracting(Seen::captured, Seen::original)
                .containsExactly(tuple(65_549, 65_549), tuple(60, 1000));
    }

    @Test
    void nothingPluggedInCannotBeTapped() {
        var empty = new PatchPort("s9");
        assertThat(CaptureTap.lay(empty, ring(100))).isFalse();
        assertThat(CaptureTap.takeAway(empty, ring(100))).isFalse();
    }

    @Test
    void aTapIsTheSamePortAsTheOneItLiesAround() {
        CaptureTap.lay(socket, ring(100));
        assertThat(socket.inside())
                .returns("s1", p -> p.name())
                .returns(cable.near().mtu(), p -> p.mtu())
                .returns(true, p -> p.isUp())
                .returns(false, p -> p.takesOffloads())
                .returns(0, p -> p.descriptors().length)
                .returns("", p -> p.describe());
    }

    @Test
    void aRingHasAPowerOfTwoOfBytesAndCopiesHaveSome() {
        assertThatThrownBy(() -> new CaptureRing(BpfFilter.everything(), 0, MIB))
                .hasMessageContaining("at least 1 byte");
        assertThatThrownBy(() -> new CaptureRing(BpfFilter.everything(), 96, 3 * MIB))
                .hasMessageContaining("power of two");
    }
}
