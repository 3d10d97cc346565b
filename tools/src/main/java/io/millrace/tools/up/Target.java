package io.millrace.tools.up;

import io.millrace.tools.words.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which of those that run a command is about: the one that is named, or the only one there is. */
public final class Target {
    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "which one, as 'millrace ps' names it; not needed when one runs")
    private @Nullable String name;

    @Option(names = "--socket", paramLabel = "PATH", description = "which one, by its socket")
    private @Nullable Path socket;

    /** One that runs. */
    record Found(Path socket, Answered info) {}

    /** Its socket; it answered a moment ago. */
    public Path find() {
        return found(name).socket;
    }

    /** The sockets of those it may be about: the one that is named, or all that run here. */
    public List<Path> sockets() {
        return name != null || socket != null
                ? List.of(find())
                : all().stream().map(Found::socket).toList();
    }

    /** Those that run here, by name. */
    static List<Found> all() {
        var all = new ArrayList<Found>();
        for (var socket : Home.sockets()) {
            var info = Answered.get(socket, "/millrace/info");
            if (info != null) {
                all.add(new Found(socket, info));
            }
        }
        return all;
    }

    /** The one of that name, or by the options of the command. */
    Found found(@Nullable String named) {
        if (socket != null) {
            var info = Answered.get(socket, "/millrace/info");
            if (info == null) {
                throw Failure.failed(socket + ": nobody answers there");
            }
            return new Found(socket, info);
        }
        var all = all();
        if (all.isEmpty()) {
            throw Failure.failed("nothing is running; start one with 'millrace up -f topology.yaml'");
        }
        var names = all.stream().map(one -> one.info.text("name")).toList();
        if (named != null) {
            int at = names.indexOf(named);
            if (at < 0) {
                throw Failure.failed("nothing called " + named + " is running; there is " + String.join(", ", names));
            }
            return all.get(at);
        }
        if (all.size() > 1) {
            throw Failure.usage("several are running: say which of " + String.join(", ", names));
        }
        return all.getFirst();
    }

    /** The one that runs a topology file. */
    static Found running(Path topology) {
        var real = Claim.real(topology);
        for (var one : all()) {
            if (one.info.text("topology").equals(real)) {
                return one;
            }
        }
        throw Failure.failed(topology + " is not running; start it with 'millrace up -f " + topology + "'");
    }
}
