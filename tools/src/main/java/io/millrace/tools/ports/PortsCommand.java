package io.millrace.tools.ports;

import io.millrace.dataplane.linux.Ethtool;
import io.millrace.dataplane.linux.Interface;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Netlink;
import io.millrace.tools.words.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace ports}: what the interfaces here are good for, before anything is plugged in. */
@Command(
        name = "ports",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Tells what the interfaces here are and which attachments would work; with a name, all about one of them.",
            "Nothing is changed.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace ports",
            "  millrace ports eth1",
            "  millrace ports -o json | jq '.ports[].xdp'"
        })
public final class PortsCommand implements Callable<Integer> {
    enum Output {
        table,
        json
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "INTERFACE", description = "all about this one")
    private @Nullable String name;

    @Option(
            names = {"-o", "--output"},
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})",
            defaultValue = "table")
    private Output output = Output.table;

    @Override
    public Integer call() {
        var found = look();
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        if (output == Output.json) {
            out.println(PortsJson.of(found));
        } else {
            out.print(name == null ? PortsTable.of(found) : PortsTable.of(found.getFirst()));
        }
        out.flush();
        return 0;
    }

    private List<Preflight> look() {
        try (var kernel = Netlink.open();
                var card = Ethtool.open()) {
            var devices = name == null ? kernel.list() : List.of(kernel.get(name));
            var found = new ArrayList<Preflight>();
            for (Interface device : devices) {
                found.add(Preflight.of(device, card, kernel));
            }
            return found;
        } catch (KernelException e) {
            throw Failure.failed(String.valueOf(e.getMessage()));
        }
    }
}
