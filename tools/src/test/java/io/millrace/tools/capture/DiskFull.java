package io.millrace.tools.capture;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.filter.BpfFilter;
import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import io.millrace.dataplane.port.CaptureRing;
import io.millrace.dataplane.port.CaptureTap;
import io.millrace.dataplane.port.PatchPort;
import io.millrace.dataplane.trials.Trial;
import io.millrace.tools.tap.CaptureSession;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.wiring.Switch;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * E12: the disk becomes full while a port is captured. A switch forwards frames of 1,000 bytes, a tap copies them, the copy
 * goes to a tmpfs of 20 MB that only this process sees and that other things fill in part. When it is full the file must be
 * whole and somebody must have been told; when there is space again the capture must go on; forwarding must not notice.
 */
final class DiskFull {
    private static final int MIB = 1 << 20;
    private static final int LENGTH = 1000, A_MILLISECOND = 20;
    private static final long MS = 1_000_000;

    private final Path disk;
    private final Trial trial;
    private final Source source = new Source();
    private final Sink sink = new Sink();
    private final PatchPort tapped = new PatchPort("s1");
    private final CaptureRing ring = new CaptureRing(BpfFilter.everything(), 2000, MIB);
    private final Counters counters = new Counters();
    private final FramePool pool = new FramePool(1024, 0);
    private volatile boolean running = true;
    private volatile boolean capturing = true;
    private volatile long fullAt, backAt;

    private DiskFull(Path disk) {
        this.disk = disk;
        this.trial = new Trial("disk full while capturing", 0, true);
    }

    public static void main(String[] args) throws Exception {
        if (!run()) {
            System.exit(1);
        }
    }

    /** Runs the experiment in a mount namespace of its own, where there is the small disk. */
    static boolean run() throws Exception {
        var disk = Files.createTempDirectory("diskfull");
        var passed = new CompletableFuture<Boolean>();
        Thread.ofPlatform().start(() -> {
            try {
                mount(disk);
                passed.complete(new DiskFull(disk).experiment());
            } catch (Throwable e) {
                passed.completeExceptionally(e);
            }
        });
        try {
            return passed.get();
        } finally {
            Files.delete(disk);
        }
    }

    /** Whether this process may do that. */
    static boolean isPossible() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }

    private static void mount(Path disk) {
        var calls = new Native();
        var none = Memory.string("none");
        var root = Memory.string("/");
        var type = Memory.string("tmpfs");
        var where = Memory.string(disk.toString());
        var options = Memory.string("size=20m");
        int cloneNewNamespace = 0x20000, privateAndBelow = 0x40000 | 0x4000;
        int result = calls.unshare(cloneNewNamespace);
        result |= calls.mount(none.addressOffset(), root.addressOffset(), 0, privateAndBelow, 0);
        result |= calls.mount(
                none.addressOffset(), where.addressOffset(), type.addressOffset(), 0, options.addressOffset());
        if (result != 0) {
            throw new IllegalStateException("the small disk cannot be mounted: " + result);
        }
    }

    private boolean experiment() throws Exception {
        var ballast = disk.resolve("ballast");
        var file = disk.resolve("s1.pcapng");
        Files.write(ballast, new byte[14 * MIB]);
        var worker = worker();
        var forwarding = Thread.ofPlatform().start(() -> forward(worker));
        var pipe = Pipe.open();
        var session = new CaptureSession("s1", ring, Channels.newOutputStream(pipe.sink()));
        var writing = Thread.ofPlatform().start(() -> session.run(() -> capturing));
        var blocks = new PcapngBlocks(Channels.newInputStream(pipe.source()), Long.MAX_VALUE);
        var capture = new CaptureFile(file, this::news, () -> capturing);
        var recording = Thread.ofPlatform().start(() -> record(blocks, capture));

        long stoppedGrowing = lastGrowth(file);
        trial.check(
                "the disk is full, told after, ms",
                (fullAt - stoppedGrowing) / MS,
                fullAt - stoppedGrowing < 1000 * MS,
                "at most 1000");
        long inFull = check(file, "frames in the file while the disk is full");
        long generated = source.frames;
        Thread.sleep(500);
        trial.check(
                "frames forwarded meanwhile",
                source.frames - generated,
                source.frames - generated > 2_000,
                "over 2000");
        Files.delete(ballast);
        await(() -> backAt != 0 && size(file) > 12 * MIB);
        trial.check("space again, capture goes on, bytes", size(file), size(file) > 12 * MIB, "over 12 MiB");

        running = false;
        forwarding.join();
        capturing = false;
        writing.join();
        recording.join();
        capture.close();
        end(file, inFull, blocks, capture);
        return trial.end();
    }

    private void end(Path file, long inFull, PcapngBlocks blocks, CaptureFile capture) throws IOException {
        long inFile = check(file, "frames in the file in the end");
        trial.check("more than when the disk was full", inFile - inFull, inFile > inFull, "some");
        trial.check(
                "and as many as were said to be",
                blocks.frames() - capture.unwritten(),
                inFile == blocks.frames() - capture.unwritten(),
                "the same");
        long accounted = blocks.frames() + ring.lost();
        trial.check(
                "copied or counted as lost",
                accounted,
                accounted == ring.matched(),
                "all that matched: " + ring.matched());
        trial.say("%-44s %14d", "copies lost while the disk was full", ring.lost());
        trial.check(
                "forwarding lost", source.frames - sink.frames, source.frames == sink.frames, "0 of " + source.frames);
        trial.check(
                "frames conserved",
                counters.account(0).conserved(),
                counters.account(0).conserved(),
                "true");
    }

    private Worker worker() {
        var graph = new Graph(pool, counters);
        var table = new MacTable(16, 1);
        var lan = new Switch("lan", Segment.DEFAULT, false, graph, table);
        tapped.exchange(source);
        CaptureTap.lay(tapped, ring);
        return new Worker(
                "forward",
                System::nanoTime,
                table,
                graph,
                List.of(
                        lan.plug(tapped, SwitchPort.DEFAULT).ingress(graph),
                        lan.plug(sink, SwitchPort.DEFAULT).ingress(graph)));
    }

    private void forward(Worker worker) {
        while (running) {
            worker.doWork();
            LockSupport.parkNanos(MS / 2);
        }
    }

    private void record(PcapngBlocks blocks, CaptureFile capture) {
        try {
            for (var piece = blocks.next(); piece.hasRemaining(); piece = blocks.next()) {
                capture.write(piece);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void news(String sentence) {
        trial.say("  %s", sentence);
        if (sentence.contains("is full")) {
            fullAt = fullAt == 0 ? System.nanoTime() : fullAt;
        } else {
            backAt = System.nanoTime();
        }
    }

    /** When the file grew for the last time before the news that the disk is full. */
    private long lastGrowth(Path file) throws Exception {
        long size = 0;
        long grew = System.nanoTime();
        while (fullAt == 0) {
            if (size(file) > size) {
                size = size(file);
                grew = System.nanoTime();
            }
            Thread.sleep(1);
        }
        return Math.min(grew, fullAt);
    }

    private static void await(BooleanSupplier what) throws InterruptedException {
        for (int i = 0; i < 30_000 && !what.getAsBoolean(); i++) {
            Thread.sleep(1);
        }
    }

    private static long size(Path file) {
        return file.toFile().length();
    }

    /** Frames that tshark finds in the file without a complaint; without tshark, that we do. */
    private long check(Path file, String figure) throws IOException {
        long frames = 0;
        String damage;
        try (var reader = CaptureReader.open(file)) {
            while (reader.next()) {
                frames++;
            }
            damage = String.valueOf(reader.damage());
        }
        if (Files.isExecutable(Path.of("/usr/bin/tshark"))) {
            var theirs = Lab.run("tshark", "-n", "-r", file.toString(), "-T", "fields", "-e", "frame.number");
            long seen = theirs.out().lines().count();
            boolean whole = theirs.exit() == 0 && !theirs.err().contains("cut short");
            trial.check(figure, seen, whole && seen == frames && damage.equals("null"), "as tshark reads a whole file");
        } else {
            trial.check(figure, frames, damage.equals("null"), "a whole file; tshark is not installed");
        }
        return frames;
    }

    /** A station that sends to the other one, so many frames a millisecond. */
    private final class Source implements Port {
        private volatile long frames;
        private long last = System.nanoTime();

        @Override
        public String name() {
            return "source";
        }

        @Override
        public int receive(Link into, FramePool frameMemory, int atMost) {
            long now = System.nanoTime();
            int due = (int) Math.min(running ? (now - last) * A_MILLISECOND / MS : 0, atMost);
            last = due == 0 ? last : now;
            for (int i = 0; i < due; i++) {
                long frame = frameMemory.allocate(LENGTH);
                frameMemory.buffer().setMemory(Frame.head(frame), LENGTH, (byte) 0);
                frameMemory.buffer().putByte(Frame.head(frame), (byte) 2);
                frameMemory.buffer().putByte(Frame.head(frame) + 6, (byte) 6);
                into.offer(frame);
            }
            frames = frames + due;
            return due;
        }

        @Override
        public int transmit(Link from, FramePool frameMemory) {
            return from.freeAll(frameMemory);
        }
    }

    private static final class Sink implements Port {
        private volatile long frames;

        @Override
        public String name() {
            return "s2";
        }

        @Override
        public int receive(Link into, FramePool pool, int atMost) {
            return 0;
        }

        @Override
        public int transmit(Link from, FramePool pool) {
            int n = from.freeAll(pool);
            frames = frames + n;
            return n;
        }
    }
}
