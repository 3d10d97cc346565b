package io.millrace.tools.replay;

import io.millrace.codec.capture.CaptureException;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.port.NowherePort;
import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace replay}: what a switch does with a capture. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Switches every frame of a capture and tells what happened.",
            "",
            "Each station gets a port of its own on one learning switch, when it first speaks; the switch's tables live by"
                    + " the capture's clock. Several captures are merged by time. Nothing is needed but Java.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace replay lan.pcap",
            "  millrace replay -o json --out ports/ lan.pcap",
            "  tcpdump -w - | millrace replay -",
            "  millrace replay --vni 7 --out inside/ underlay.pcap",
            "  millrace replay --decap inside.pcapng underlay.pcap",
            "  millrace replay --encap vxlan.pcap --vni 7 --local 10.9.0.1 --remote 10.9.0.2 lan.pcap",
            "  millrace replay -f topology.yaml --in underlay --out ports/ underlay.pcap",
            "",
            "In JSON, capture.bytes are those on the wire; capture.truncated counts the frames of which less was captured"
                    + " than that, capture.malformed those with a header that cannot be.",
            "Exit code: 0 fine, 1 a capture is damaged or cannot be read, 2 usage."
        })
public final class ReplayCommand implements Callable<Integer> {
    private enum Output {
        table,
        json
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "IN",
            description = "captures: pcap or pcapng, plain, gzip or zstd; - is standard input")
    private List<String> captures = List.of();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            description = "how to tell it (default: ${DEFAULT-VALUE})")
    private Output output = Output.table;

    @Option(names = "--out", paramLabel = "DIR", description = "writes a pcapng for each port, and drops.pcapng")
    private @Nullable Path directory;

    @Option(names = "--report", paramLabel = "FILE", description = "writes the same facts as a page of HTML")
    private @Nullable Path page;

    @ArgGroup
    private @Nullable Rate rate;

    @Option(names = "--loop", paramLabel = "N", description = "reads the captures N times (default: once)")
    private int loops = 1;

    @Option(names = "--limit", paramLabel = "N", description = "stops after N frames")
    private long limit = Long.MAX_VALUE;

    @Mixin
    private SwitchOptions switches = new SwitchOptions();

    @Mixin
    private VxlanOptions vxlan = new VxlanOptions();

    @Mixin
    private TunnelOptions tunnels = new TunnelOptions();

    /** How fast; one of these. */
    private static final class Rate {
        @Option(names = "--pps", paramLabel = "N", description = "N frames a second")
        private @Nullable Double frames;

        @Option(names = "--mbps", paramLabel = "N", description = "N million bits a second")
        private @Nullable Double megabits;

        @Option(names = "--speed", paramLabel = "X", description = "X times as fast as recorded; 1 is as recorded")
        private @Nullable Double speed;

        @Option(names = "--topspeed", description = "as fast as it goes (the default)")
        private boolean top;
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        var replay = replay();
        var finished = new CountDownLatch(1);
        var hook = new Thread(() -> stop(replay, finished), "stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            runAndClose(replay);
            return tell(Report.of(replay));
        } finally {
            finished.countDown();
            if (!replay.isStopped()) {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        }
    }

    /** Runs it all; files are completed even when one of them cannot be. */
    private static void runAndClose(Replay replay) {
        var progress = Progress.onTerminal();
        try (replay) {
            replay.run(progress);
        } catch (CaptureException cannotBeWritten) {
            throw Failure.failed(String.valueOf(cannotBeWritten.getMessage()));
        } finally {
            progress.end();
        }
    }

    private Replay replay() {
        var pace = pace();
        if (tunnels.isGiven()) {
            return new Replay(captures, pace, limit, loops, tunnels.wiring(vxlan, captures), vxlan.inCapture());
        }
        var output = directory == null ? null : new OutputDirectory(directory, captures);
        Function<String, Port> outside = output == null ? NowherePort::new : output::port;
        var replay =
                new Replay(captures, pace, limit, loops, switches.wiring(vxlan, outside, err()), vxlan.inCapture());
        if (output != null) {
            replay.recordDrops(output.drops());
        }
        return replay;
    }

    /** Ctrl-C: the run ends after its turn, files are completed, and what happened so far is told. */
    private static void stop(Replay replay, CountDownLatch finished) {
        replay.stop();
        try {
            boolean inTime = finished.await(10, TimeUnit.SECONDS);
            assert inTime || !replay.isStopped() : "a turn took ten seconds";
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    private void check() {
        if (Collections.frequency(captures, "-") > 1) {
            throw Failure.usage("standard input (-) can be read only once");
        }
        if (loops > 1 && captures.contains("-")) {
            throw Failure.usage("standard input (-) cannot be read again: --loop needs files");
        }
        require(loops >= 1, "--loop", "1 or more");
        require(limit >= 1, "--limit", "1 or more");
        tunnels.check();
        if (tunnels.isGiven() && (directory != null || switches.isTopologyGiven())) {
            throw Failure.usage("--decap and --encap switch nothing: leave out -f, --in and --out");
        }
    }

    private static void require(boolean holds, String option, String what) {
        if (!holds) {
            throw Failure.usage(option + " must be " + what);
        }
    }

    private Pace pace() {
        if (rate == null || rate.top) {
            return Pace.topSpeed();
        }
        if (rate.frames != null) {
            requirePositive(rate.frames, "--pps");
            return Pace.framesPerSecond(rate.frames);
        }
        if (rate.megabits != null) {
            requirePositive(rate.megabits, "--mbps");
            return Pace.megabitsPerSecond(rate.megabits);
        }
        double speed = rate.speed == null ? 1 : rate.speed;
        requirePositive(speed, "--speed");
        return Pace.speed(speed);
    }

    private static void requirePositive(double figure, String option) {
        require(figure > 0 && Double.isFinite(figure), option, "more than 0");
    }

    private int tell(Report report) {
        writePage(report);
        var out = tunnels.isOnStandardOutput() ? err() : spec().commandLine().getOut();
        out.print(output == Output.json ? JsonReport.of(report) + "\n" : TableReport.of(report));
        out.flush();
        var err = err();
        report.warnings().forEach(warning -> err.println("millrace: " + warning));
        report.damage().forEach(damage -> err.println("millrace: " + damage));
        return report.damage().isEmpty() ? 0 : Failure.FAILED;
    }

    private void writePage(Report report) {
        if (page != null) {
            try {
                Files.writeString(page, HtmlReport.of(report));
            } catch (IOException problem) {
                throw Failure.failed(page + ": cannot be written");
            }
        }
    }

    private PrintWriter err() {
        return spec().commandLine().getErr();
    }

    private CommandSpec spec() {
        return Objects.requireNonNull(spec);
    }
}
