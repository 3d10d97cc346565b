package io.millrace.bench;

import io.millrace.codec.Classifier;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.capture.PcapWriter;
import io.millrace.codec.capture.PcapngWriter;
import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.dataplane.port.CaptureWriterPort;
import io.millrace.dataplane.port.NowherePort;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.SwitchPort;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A capture of a million UDP frames from a hundred stations to a hundred others, page cache warm: read; read and every header parsed; read,
 * parsed and switched; the same and written to a capture again. One operation is one frame.
 */
public class CaptureBenchmark extends FrameBenchmark {
    private static final int FRAMES = 1 << 20;
    private static final int STATIONS = 100;
    private static final int ETHERNET = 1;

    /** Bytes of a frame, without its checksum. */
    @Param({"60", "700"})
    public int length;

    private Path folder;
    private Path file;

    @Setup
    public void record() throws IOException {
        folder = Files.createTempDirectory("millrace-bench");
        file = folder.resolve("in.pcap");
        var frame = new UnsafeBuffer(new byte[length]);
        try (var out = PcapWriter.open(file)) {
            int on = out.addInterface("", ETHERNET, 65_535);
            for (int i = 0; i < FRAMES; i++) {
                write(frame, 2 * (i % STATIONS), 2 * (i * 7 % STATIONS) + 1);
                out.write(on, 1_700_000_000_000_000_000L + i * 1_000L, frame, 0, length, length, null);
            }
        }
    }

    private void write(UnsafeBuffer frame, int source, int destination) {
        frame.putLong(0, Rig.mac(destination) << 16 | Rig.mac(source) >>> 32, ByteOrder.BIG_ENDIAN);
        frame.putLong(8, Rig.mac(source) << 32 | 0x0800_4500L, ByteOrder.BIG_ENDIAN);
        frame.putShort(16, (short) (length - 14), ByteOrder.BIG_ENDIAN);
        frame.putInt(22, 0x4011_0000, ByteOrder.BIG_ENDIAN); // TTL 64, UDP, header checksum not filled in
        frame.putInt(26, 0x0A00_0000 + source, ByteOrder.BIG_ENDIAN);
        frame.putInt(30, 0x0A00_0000 + destination, ByteOrder.BIG_ENDIAN);
        frame.putInt(34, 0x1389_138A, ByteOrder.BIG_ENDIAN);
        frame.putShort(38, (short) (length - 34), ByteOrder.BIG_ENDIAN);
    }

    @TearDown
    public void remove() throws IOException {
        try (var files = Files.list(folder)) {
            for (var each : files.toList()) {
                Files.delete(each);
            }
        }
        Files.delete(folder);
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long read() {
        long bytes = 0;
        try (var reader = CaptureReader.open(file)) {
            while (reader.next()) {
                bytes += reader.captured();
            }
        }
        return expect(bytes, (long) FRAMES * length);
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long parse() {
        var classifier = new Classifier();
        long known = 0;
        try (var reader = CaptureReader.open(file)) {
            while (reader.next()) {
                var protocol = classifier.classify(
                        reader.linkType(), reader.buffer(), reader.offset(), reader.captured(), reader.original());
                known += protocol.name().length();
            }
        }
        return expect(known, 3L * FRAMES);
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long readAndSwitch() {
        return replay(new NowherePort("out"), false);
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long parseAndSwitch() {
        return replay(new NowherePort("out"), true);
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long switchAndWrite() throws IOException {
        var out = folder.resolve("out.pcapng");
        Files.deleteIfExists(out);
        return replay(new CaptureWriterPort("out", () -> PcapngWriter.open(out), List.of("in.pcap")), false);
    }

    private long replay(Port out, boolean parsed) {
        var rig = new Rig(4096, 65_536, false);
        var classifier = new Classifier();
        CaptureFilePort.Observer observer = parsed
                ? (at, file, time) ->
                        classifier.classify(at.linkType(), at.buffer(), at.offset(), at.captured(), at.original())
                : (at, file, time) -> {};
        var in = new CaptureFilePort(
                "in", List.of(CaptureReader.open(file)), MacTable.TICK, (nanos, bytes) -> true, observer);
        rig.plug(in, SwitchPort.DEFAULT);
        rig.plug(out, SwitchPort.DEFAULT);
        for (int i = 0; i < STATIONS; i++) {
            rig.lan.station(new MacAddress(Rig.mac(2 * i + 1)), "out");
        }
        var worker = new Worker("bench", in::nanos, rig.table, rig.graph, rig.ways());
        long came = 0;
        while (!in.isExhausted()) {
            came += worker.doWork();
        }
        in.close();
        out.close();
        expect(rig.counters.port("out").txFrames(), FRAMES);
        return expect(came, FRAMES);
    }

    private static long expect(long value, long expected) {
        if (value != expected) {
            throw new IllegalStateException("came to " + value + ", not " + expected);
        }
        return value;
    }
}
