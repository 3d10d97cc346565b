package io.millrace.tools.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What people send: ping, UDP of every size, TCP. From one namespace to an address in another, and back.
 *
 * @param from where it is asked
 * @param to where it is answered
 * @param address of {@code to}
 */
record Traffic(Lab.Host from, Lab.Host to, String address) {
    private static final int PORT = 5001;
    private static final int IPERF_PORT = 5201;
    /** Bytes. */
    private static final int STREAM = 4 << 20;

    private static final String SUM = "\"sum_received\"";
    private static final Pattern BYTES = Pattern.compile("\"bytes\":\\s*(\\d+)");

    /** Tests need iperf3 and python3; they are reported as not run where these lack. */
    static void assumeTools() {
        for (var tool : List.of("iperf3", "python3", "ethtool", "ping")) {
            assumeTrue(Lab.run("sh", "-c", "command -v " + tool).exit() == 0, "not run: needs " + tool);
        }
    }

    /** All of it. @param mtu the path's, between the two */
    void all(int mtu) {
        pings(mtu);
        echo("sizes:0-1500," + oddSizes(mtu), "segments:" + segments(mtu), "stream:" + STREAM + "-" + STREAM);
        iperf();
        iperf("-R");
    }

    /** Some of each. */
    void brief(int mtu) {
        pings(mtu);
        echo("sizes:0-20," + oddSizes(mtu), "segments:" + segments(mtu), "stream:" + STREAM + "-" + STREAM);
    }

    /** Three pings come back, within a time that a loaded machine needs. */
    void ping() {
        ok(from.run("ping", "-q", "-c", "3", "-i", "0.02", "-w", "20", address));
    }

    /** So does one that fills the MTU to the last byte. */
    private void pings(int mtu) {
        ping();
        ok(from.run("ping", "-q", "-c", "1", "-w", "20", "-M", "do", "-s", "" + most(mtu), address));
    }

    /** The largest payload of a datagram in one packet. */
    private int most(int mtu) {
        return mtu - (address.contains(":") ? 40 : 20) - 8;
    }

    /** Datagrams around the MTU's size, and such as are sent in fragments. */
    private String oddSizes(int mtu) {
        int most = most(mtu);
        return IntStream.of(most - 1, most, most + 1, 2 * most, 4000, 9001, 32_000, 65_487)
                .mapToObj(size -> size + "-" + size)
                .collect(Collectors.joining(","));
    }

    private String segments(int mtu) {
        return "1-1,100-100," + most(mtu) + "-" + most(mtu);
    }

    /** Each task's datagrams come back byte by byte; {@code echo.py} says what there is. */
    private void echo(String... tasks) {
        var server = to.start("python3", program(), "serve", address, "" + PORT);
        try {
            var command = new ArrayList<>(List.of("python3", program(), "ask", address, "" + PORT));
            command.addAll(List.of(tasks));
            ok(from.run(command.toArray(String[]::new)));
        } finally {
            server.destroy();
        }
    }

    private static String program() {
        try {
            return Path.of(Traffic.class.getResource("echo.py").toURI()).toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** iperf3 is content, and has received something. */
    private void iperf(String... more) {
        var server = to.start("iperf3", "-s", "-1", "-B", address);
        try {
            awaitListener();
            var command = new ArrayList<>(List.of("iperf3", "-J", "-c", address, "-n", "" + STREAM));
            command.addAll(List.of(more));
            var report = ok(from.run(command.toArray(String[]::new)));
            assertThat(report).contains(SUM);
            var found = BYTES.matcher(report.substring(report.indexOf(SUM)));
            assertThat(found.find() && Long.parseLong(found.group(1)) > 0)
                    .as(report)
                    .isTrue();
        } finally {
            server.destroy();
        }
    }

    private String ok(Lab.Result result) {
        assertThat(result.exit())
                .as("%s to %s: %s%s", from.namespace(), address, result.out(), result.err())
                .isZero();
        return result.out();
    }

    private void awaitListener() {
        for (int i = 0; i < 200; i++) {
            if (to.run("ss", "-Hltn", "sport = :" + IPERF_PORT).out().contains(":" + IPERF_PORT)) {
                return;
            }
        }
        throw new AssertionError("iperf3 does not listen");
    }
}
