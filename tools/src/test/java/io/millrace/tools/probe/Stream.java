package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.numbered;

import io.millrace.dataplane.lab.Wire;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.MutableLong;

/**
 * Numbered frames from one wire to another at a steady rate, on two threads of its own, until it is stopped: what was
 * lost, doubled or overtaken, and how long the slowest took.
 */
final class Stream {
    private static final int NUMBER_AT = 14;

    private final Wire from;
    private final Wire to;
    private final String there;
    private final String here;
    private final long gap;
    private final int length;
    private final int[] micros = new int[100_001];
    private final BitSet arrived = new BitSet();
    private final Thread sender;
    private final Thread receiver;
    private volatile boolean sending = true;
    private volatile boolean receiving = true;
    private volatile int sent;
    private volatile int received;
    private int doubled;
    private int overtaken;

    /** 60-byte frames; {@code rate} of them a second. */
    Stream(Wire from, String here, Wire to, String there, int rate) {
        this(from, here, to, there, rate, 60);
    }

    /** @param length of each frame, in bytes */
    Stream(Wire from, String here, Wire to, String there, int rate, int length) {
        this.length = length;
        this.from = from;
        this.to = to;
        this.here = here;
        this.there = there;
        this.gap = TimeUnit.SECONDS.toNanos(1) / rate;
        sender = Thread.ofPlatform().unstarted(this::send);
        receiver = Thread.ofPlatform().unstarted(this::receive);
    }

    /** Lets the switch learn the receiver, and begins. */
    Stream start() {
        to.send(numbered("ffffffffffff", there, 0));
        sender.start();
        receiver.start();
        return this;
    }

    private void send() {
        var frame = Bytes.frame(length, there, here, "88b5");
        long next = System.nanoTime();
        while (sending) {
            long now = System.nanoTime();
            if (now < next) {
                if (next - now > 100_000) {
                    Thread.yield();
                }
                continue;
            }
            ByteBuffer.wrap(frame).putInt(NUMBER_AT, sent).putLong(NUMBER_AT + Integer.BYTES, System.nanoTime());
            from.send(frame);
            sent++;
            next += gap;
        }
    }

    private void receive() {
        var last = new MutableLong(-1);
        while (receiving) {
            var frame = to.receive();
            if (frame == null) {
                Thread.yield();
                continue;
            }
            if (frame.length != length || !Bytes.hex(frame).startsWith(there + here)) {
                continue;
            }
            int number = ByteBuffer.wrap(frame).getInt(NUMBER_AT);
            if (arrived.get(number)) {
                doubled++;
            }
            if (number < last.get()) {
                overtaken++;
            }
            arrived.set(number);
            took(System.nanoTime() - ByteBuffer.wrap(frame).getLong(NUMBER_AT + Integer.BYTES));
            last.set(number);
            received++;
        }
    }

    /** Counts by how many microseconds a frame was under way; what took 100 ms or more stands in the last place. */
    private void took(long nanos) {
        micros[(int) Math.min(nanos / 1000, micros.length - 1)]++;
    }

    /** Within how many microseconds this share of the frames arrived; after {@link #stop}. */
    int micros(double share) {
        long wanted = (long) (received * share);
        int i = 0;
        for (long seen = micros[0]; seen < wanted && i < micros.length - 1; seen += micros[i]) {
            i++;
        }
        return i;
    }

    /** Frames sent until now. */
    int sent() {
        return sent;
    }

    /** Stops sending, waits for what is under way, and stops receiving. */
    void stop() throws InterruptedException {
        sending = false;
        sender.join();
        int before;
        do {
            before = received;
            TimeUnit.MILLISECONDS.sleep(200);
        } while (received != before);
        receiving = false;
        receiver.join();
    }

    /** Frames that never arrived; after {@link #stop}. */
    int lost() {
        return sent - arrived.cardinality();
    }

    /** Frames that arrived; after {@link #stop}. */
    int received() {
        return received;
    }

    int doubled() {
        return doubled;
    }

    int overtaken() {
        return overtaken;
    }
}
