package io.millrace.bench.peers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;

/** Two hosts at the ends of the course that speak TCP and ping through the device, as the scheduler places them. */
final class Tcp {
    private static final int PINGS = 200;
    /** Longest wait for a first answer, in pings, one a second. */
    private static final int PATIENCE = 15;

    /** Seconds of a stream that are not counted: its window opens, and some devices are compiled meanwhile. */
    private static final int OMITTED = 1;

    private static final Pattern TIME = Pattern.compile("time=([0-9.]+) ms");
    private static final Pattern RECEIVED =
            Pattern.compile("\"sum_received\":\\s*\\{[^}]*\"bits_per_second\":\\s*([0-9.e+]+)");

    private final Course course;
    private final Hosts hosts;

    Tcp(Course course, Hosts hosts) {
        this.course = course;
        this.hosts = hosts;
    }

    /** Gives the hosts their addresses; the cables are freshly laid. */
    void address() {
        hosts.address(course);
    }

    /** Waits until a ping comes back. */
    void awaitAnswer() {
        for (int i = 0; i < PATIENCE; i++) {
            if (Shell.run(Course.inside(hosts.pinging(course).name(), "ping", "-n", "-c1", "-W1", hosts.pinged()))
                            .exit()
                    == 0) {
                return;
            }
        }
        throw new NotMeasured("no ping came back");
    }

    /** Gbit/s that one stream's receiver got. */
    double gigabits(double seconds) {
        var words = course.folder().resolve("iperf3-server.log");
        var server = Shell.start(
                Course.inside(course.receiver().name(), "iperf3", "-s", "-1", "-p", "" + hosts.listening()), words);
        try {
            Flood.sleep(150);
            // One that hangs is ended: its connection may never be made.
            int patience = OMITTED + (int) Math.ceil(seconds) + 4;
            var said = Shell.run(Course.inside(
                    course.sender().name(),
                    "timeout",
                    "" + patience,
                    "iperf3",
                    "-c",
                    hosts.dialled(),
                    "-p",
                    "" + hosts.dialledPort(),
                    "-O",
                    "" + OMITTED,
                    "-t",
                    "" + (int) Math.ceil(seconds),
                    "--connect-timeout",
                    "1500",
                    "-J"));
            var received = RECEIVED.matcher(said.words());
            if (said.exit() != 0 || !received.find() || Double.parseDouble(received.group(1)) == 0) {
                throw new NotMeasured("no TCP came through");
            }
            return Double.parseDouble(received.group(1)) / 1e9;
        } finally {
            Shell.stop(server);
        }
    }

    /** Round trip in µs: the median of 200 pings, one every 2 ms. */
    double roundTrip() {
        var said = Shell.run(Course.inside(
                hosts.pinging(course).name(),
                "ping",
                "-n",
                "-i",
                "0.002",
                "-c",
                "" + PINGS,
                "-W",
                "1",
                hosts.pinged()));
        var times = times(said.words());
        if (times.size() < PINGS / 2) {
            throw new NotMeasured("of " + PINGS + " pings " + times.size() + " came back");
        }
        return Medians.of(times);
    }

    /** Every round trip of ping's output, in µs. */
    static List<Double> times(String words) {
        var times = new ArrayList<Double>();
        var found = TIME.matcher(words);
        while (found.find()) {
            times.add(Double.parseDouble(found.group(1)) * 1000);
        }
        Collections.sort(times);
        return times;
    }
}
