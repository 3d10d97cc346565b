package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.dataplane.trials.Offloaded.Shape;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.opentest4j.TestAbortedException;

/**
 * E17 and CK-6, as far as they concern offloads: what leaves by a port that takes none is, byte for byte, what Linux makes
 * in software of the same frame and the same request. The kernel is given them by a raw socket on a veth whose own
 * offloads are off, and asked what arrives at the other end.
 */
public final class Offloads implements AutoCloseable {
    /** Leaves room for every header a drawn frame may have. */
    private static final int EXTRAS = 300;

    private static final int PATIENCE = 2000;
    private static final int[] MTUS = {1500, 9000};

    private final Trial trial;
    private final SplittableRandom random;
    private final Lab lab = Lab.open();
    private final Wire in;
    private final Wire out;
    private final FramePool pool = new FramePool(1024, 64);
    private final Counters counters = new Counters();
    private final Graph graph = new Graph(pool, counters);
    private final MemoryPort.Cable cable = MemoryPort.cable("port", "end", 1024);
    private final Link link = graph.linkTo(new Egress(graph, cable.near(), 9000 + EXTRAS));
    private long frames;
    private long segments;
    private long wrong;

    private Offloads(Trial trial, long seed) {
        this.trial = trial;
        this.random = new SplittableRandom(seed);
        var sender = lab.bare("from");
        var receiver = lab.bare("to");
        Lab.cable(sender, "port", receiver, "end", 9000 + EXTRAS);
        sender.run("ethtool", "-K", "port", "tx", "off", "tso", "off", "gso", "off")
                .ok();
        in = Wire.withHeaders(sender.namespace(), "port");
        out = Wire.open(receiver.namespace(), "end");
    }

    /**
     * Runs the experiment.
     *
     * @param args how many random frames (20,000), how far apart the lengths are that are tried (1), the seed (1)
     */
    public static void main(String[] args) {
        int frames = (int) Trial.argument(args, 0, 20_000);
        int step = (int) Trial.argument(args, 1, 1);
        try {
            if (!run(frames, step, Trial.argument(args, 2, 1))) {
                System.exit(1);
            }
        } catch (TestAbortedException e) {
            System.err.println("offloads: " + e.getMessage());
            System.exit(1);
        }
    }

    static boolean run(int frames, int step, long seed) {
        var trial = new Trial("offloads", seed, true);
        try (var offloads = new Offloads(trial, seed)) {
            offloads.everyLength(step);
            for (int i = 0; i < frames; i++) {
                offloads.one(Shape.random(offloads.random));
            }
            return offloads.end();
        }
    }

    /** Payloads of 0 to 9,216 bytes and up to 64 KB: in one piece as far as an MTU allows, and cut for both MTUs. */
    private void everyLength(int step) {
        for (int payload = 0; payload <= 9216; payload += step) {
            for (var shape : new Shape[] {Shape.TCP_V4, Shape.TCP_V6, Shape.UDP_V4, Shape.UDP_V6}) {
                if (payload <= MTUS[1]) {
                    one(shape.payload(payload).segments(0));
                }
                for (int mtu : MTUS) {
                    one(shape.payload(payload).segments(mtu - 60));
                }
            }
        }
        for (int mtu : MTUS) {
            one(Shape.TCP_V4.payload(65_535 - 52).segments(mtu - 52));
            one(Shape.TCP_V6.payload(65_535 - 32).segments(mtu - 72));
        }
    }

    /** Linux refuses to cut what is not more than one segment: that is sent to be finished alone. */
    private void one(Shape drawn) {
        var shape = drawn.payload() > drawn.segmentSize() ? drawn : drawn.segments(0);
        var frame = shape.draw(random);
        in.send(withHeader(frame));
        var ours = ours(frame);
        frames++;
        segments += ours.size();
        for (int i = 0; i < ours.size(); i++) {
            var theirs = next();
            if (!ours.get(i).equals(theirs)) {
                if (wrong++ == 0) {
                    trial.say("first difference: %s, segment %d of %d", shape, i + 1, ours.size());
                    trial.say("  ours   %s", ours.get(i));
                    trial.say("  Linux  %s", theirs);
                }
                out.all(20);
                return;
            }
        }
    }

    private String next() {
        long end = System.nanoTime() + PATIENCE * 1_000_000L;
        while (System.nanoTime() < end) {
            var frame = out.receive();
            if (frame != null) {
                return HexFormat.of().formatHex(frame);
            }
            Thread.onSpinWait();
        }
        return "nothing";
    }

    private static byte[] withHeader(Offloaded frame) {
        var bytes = new UnsafeBuffer(new byte[Offload.HEADER + frame.bytes().length]);
        Offload.write(bytes, 0, frame.state(), 0);
        bytes.putBytes(Offload.HEADER, frame.bytes());
        return bytes.byteArray();
    }

    private List<String> ours(Offloaded offloaded) {
        long frame = pool.allocate(offloaded.bytes().length);
        pool.buffer().putBytes(Frame.head(frame), offloaded.bytes());
        link.offer(pool.offload(frame, offloaded.state()));
        counters.port("from").received(1, offloaded.bytes().length);
        graph.run(0);
        List<String> left = new ArrayList<>();
        cable.far().takeAll(sent -> {
            var bytes = new byte[Frame.length(sent)];
            pool.buffer().getBytes(Frame.head(sent), bytes);
            left.add(HexFormat.of().formatHex(bytes));
            pool.free(sent);
        });
        return left;
    }

    private boolean end() {
        trial.say("%,d frames, each given to Linux and to us, became %,d", frames, segments);
        trial.check("frames that differ", wrong, wrong == 0, "0");
        int more = out.all(100).size();
        trial.check("frames that Linux alone made", more, more == 0, "0");
        var account = counters.account(0);
        trial.check("conserved", account.conserved(), account.conserved(), "true");
        trial.check("frames not given back", pool.inUse(), pool.inUse() == 0, "0");
        return trial.end();
    }

    @Override
    public void close() {
        in.close();
        out.close();
        lab.close();
    }
}
