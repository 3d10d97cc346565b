package io.millrace.tools.up;

import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace show}: what a running topology knows and counts. */
@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {"Shows what a running topology knows and counts.", ""},
        footer = {
            "",
            "Examples:",
            "  millrace show ports",
            "  millrace show drops -o json",
            "  millrace show vtep",
            "  millrace show nat --address 10.1.0.2 --state established",
            "  watch -n1 millrace show fdb --name lab",
            "",
            "ports    what each is plugged into, its state, what went by, what was lost and by whom",
            "fdb      which station is behind which port",
            "vtep     the overlays, the other hosts, and which station is on which",
            "nat      the gateways, what is published, which connections go through, and as whose",
            "drops    which node ended how many frames, and why",
            "graph    the nodes, and which leads where",
            "runtime  the process: memory, collections, frames under way",
            "",
            "Exit code: 0, 1 nothing runs or it does not answer, 2 usage."
        })
public final class ShowCommand implements Callable<Integer> {
    /** How it is told. */
    enum Output {
        table,
        json
    }

    /** What is told. */
    enum What {
        ports,
        fdb,
        vtep,
        nat,
        drops,
        graph,
        runtime
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "WHAT", description = "${COMPLETION-CANDIDATES}")
    private What what = What.ports;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json",
            description = "how to tell it (default: ${DEFAULT-VALUE})")
    private Output output = Output.table;

    @Mixin
    private NatOptions nat = new NatOptions();

    @Mixin
    private Target target = new Target();

    @Override
    public Integer call() {
        var query = query();
        var socket = target.find();
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        try {
            var text = Answered.text(socket, "/millrace/" + what + query);
            out.print(output == Output.json ? text : Tables.of(what, Answered.of(text)));
            out.flush();
            return 0;
        } catch (IOException e) {
            throw Failure.failed(socket + ": does not answer: " + e.getMessage());
        }
    }

    /** What is asked besides, as it stands behind the path. */
    private String query() {
        var query = nat.query();
        if (what != What.nat && !query.isEmpty()) {
            throw Failure.usage("--sessions, --address, --port, --protocol and --state go with 'nat'");
        }
        query.most();
        query.wanted();
        return query.text();
    }
}
