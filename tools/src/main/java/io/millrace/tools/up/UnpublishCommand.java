package io.millrace.tools.up;

import io.millrace.vtep.network.ExposedPort;
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

/** {@code millrace unpublish}: a port is reached from outside no longer, and its connections are forgotten. */
@Command(
        name = "unpublish",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Publishes ports of the host no longer; their connections are forgotten at once.",
            "Of a range that is taken back in part the rest begins anew.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace unpublish 8080/tcp web",
            "  millrace unpublish 20000-20499/udp sip",
            "",
            "Exit code: 0, 1 the service has not published it, 2 usage."
        })
public final class UnpublishCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-p", "--publish"},
            paramLabel = "PORT",
            description = "the host's: port[-last][/tcp|udp]; may be repeated")
    private List<String> options = new ArrayList<>();

    @Parameters(paramLabel = "[PORT] SERVICE", description = "a port of the host, unless -p gives it, and the service")
    private List<String> words = new ArrayList<>();

    @Mixin
    private Target target = new Target();

    @Override
    public Integer call() {
        var ports = Publishes.ports(options, words, ExposedPort::parse);
        var socket = target.find();
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        for (var port : ports) {
            Publishes.change(socket, "unpublish", port, words.getLast()).forEach(out::println);
        }
        out.flush();
        return 0;
    }
}
