package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A capture as a port and as the clock of its worker; the captures are written here byte by byte. */
class CaptureFilePortTest {
    private static final long MS = 1_000_000;
    private static final long TICK = 100 * MS;

    private final FramePool pool = new FramePool(64, 4);
    private final Graph graph = new Graph(pool, new Counters());
    private final Link link = graph.linkTo(new Egress(graph, new NowherePort("nowhere")));

    /** A nanosecond pcap of frames of 60 bytes at these times, in ms. */
    private static CaptureReader at(long... times) {
        return capture(60, times);
    }

    private static CaptureReader capture(int length, long... times) {
        var bytes = ByteBuffer.allocate(24 + times.length * (16 + length)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0xA1B23C4D).putShort((short) 2).putShort((short) 4).putLong(0);
        bytes.putInt(1 << 18).putInt(1);
        for (long time : times) {
            bytes.putInt((int) (time / 1000)).putInt((int) (time % 1000 * MS));
            bytes.putInt(length).putInt(length).put(new byte[length]);
        }
        return CaptureReader.of(new ByteArrayInputStream(bytes.array()), "test.pcap");
    }

    private static CaptureFilePort port(CaptureReader... captures) {
        return new CaptureFilePort(
                "capture", List.of(captures), TICK, CaptureFilePort.Pace.TOP_SPEED, (capture, file, time) -> {});
    }

    private List<Long> numbers() {
        var numbers = new ArrayList<Long>();
        for (int i = 0; i < link.size(); i++) {
            numbers.add(CaptureFilePort.frameNumber(pool.number(link.peek(i))));
        }
        return numbers;
    }

    @Test
    void theClockIsTheTimeOfTheNextFrameAndStandsAfterTheLast() {
        var port = port(at(5000, 5250, 6000));

        assertThat(port.nanos()).isZero();
        port.receive(link, pool, 1);
        assertThat(port.nanos()).isEqualTo(250 * MS);
        port.receive(link, pool, 1);
        port.receive(link, pool, 1);
        assertThat(port.isExhausted()).isTrue();
        assertThat(port.nanos()).isEqualTo(1000 * MS);
    }

    @Test
    void oneReceptionEndsWhereTheNextTickBegins() {
        var port = port(at(1000, 1099, 1100, 1199, 1300));

        assertThat(port.receive(link, pool, 100)).isEqualTo(2);
        assertThat(port.receive(link, pool, 100)).isEqualTo(2);
        assertThat(port.receive(link, pool, 100)).isEqualTo(1);
        assertThat(port.receive(link, pool, 100)).isZero();
        assertThat(numbers()).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void whereTheRecordedClockGoesBackTheClockStandsAndItIsCounted() {
        var port = port(at(1000, 1010, 500, 1005, 1020));
        port.receive(link, pool, 3);

        assertThat(port.nanos()).isEqualTo(10 * MS);
        port.receive(link, pool, 1);
        assertThat(port.nanos()).isEqualTo(20 * MS);
        assertThat(port.clockWentBack()).isEqualTo(2);
    }

    @Test
    void framesOfSeveralCapturesComeByTimeAndBearTheirCapturesNumber() {
        var port = port(at(1000, 1030), at(1010, 1020, 1030));
        port.receive(link, pool, 100);

        assertThat(numbers()).containsExactly(1L, 1L, 2L, 2L, 3L);
        assertThat(CaptureFilePort.fileIndex(pool.number(link.peek(3)))).isZero();
        assertThat(CaptureFilePort.fileIndex(pool.number(link.peek(4)))).isOne();
        assertThat(pool.time(link.peek(2))).isEqualTo(1020 * MS);
    }

    @Test
    void aLongFrameStaysOutUntilThereIsRoomForItsCopies() {
        var port = port(capture(5000, 1000, 1000));
        port.bound(64, 0);

        assertThat(port.receive(link, pool, 100)).isZero();
        assertThat(port.isKeptOut()).isTrue();
        port.bound(64, 1);
        assertThat(port.isKeptOut()).isFalse();
        assertThat(port.receive(link, pool, 100)).isEqualTo(1);
        assertThat(Frame.length(link.peek(0))).isEqualTo(5000);
    }

    @Test
    void rewoundTheClockGoesOn() {
        var port = port(at(1000, 1200));
        port.receive(link, pool, 1);
        port.receive(link, pool, 1);
        port.rewind(List.of(at(1000, 1200)));

        assertThat(port.nanos()).isEqualTo(200 * MS);
        port.receive(link, pool, 1);
        assertThat(port.nanos()).isEqualTo(400 * MS);
    }

    @Test
    void aFrameThatIsNotDueStaysWhereItIs() {
        var port = new CaptureFilePort(
                "capture", List.of(at(1000, 1001)), TICK, (nanos, bytes) -> nanos < MS, (capture, file, time) -> {});

        assertThat(port.receive(link, pool, 100)).isEqualTo(1);
        assertThat(port.receive(link, pool, 100)).isZero();
        assertThat(port.isExhausted()).isFalse();
    }
}
