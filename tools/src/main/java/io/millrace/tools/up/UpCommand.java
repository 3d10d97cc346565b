package io.millrace.tools.up;

import io.millrace.dataplane.linux.Native;
import io.millrace.tools.api.ApiServer;
import io.millrace.tools.api.Routes;
import io.millrace.tools.tap.CaptureRoute;
import io.millrace.tools.topology.TopologyFile;
import io.millrace.tools.words.Failure;
import io.millrace.tools.words.Figures;
import io.millrace.vtep.network.Topology;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace up}: runs a topology. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs a topology: opens its interfaces and forwards between them until it is ended.",
            "",
            "Each port says what it is. On a terminal a view of rates and drops follows. Ctrl-C, SIGTERM or 'millrace down'"
                    + " end it; everything that was made or changed for it is taken back.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace up -f topology.yaml",
            "  millrace up -f topology.yaml --detach",
            "  ip netns exec lab millrace up -f topology.yaml",
            "",
            "Exit code: 0 it ran and was ended, 1 it could not run, 2 usage."
        })
public final class UpCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            defaultValue = "topology.yaml",
            description = "the topology (default: ${DEFAULT-VALUE})")
    private Path file = Path.of("topology.yaml");

    @Option(
            names = {"-d", "--detach"},
            description = "goes on in the background; ends when it forwards, or says why it cannot")
    private boolean detach;

    @Option(
            names = "--force",
            description = "takes an interface although the kernel has addresses there, and those with it")
    private boolean force;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "where to be asked (default: /run/millrace/NAME.sock)")
    private @Nullable Path socket;

    @Override
    public Integer call() {
        boolean runsHere = !detach || Detached.isChild();
        if (runsHere) {
            prepare();
        }
        var read = TopologyFile.read(file);
        if (!runsHere) {
            return Detached.start(read.topology().name(), err());
        }
        var screen = new Screen(err(), Screen.hasTerminal());
        read.notes().forEach(screen::say);
        notYet(read.topology(), screen);
        var end = new End();
        try (var claim = Claim.take(read.topology().name(), file, socket)) {
            return run(read.topology(), claim, screen, end);
        } finally {
            end.ended();
        }
    }

    /** What takes long to load, the way into the kernel and the server, is loaded while the file is read. */
    private static void prepare() {
        Thread.ofPlatform().daemon().name("prepare").start(() -> {
            int none = new Native().close(-1);
            assert none < 0;
            ApiServer.prepare();
        });
    }

    /** What the file says and nobody acts upon yet is at least not silent. */
    private static void notYet(Topology topology, Screen screen) {
        if (topology.workers() > 1) {
            screen.say("workers: one forwards; more are not used yet");
        }
    }

    private int run(Topology topology, Claim claim, Screen screen, End end) {
        var running = new Running(topology);
        var attachments = new Attachments(topology, running.pool(), force);
        var opening = new Opening(running, attachments, file, screen);
        opening.check();
        try {
            opening.openAll();
            running.start();
            var _ = running.died().thenAccept(end::fail);
            return forward(running, attachments, claim, screen, end);
        } finally {
            running.close(screen);
        }
    }

    private int forward(Running running, Attachments attachments, Claim claim, Screen screen, End end) {
        var about = new About(claim.name(), claim.socket(), Claim.real(file), Instant.now());
        try (var rates = Rates.of(running);
                var _ = Hotplug.watch(running, attachments, screen);
                var _ = ApiServer.start(claim.socket(), routes(running, about, rates, end));
                var _ = LiveView.show(running, rates, screen)) {
            rates.eachSecond(new Alarms(running, screen)::look);
            var changes = running.changes();
            if (changes != null) {
                changes.tell(screen);
            }
            var kept = running.kept();
            if (kept != null) {
                kept.tell(screen);
                rates.eachSecond(kept::beat);
            }
            rates.eachSecond(() -> Hotplug.lookAtRoamers(running, screen));
            screen.say("up, " + Figures.count(running.outlets().size(), "port") + " on "
                    + Figures.count(running.switches().size(), "network"));
            Rehearsal.start(running.outlets());
            if (!end.await(screen)) {
                return Failure.FAILED;
            }
            Detached.forgetLog();
            return 0;
        }
    }

    private static Routes routes(Running running, About about, Rates rates, End end) {
        var routes = new Routes();
        new Answers(running, about, rates).mount(routes);
        new Published(running).mount(routes);
        routes.get(CaptureRoute.PATH, new CaptureRoute(new PortTaps(running)));
        routes.post(ReplicaRoute.PATH, new ReplicaRoute(running));
        routes.post("/millrace/down", (request, answer) -> {
            answer.done();
            end.ask();
        });
        return routes;
    }

    private PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}
