package io.millrace.tools.replay;

import io.millrace.codec.capture.CaptureException;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.capture.CaptureWriter;
import io.millrace.dataplane.graph.Witness;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.dataplane.port.DroppedFrames;
import io.millrace.tools.words.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;

/** One run: the captures from their first frame to their last, through the switch. */
final class Replay implements AutoCloseable {
    /** What replays the captures calls itself in the balance of all frames; no port of a user can be called so. */
    private static final String CAPTURE = "capture file";

    private final List<String> names;
    private final Pace pace;
    private final Facts facts;
    private final CaptureFilePort capture;
    private final Board board;
    private final Set<String> damage = new LinkedHashSet<>();
    private final Set<String> warnings = new LinkedHashSet<>();
    private List<CaptureReader> readers;
    private final long limit;
    private final int loops;
    private int loopsLeft;
    private long started;
    private long ended;
    private volatile boolean stopped;
    private @Nullable DroppedFrames dropped;
    private CaptureFilePort.@Nullable Observer spectator;

    /**
     * Opens the captures.
     *
     * @param names files, or {@code -} for standard input
     * @param limit the most frames to read, all rounds together
     * @param loops how often to read them all
     * @param board wires the switches that the captures go through
     * @param vxlanPorts UDP ports that are VXLAN's
     * @throws Failure when one of them cannot be opened or is no capture
     */
    Replay(
            List<String> names,
            Pace pace,
            long limit,
            int loops,
            Function<CaptureFilePort, Board> board,
            int... vxlanPorts) {
        this.names = names;
        this.pace = pace;
        this.limit = limit;
        this.loops = loops;
        this.loopsLeft = loops - 1;
        this.facts = new Facts(names, vxlanPorts);
        this.readers = open(names);
        this.capture = new CaptureFilePort(CAPTURE, readers, MacTable.TICK, pace, this::observe);
        capture.stopAfter(limit);
        this.board = board.apply(capture);
    }

    private static List<CaptureReader> open(List<String> names) {
        var readers = new ArrayList<CaptureReader>();
        try {
            for (var name : names) {
                readers.add(CaptureReader.open(Path.of(name)));
            }
            return readers;
        } catch (CaptureException refused) {
            readers.forEach(CaptureReader::close);
            throw Failure.failed(String.valueOf(refused.getMessage()));
        }
    }

    /** What captures are called in the comment of a frame: without their directories where that is enough. */
    static List<String> shortNames(List<String> names) {
        var last = names.stream()
                .map(name -> String.valueOf(Path.of(name).getFileName()))
                .toList();
        return Set.copyOf(last).size() == names.size() ? last : names;
    }

    private void observe(CaptureReader at, int file, long time) {
        facts.frame(at, file, time);
        if (spectator != null) {
            spectator.frame(at, file, time);
        }
    }

    /** Lets somebody see every frame, and what is decided about it. */
    void watch(CaptureFilePort.Observer frames, Witness decisions) {
        spectator = frames;
        board.witness(decisions);
    }

    /** Has every dropped frame written to a capture. */
    void recordDrops(CaptureWriter file) {
        dropped = new DroppedFrames(file, shortNames(names), board::pool);
        board.witness(dropped);
    }

    /**
     * Replays all there is, or until {@link #stop}.
     *
     * @param afterTurn is called between any two turns
     */
    void run(Consumer<Replay> afterTurn) {
        started = System.nanoTime();
        pace.start(started);
        while (!stopped && hasMore()) {
            if (board.turn() == 0) {
                pace.await();
            }
            afterTurn.accept(this);
        }
        ended = System.nanoTime();
        note();
    }

    private boolean hasMore() {
        if (!capture.isExhausted()) {
            return true;
        }
        if (loopsLeft == 0 || facts.frames() == 0 || facts.frames() >= limit) {
            return false;
        }
        loopsLeft--;
        note();
        readers = open(names);
        capture.rewind(readers);
        return true;
    }

    private void note() {
        for (var reader : readers) {
            warnings.addAll(reader.warnings());
            if (reader.damage() != null) {
                damage.add(reader.damage());
            }
        }
    }

    /** Ends the run after the turn that is on. Any thread. */
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    /** What the captures hold, as far as they were read. */
    Facts facts() {
        return facts;
    }

    CaptureFilePort capture() {
        return capture;
    }

    Board board() {
        return board;
    }

    /** How much of the work is done, from 0 to 1; below 0: nobody knows. */
    double share() {
        double ofFrames = (double) facts.frames() / limit;
        long read = 0;
        long size = 0;
        for (var reader : readers) {
            if (reader.size() < 0) {
                return limit == Long.MAX_VALUE ? -1 : ofFrames;
            }
            read += reader.bytesRead();
            size += reader.size();
        }
        double ofRound = size == 0 ? 1 : (double) read / size;
        return Math.max(ofFrames, (loops - 1 - loopsLeft + ofRound) / loops);
    }

    long elapsedNanos() {
        return (ended == 0 ? System.nanoTime() : ended) - started;
    }

    /** What is damaged, a sentence for each capture. */
    List<String> damage() {
        return List.copyOf(damage);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Whether every frame is accounted for. */
    boolean isConserved() {
        int held = board.held();
        return board.counters().account(held).conserved() && board.pool().inUse() == held;
    }

    @Override
    public void close() {
        CloseHelper.closeAll(capture, board, dropped);
    }
}
