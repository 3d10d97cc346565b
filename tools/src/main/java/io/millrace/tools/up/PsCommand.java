package io.millrace.tools.up;

import io.millrace.tools.words.Figures;
import io.millrace.tools.words.Json;
import io.millrace.tools.words.TextTable;
import io.millrace.tools.words.TextTable.Side;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace ps}: what runs. */
@Command(
        name = "ps",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {"Lists the topologies that run on this host.", ""},
        footer = {"", "Examples:", "  millrace ps", "  millrace ps -o json", "", "Exit code: 0, 1 failed, 2 usage."})
public final class PsCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            description = "how to tell it (default: ${DEFAULT-VALUE})")
    private ShowCommand.Output output = ShowCommand.Output.table;

    @Override
    public Integer call() {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        out.print(output == ShowCommand.Output.json ? json(Target.all()) : table(Target.all()));
        out.flush();
        return 0;
    }

    private static String table(List<Target.Found> all) {
        var table = new TextTable(Side.LEFT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.LEFT, Side.LEFT);
        table.row("NAME", "PID", "UPTIME", "PORTS", "NETWORKS", "SOCKET", "PUBLISHED");
        for (var one : all) {
            var info = one.info();
            table.row(
                    info.text("name"),
                    info.text("pid"),
                    Figures.duration(TimeUnit.SECONDS.toNanos(info.number("uptime_s"))),
                    info.text("ports"),
                    info.text("networks"),
                    one.socket().toString(),
                    published(info));
        }
        var text = new StringBuilder();
        table.writeTo(text, Integer.MAX_VALUE);
        return text.toString();
    }

    /** Each service as {@code docker ps} shows its ports. */
    private static String published(Answered info) {
        return info.list("published").stream()
                .map(one -> one.text("service") + ": " + one.text("ports"))
                .collect(Collectors.joining("; "));
    }

    private static String json(List<Target.Found> all) {
        var json = new Json().array();
        for (var one : all) {
            var info = one.info();
            json.object().name("name").value(info.text("name"));
            json.name("pid").value(info.number("pid"));
            json.name("uptime_s").value(info.number("uptime_s"));
            json.name("ports").value(info.number("ports"));
            json.name("networks").value(info.number("networks"));
            json.name("topology").value(info.text("topology"));
            json.name("socket").value(one.socket().toString());
            json.name("published").array();
            for (var service : info.list("published")) {
                json.object().name("service").value(service.text("service"));
                json.name("ports").value(service.text("ports")).endObject();
            }
            json.endArray().endObject();
        }
        return json.endArray() + "\n";
    }
}
