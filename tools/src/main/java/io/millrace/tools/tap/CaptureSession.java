package io.millrace.tools.tap;

import io.millrace.codec.capture.LinkType;
import io.millrace.codec.capture.PcapngWriter;
import io.millrace.dataplane.port.CaptureRing;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;

/**
 * Writes the copies in a ring to a stream, as pcapng, for as long as somebody wants them. It waits when the stream does;
 * meanwhile the ring fills, and loses copies. How many it lost is told by an Interface Statistics Block each second in
 * which that changed, and at the end.
 */
public final class CaptureSession {
    private static final int BATCH = 256;
    private static final int BUFFER = 1 << 18;
    private static final long REST = Duration.ofMillis(5).toNanos();
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final CaptureRing ring;
    private final PcapngWriter writer;
    private final int port;
    private final CaptureRing.Reader reader = this::write;
    private long told = -1;
    private long toldAt = System.nanoTime() - SECOND;

    /**
     * Begins a capture.
     *
     * @param name what the file calls the port
     * @param out closed with the session
     */
    public CaptureSession(String name, CaptureRing ring, OutputStream out) {
        this.ring = ring;
        this.writer = PcapngWriter.to(Channels.newChannel(out), name, BUFFER);
        this.port = writer.addInterface(name, LinkType.ETHERNET.number(), ring.snapLength());
    }

    /**
     * Writes until nobody wants more, then what is still in the ring, and ends the stream.
     *
     * @throws io.millrace.codec.capture.CaptureException when the stream takes no more
     */
    public void run(BooleanSupplier wanted) {
        try (writer) {
            writer.flush();
            while (wanted.getAsBoolean()) {
                int n = ring.read(reader, BATCH);
                if (n < BATCH) {
                    tellLosses();
                    writer.flush();
                    LockSupport.parkNanos(REST);
                }
            }
            for (int n = BATCH; n == BATCH; ) {
                n = ring.read(reader, BATCH);
            }
            statistics();
        }
    }

    private void write(long time, boolean outgoing, DirectBuffer buffer, int offset, int captured, int original) {
        writer.write(port, time, buffer, offset, captured, original, outgoing);
    }

    private void tellLosses() {
        long now = System.nanoTime();
        if (ring.lost() != Math.max(told, 0) && now - toldAt >= SECOND) {
            toldAt = now;
            statistics();
        }
    }

    private void statistics() {
        told = ring.lost();
        var now = Instant.now();
        writer.statistics(port, now.getEpochSecond() * SECOND + now.getNano(), ring.matched(), told);
    }
}
