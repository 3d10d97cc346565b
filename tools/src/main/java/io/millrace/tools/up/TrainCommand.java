package io.millrace.tools.up;

import io.millrace.dataplane.linux.Netlink;
import io.millrace.tools.api.ApiServer;
import io.millrace.tools.api.Routes;
import io.millrace.tools.topology.TopologyFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Does once what commands do when they start, so that the JVM's start-up cache knows it: the launcher calls it when it makes
 * that cache. Needs no capability, opens no interface.
 */
@Command(name = "train", hidden = true, description = "What the start-up cache is made from.")
public final class TrainCommand implements Callable<Integer> {
    private static final int QUESTIONS = 3;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "CAPTURE", description = "a capture to replay")
    private String capture = "";

    @Override
    public Integer call() throws IOException {
        var line = Objects.requireNonNull(spec).root().commandLine();
        line.execute("replay", capture, "--loop", "200");
        var folder = Files.createTempDirectory("millrace");
        var state = folder.resolve("sessions");
        var file = Files.writeString(folder.resolve("topology.yaml"), topology(state));
        var socket = folder.resolve("api.sock");
        try {
            run(file, socket);
            run(file, socket); // as after a kill: what was kept is taken up
            return 0;
        } finally {
            Files.delete(file);
            Files.deleteIfExists(socket);
            Files.deleteIfExists(state);
            Files.deleteIfExists(folder.resolve("sessions.changes"));
            Files.delete(folder);
        }
    }

    private static void run(Path file, Path socket) throws IOException {
        var screen = new Screen(new PrintWriter(Writer.nullWriter()), false);
        var running = new Running(TopologyFile.read(file).topology());
        try (var links = Netlink.open()) {
            links.list();
            links.find("s1");
            running.start();
            try (var rates = Rates.of(running);
                    var _ = ApiServer.start(socket, routes(running, rates, file, socket))) {
                Publishes.change(socket, "publish", "80", "s3");
                for (int i = 0; i < QUESTIONS; i++) {
                    for (var what : ShowCommand.What.values()) {
                        Tables.of(what, Answered.of(Answered.text(socket, "/millrace/" + what)));
                    }
                }
            }
        } finally {
            running.close(screen);
        }
    }

    private static Routes routes(Running running, Rates rates, Path file, Path socket) {
        var routes = new Routes();
        new Answers(running, new About("train", socket, file.toString(), Instant.now()), rates).mount(routes);
        new Published(running).mount(routes);
        return routes;
    }

    private static String topology(Path state) {
        return """
            name: train
            x-millrace:
              nat: { max_sessions: 1024, state: "%s" }
              uplink: { interface: u1, address: 192.0.2.1/24 }
            networks:
              lan: { x-millrace: { ageing: 300s } }
              web: { ipam: { config: [ { subnet: 10.1.0.0/24 } ] } }
            services:
              s1: { networks: [ lan ], x-millrace: { attach: { interface: s1 } } }
              s2: { networks: [ lan ], x-millrace: { attach: { veth: "s2@there" }, vlan: { access: 10 } } }
              s3: { networks: [ web ], ports: [ "8080:80" ], x-millrace: { attach: { interface: s3 } } }
            """.formatted(state);
    }
}
