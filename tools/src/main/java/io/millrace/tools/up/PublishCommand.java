package io.millrace.tools.up;

import io.millrace.vtep.network.PublishedPort;
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

/** {@code millrace publish}: another port of a service is reached from outside, while all goes on. */
@Command(
        name = "publish",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Publishes ports of a service of a running topology, until 'unpublish' or until it ends; where the topology",
            "keeps its connections (nat: state), the ports are kept with them.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace publish 8080:80 web",
            "  millrace publish -p 53:53/udp -p 53:53 dns",
            "  millrace publish 192.0.2.11:20000-20499:20000-20499/udp sip",
            "  millrace publish 80 web                  # at any free port, which is printed",
            "",
            "Exit code: 0, 1 it cannot be published, 2 usage."
        })
public final class PublishCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-p", "--publish"},
            paramLabel = "PORT",
            description = "[address:][host port[-last]:]port[-last][/tcp|udp]; may be repeated")
    private List<String> options = new ArrayList<>();

    @Parameters(paramLabel = "[PORT] SERVICE", description = "a port, unless -p gives it, and the service")
    private List<String> words = new ArrayList<>();

    @Mixin
    private Target target = new Target();

    @Override
    public Integer call() {
        var ports = Publishes.ports(options, words, PublishedPort::parse);
        var socket = target.find();
        var commandLine = Objects.requireNonNull(spec).commandLine();
        for (var port : ports) {
            var lines = Publishes.change(socket, "publish", port, words.getLast());
            lines.forEach(commandLine.getOut()::println);
            if (lines.isEmpty()) {
                commandLine
                        .getErr()
                        .println("millrace: no network of " + words.getLast()
                                + " has a gateway that leads out: nothing is published");
            }
        }
        commandLine.getOut().flush();
        return 0;
    }
}
