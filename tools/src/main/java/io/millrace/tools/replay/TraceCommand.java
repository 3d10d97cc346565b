package io.millrace.tools.replay;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.dataplane.port.NowherePort;
import io.millrace.tools.words.Failure;
import io.millrace.tools.words.Figures;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace trace}: which way some frames of a capture go, and why. */
@Command(
        name = "trace",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Tells the way of a frame: each header, each step it came to, what was decided there and why, where it left"
                    + " or how it ended. All frames before it are replayed as 'replay' does.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace trace lan.pcap --frame 17",
            "  millrace trace lan.pcap --filter 10.0.0.1",
            "  millrace trace underlay.pcap --vni 7 --frame 17",
            "  millrace trace lan.pcap --filter '02:42:ac:11:00:02 ff:ff:ff:ff:ff:ff' --limit 3",
            "Exit code: 0 fine, 1 there is no such frame, or the capture is damaged or cannot be read, 2 usage."
        })
public final class TraceCommand implements Callable<Integer> {
    private static final int FRAMES = 10;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "IN", description = "a capture: pcap or pcapng, plain, gzip or zstd; - is standard input")
    private String capture = "-";

    @Option(names = "--frame", paramLabel = "N", description = "frame N, from 1")
    private long frame;

    @Option(
            names = "--filter",
            paramLabel = "ADDRESS",
            description = "frames from or to a MAC, IPv4 or IPv6 address; with two addresses, those between them")
    private @Nullable String filter;

    @Option(names = "--limit", paramLabel = "N", description = "at most N frames (default: " + FRAMES + ")")
    private long limit = FRAMES;

    @Mixin
    private SwitchOptions switches = new SwitchOptions();

    @Mixin
    private VxlanOptions vxlan = new VxlanOptions();

    @Override
    public Integer call() {
        var line = Objects.requireNonNull(spec).commandLine();
        if (limit < 1 || frame < 0 || (frame == 0 && line.getParseResult().hasMatchedOption("--frame"))) {
            throw Failure.usage((limit < 1 ? "--limit" : "--frame") + " must be 1 or more");
        }
        var chosen = chosen();
        var replay = new Replay(
                List.of(capture),
                Pace.topSpeed(),
                frame == 0 ? Long.MAX_VALUE : frame,
                1,
                switches.wiring(vxlan, NowherePort::new, line.getErr()),
                vxlan.inCapture());
        var trace = new Trace(
                chosen, frame == 0 ? limit : 1, line.getOut()::println, replay.board()::pool, vxlan.inCapture());
        try (replay) {
            replay.watch(trace, trace);
            replay.run(trace);
        }
        line.getOut().flush();
        replay.damage().forEach(sentence -> line.getErr().println("millrace: " + sentence));
        if (!trace.found()) {
            throw Failure.failed(nothing(replay.facts().frames()));
        }
        return replay.damage().isEmpty() ? 0 : Failure.FAILED;
    }

    private Predicate<CaptureReader> chosen() {
        Predicate<CaptureReader> numbered = at -> frame == 0 || at.number() == frame;
        return filter == null ? numbered : numbered.and(AddressFilter.parse(filter)::matches);
    }

    private String nothing(long frames) {
        String has = capture + ": has " + Figures.count(frames, "frame") + ", ";
        if (filter == null) {
            return frame == 0 ? capture + ": has no frames" : has + "there is no frame " + frame;
        }
        return has + "none of them matches '" + filter + "'" + (frame == 0 ? "" : " and is frame " + frame);
    }
}
