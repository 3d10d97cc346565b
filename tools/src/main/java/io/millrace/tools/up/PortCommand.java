package io.millrace.tools.up;

import io.millrace.tools.words.Failure;
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

/** {@code millrace port}: which ports of the host lead to a service, as {@code docker port} tells it. */
@Command(
        name = "port",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {"Lists which ports of the host lead to a service of a running topology.", ""},
        footer = {
            "",
            "Examples:",
            "  millrace port web                        # 80/tcp -> 0.0.0.0:8080",
            "  millrace port web 80                     # 0.0.0.0:8080",
            "  millrace port web -o json",
            "",
            "Exit code: 0, 1 there is no such service or port, 2 usage."
        })
public final class PortCommand implements Callable<Integer> {
    private static final String ARROW = " -> ";

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "SERVICE", description = "the service")
    private String service = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "PORT[/PROTOCOL]", description = "one of its ports")
    private @Nullable String port;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            description = "how to tell it (default: ${DEFAULT-VALUE})")
    private ShowCommand.Output output = ShowCommand.Output.table;

    @Mixin
    private Target target = new Target();

    @Override
    public Integer call() {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        var text = Publishes.of(target.find(), service);
        if (output == ShowCommand.Output.json) {
            out.print(text);
        } else {
            chosen(Publishes.lines(Answered.of(text))).forEach(out::println);
        }
        out.flush();
        return 0;
    }

    private List<String> chosen(List<String> lines) {
        if (port == null) {
            return lines;
        }
        var wanted = port.indexOf('/') < 0 ? port + "/tcp" : port;
        var found = lines.stream()
                .filter(line -> line.startsWith(wanted + ARROW))
                .map(line -> line.substring(wanted.length() + ARROW.length()))
                .toList();
        if (found.isEmpty()) {
            throw Failure.failed("No public port '" + wanted + "' published for " + service);
        }
        return found;
    }
}
