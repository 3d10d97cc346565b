package io.millrace.bench;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.capture.CaptureWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Capture files of 64-byte frames, in the page cache: what one frame costs to read, or to read and write again. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-exports",
            "java.base/jdk.internal.misc=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED"
        })
public class CaptureReadBenchmark {
    private static final int FRAMES = 1_000_000, LENGTH = 64;
    private static final long START = 1_700_000_000_000_000_000L;

    @Param({"pcap", "pcapng"})
    public String format = "pcap";

    private Path file = Path.of("");
    private Path copy = Path.of("");

    @Setup(Level.Trial)
    public void write() throws IOException {
        file = Files.createTempFile("millrace", "." + format);
        copy = Files.createTempFile("millrace-copy", "." + format);
        UnsafeBuffer frame = new UnsafeBuffer(new byte[LENGTH]);
        try (CaptureWriter out = CaptureWriter.open(file)) {
            int port = out.addInterface("lan", 1, 0);
            for (int i = 0; i < FRAMES; i++) {
                out.write(port, START + i, frame, 0, LENGTH, LENGTH, null);
            }
        }
    }

    @TearDown(Level.Trial)
    public void delete() throws IOException {
        Files.delete(file);
        Files.delete(copy);
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long read() {
        long sum = 0;
        try (CaptureReader in = CaptureReader.open(file)) {
            while (in.next()) {
                sum += in.buffer().getShort(in.offset() + 12) + in.time() + in.captured();
            }
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public long readAndWrite() {
        try (CaptureReader in = CaptureReader.open(file);
                CaptureWriter out = CaptureWriter.open(copy)) {
            int port = out.addInterface("lan", 1, 0);
            while (in.next()) {
                out.write(port, in.time(), in.buffer(), in.offset(), in.captured(), in.original(), null);
            }
            return in.number();
        }
    }
}
