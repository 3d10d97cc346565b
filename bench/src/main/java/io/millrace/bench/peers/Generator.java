package io.millrace.bench.peers;

import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sends frames as fast as one core can: the kernel runs an XDP program on frames of its own making and redirects them
 * into a veth. A process of its own, in the sending namespace and on its own core; each line of its input is a flood,
 * {@code interfaceIndex length flows milliseconds TRIP}, each line of its output what came of it: frames and nanoseconds.
 */
public final class Generator {
    private static final int BATCH = 64;
    private static final int TASTE = 50_000;
    private static final int MOST = 4_000_000;

    private final Native calls = new Native();
    private final Bpf bpf = new Bpf(calls);

    private Generator() {}

    public static void main(String[] args) throws IOException {
        var generator = new Generator();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            var words = line.split(" ", -1);
            System.out.println(generator.flood(
                    Integer.parseInt(words[0]),
                    Integer.parseInt(words[1]),
                    Integer.parseInt(words[2]),
                    Long.parseLong(words[3]) * 1_000_000,
                    Trip.valueOf(words[4])));
        }
    }

    private String flood(int interfaceIndex, int length, int flows, long duration, Trip trip) throws KernelException {
        var frame = TestFrame.of(trip, length);
        int program = Programs.send(bpf, interfaceIndex, flows, frame);
        try {
            var bytes = Memory.of(length);
            bytes.putBytes(0, frame);
            try {
                return flood(program, bytes, length, interfaceIndex, duration);
            } finally {
                Reference.reachabilityFence(bytes);
            }
        } finally {
            calls.close(program);
        }
    }

    /** Every call ends with 20 ms of clearing up, so few and long ones are made. */
    private String flood(int program, UnsafeBuffer bytes, int length, int interfaceIndex, long duration)
            throws KernelException {
        long start = System.nanoTime();
        long frames = 0;
        int repeat = TASTE;
        for (long spent = 0; spent < duration; spent = System.nanoTime() - start) {
            long before = System.nanoTime();
            int result = bpf.runLive(program, bytes.addressOffset(), length, interfaceIndex, repeat, BATCH);
            if (result < 0 && result != -Errno.EINTR) {
                throw new KernelException("generating frames", result, "CAP_SYS_ADMIN");
            }
            frames += repeat;
            long now = System.nanoTime();
            double left = duration - (now - start);
            repeat = (int) Math.clamp(left * repeat / (now - before), TASTE, MOST);
        }
        return frames + " " + (System.nanoTime() - start);
    }
}
