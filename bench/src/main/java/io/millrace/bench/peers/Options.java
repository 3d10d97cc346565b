package io.millrace.bench.peers;

import io.millrace.bench.peers.Results.Kind;
import io.millrace.tools.words.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the user asked for.
 *
 * @param only names of devices; empty: all
 * @param seconds that are counted of each flood and each TCP stream
 * @param rounds through all devices
 * @param kinds of floods
 * @param talk whether TCP and ping are measured, too
 */
record Options(
        List<String> only,
        double seconds,
        int rounds,
        List<Kind> kinds,
        boolean talk,
        @Nullable Path json,
        @Nullable Path svg) {
    static final List<Kind> KINDS =
            List.of(new Kind(60, 1), new Kind(60, 1000), new Kind(1514, 1), new Kind(1514, 1000));

    static final String USAGE = """
            Usage: millrace bench peers [--only NAMES] [--seconds S] [--rounds N] [--quick] [--frames-only]
                                        [--tunnels | --nat] [--json FILE] [--svg FILE]
            Millrace beside what else forwards frames on Linux, on this machine, in one run. Needs root.
              --only NAMES    comma-separated, of those below; "nothing" always runs
              --seconds S     counted of each flood; of a TCP stream at least 1 (default 0.5)
              --rounds N      rounds through all devices; the table has medians (default 3)
              --quick         one round, 0.3 s each, two of the four kinds of floods
              --frames-only   no TCP, no ping
              --tunnels       VXLAN: each device is two hosts with a tunnel between them
              --nat           a published port and masquerade, the kernel's and ours
              --json FILE, --svg FILE   write the results, too
            Devices: %s
            Tunnels: %s
            NAT: %s
            Example: millrace bench peers --only linux-bridge,ovs-afxdp,millrace-xdp --json peers.json --svg peers.svg
            """;

    /** @throws Failure with one sentence for what is not understood */
    static Options parse(List<String> words, List<String> devices) {
        var rest = new ArrayList<>(words);
        boolean quick = rest.remove("--quick");
        rest.removeAll(List.of("--tunnels", "--nat")); // have chosen the devices
        boolean framesOnly = rest.remove("--frames-only");
        List<String> only = List.of();
        double seconds = quick ? 0.3 : 0.5;
        int rounds = quick ? 1 : 3;
        Path json = null;
        Path svg = null;
        while (!rest.isEmpty()) {
            var option = rest.removeFirst();
            var value = rest.isEmpty() ? "" : rest.getFirst();
            switch (option) {
                case "--only" -> only = names(value, devices);
                case "--seconds" -> seconds = number(option, value, 0.1, 60);
                case "--rounds" -> rounds = (int) number(option, value, 1, 99);
                case "--json" -> json = file(option, value);
                case "--svg" -> svg = file(option, value);
                default -> throw Failure.usage("bench peers: what is '" + option + "'? See --help.");
            }
            rest.removeFirst();
        }
        var kinds = quick ? List.of(KINDS.getFirst(), KINDS.getLast()) : KINDS;
        return new Options(only, seconds, rounds, kinds, !framesOnly, json, svg);
    }

    boolean wants(String device) {
        return only.isEmpty() || only.contains(device);
    }

    private static List<String> names(String value, List<String> devices) {
        var names = List.of(value.split(",", -1));
        for (var name : names) {
            if (!devices.contains(name)) {
                throw Failure.usage("bench peers: no device '" + name + "'; there are " + String.join(", ", devices));
            }
        }
        return names;
    }

    private static double number(String option, String value, double least, double most) {
        try {
            double number = Double.parseDouble(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Failure.usage("bench peers: " + option + " takes a number from " + least + " to " + most);
    }

    private static Path file(String option, String value) {
        if (value.isEmpty()) {
            throw Failure.usage("bench peers: " + option + " takes the name of a file");
        }
        return Path.of(value);
    }
}
