package io.millrace.tools.replay;

import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.tools.topology.TopologyFile;
import io.millrace.tools.words.Failure;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which switches a capture goes through. */
final class SwitchOptions {
    private static final int STATIONS = 4096;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "TOPOLOGY",
            description = "the switches of a topology file; a station enters by the port that its address is said to be"
                    + " at there, others by the ports that are left, in the order of the file")
    private @Nullable Path topology;

    @Option(names = "--in", paramLabel = "PORT", description = "every frame enters by this port of the topology")
    private @Nullable String in;

    @Option(
            names = "--stations",
            paramLabel = "N",
            description =
                    "the first N stations get a port of their own; later ones share one (default: " + STATIONS + ")")
    private int stations = STATIONS;

    /** Whether there is a topology. */
    boolean isTopologyGiven() {
        return topology != null || in != null;
    }

    /**
     * How to wire the switches.
     *
     * @param vxlan whether to look into tunnels
     * @param outside makes what is behind a port, by the port's name
     * @param err is told what the topology file says and is not used
     */
    Function<CaptureFilePort, Board> wiring(VxlanOptions vxlan, Function<String, Port> outside, PrintWriter err) {
        if (stations < 1 || stations > StationSwitch.MOST_STATIONS) {
            throw Failure.usage("--stations must be from 1 to " + StationSwitch.MOST_STATIONS);
        }
        if (topology == null) {
            if (in != null) {
                throw Failure.usage("--in names a port of a topology: give the topology with -f");
            }
            var inside = vxlan.isGiven() ? vxlan.wanted() : null;
            return capture -> new StationSwitch(capture, outside, stations, inside);
        }
        if (vxlan.isGiven()) {
            throw Failure.usage(
                    "--vni looks into tunnels without a topology; with -f the topology says which are ours");
        }
        var file = TopologyFile.read(topology);
        file.notes().forEach(note -> err.println("millrace: " + note));
        return capture -> new Wired(file.topology(), capture, outside, in, stations);
    }
}
