package io.millrace.tools.capture;

import io.millrace.codec.filter.BpfFilter;
import io.millrace.dataplane.port.CaptureRing;
import io.millrace.dataplane.port.FilterCompiler;
import io.millrace.dataplane.port.FilterException;
import io.millrace.tools.up.Target;
import io.millrace.tools.words.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace capture}: what passes a port of a running dataplane, or an interface. */
@Command(
        name = "capture",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Shows what passes a port of a running dataplane, or an interface: a line per frame, or a pcapng file.",
            "Whoever captures is never waited for: frames that it is too slow for are not in the capture, and counted.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace capture s1",
            "  millrace capture s1 -w dns.pcapng udp port 53",
            "  millrace capture eth1 -c 10 'tcp[tcpflags] & tcp-syn != 0'",
            "  millrace capture s1 -w - | wireshark -k -i -",
            "Ctrl-C ends it. Exit code: 0 fine, 1 failed, 2 usage. docs/CAPTURE.md tells more."
        })
public final class CaptureCommand implements Callable<Integer> {
    private static final String INTERFACE = "interface:";

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "PORT|INTERFACE",
            description = "a port of the dataplane that runs, else an interface; interface:NAME is always an interface")
    private String from = "";

    @Parameters(index = "1..*", paramLabel = "FILTER", description = "frames that are wanted, in tcpdump's words")
    private List<String> filter = new ArrayList<>();

    @Option(
            names = {"-w", "--write"},
            paramLabel = "FILE",
            description = "write pcapng to FILE; - is standard output")
    private @Nullable Path file;

    @Option(
            names = {"-c", "--count"},
            paramLabel = "N",
            description = "end after N frames")
    private long count = Long.MAX_VALUE;

    @Option(
            names = {"-s", "--snaplen"},
            paramLabel = "BYTES",
            description = "keep the first BYTES of each frame (default: all)")
    private int snapLength = CaptureRing.WHOLE_FRAME;

    @Option(
            names = "--promiscuous",
            description = "have the interface's card take frames for others too, while this runs")
    private boolean promiscuous;

    @Mixin
    private Target target = new Target();

    @Override
    public Integer call() {
        if (count < 1 || snapLength < 1) {
            throw Failure.usage((count < 1 ? "--count" : "--snaplen") + " must be 1 or more");
        }
        var expression = String.join(" ", filter);
        var compiled = compiled(expression);
        try (var origin = origin(expression, compiled);
                var recording = new Recording(origin, count, file, this::tell)) {
            recording.run();
            tell(recording.summary());
        }
        return 0;
    }

    private Origin origin(String expression, BpfFilter compiled) {
        if (!from.startsWith(INTERFACE)) {
            for (var socket : target.sockets()) {
                var port = PortOrigin.open(socket, from, expression, snapLength);
                if (port != null) {
                    return port;
                }
            }
        }
        String device = from.startsWith(INTERFACE) ? from.substring(INTERFACE.length()) : from;
        return new InterfaceOrigin(device, compiled, snapLength, promiscuous, this::tell);
    }

    private static BpfFilter compiled(String expression) {
        try {
            return FilterCompiler.compile(expression);
        } catch (FilterException refused) {
            throw Failure.usage(String.valueOf(refused.getMessage()));
        }
    }

    private void tell(String sentence) {
        Objects.requireNonNull(spec).commandLine().getErr().println("millrace: " + sentence);
    }
}
