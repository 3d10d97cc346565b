package io.millrace.bench.peers;

import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code millrace bench peers}: from the words of the command line to the tables. */
public final class Peers {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final PrintStream SAY = new PrintStream(System.err, true, StandardCharsets.UTF_8);

    private Peers() {}

    public static void main(String[] args) {
        System.exit(run(List.of(args)));
    }

    /** All that can be measured, in the order of the tables. */
    static List<Device> devices() {
        return List.of(
                new DoNothing(),
                new KernelBridge(),
                new OpenVSwitch("system"),
                new OpenVSwitch("afxdp"),
                new Testpmd("net_af_packet"),
                new Testpmd("net_af_xdp"),
                new Vde(),
                new Pcap4j(),
                new Millrace("pcap", "pcap", 1),
                new Millrace("packet", "packet", 1),
                new Millrace("xdp", "xdp", 1),
                new Millrace("xdp-generic", "xdp", 2),
                new Millrace("tap", "tap", 1));
    }

    /** Two hosts each, and between them a tunnel. */
    static List<Device> tunnels() {
        return List.of(
                new DoNothing(),
                new KernelTunnel(),
                new MillraceTunnel("packet", "packet", "packet"),
                new MillraceTunnel("xdp", "xdp", "xdp"),
                new MillraceTunnel("socket", "packet", "socket"),
                new MillraceTunnel("xdp-socket", "xdp", "socket"));
    }

    /** What translates: published ports, and what leaves under the host's address. */
    static List<Device> translators() {
        return List.of(
                new DoNothing(),
                new KernelNat("docker-iptables", Trip.PUBLISHED, true),
                new KernelNat("nftables", Trip.PUBLISHED, false),
                new MillraceNat("millrace-nat-packet", Trip.PUBLISHED, "packet"),
                new MillraceNat("millrace-nat-xdp", Trip.PUBLISHED, "xdp"),
                new KernelNat("docker-masquerade", Trip.MASQUERADED, true),
                new MillraceNat("millrace-masquerade-packet", Trip.MASQUERADED, "packet"),
                new MillraceNat("millrace-masquerade-xdp", Trip.MASQUERADED, "xdp"));
    }

    private static List<Device> chosen(List<String> words) {
        if (words.contains("--nat")) {
            return translators();
        }
        return words.contains("--tunnels") ? tunnels() : devices();
    }

    private static List<String> names(List<Device> devices) {
        return devices.stream().map(Device::name).toList();
    }

    static int run(List<String> words) {
        var devices = chosen(words);
        if (words.contains("--help") || words.contains("-h")) {
            OUT.printf(
                    Options.USAGE,
                    String.join(", ", names(devices())),
                    String.join(", ", names(tunnels())),
                    String.join(", ", names(translators())));
            return 0;
        }
        try {
            var options = Options.parse(words, names(devices));
            if (!isRoot()) {
                throw Failure.failed("bench peers: needs root, to make network namespaces and load BPF programs");
            }
            var chosen = devices.stream()
                    .filter(d -> options.wants(d.name()) || d.name().equals(Results.NOTHING))
                    .toList();
            report(measure(options, chosen), options);
            return 0;
        } catch (Failure e) {
            SAY.println(e.getMessage());
            return e.exitCode();
        } catch (NotMeasured e) {
            SAY.println("bench peers: " + e.why());
            return Failure.FAILED;
        }
    }

    static Results measure(Options options, List<Device> devices) {
        var needed = new ArrayList<>(Packages.ALWAYS);
        if (options.talk()) {
            needed.addAll(Packages.TALK);
        }
        devices.forEach(d -> needed.addAll(d.needs()));
        Packages.install(needed, SAY);
        var results = new Results(devices.stream().map(Device::name).toList());
        try (var course = new Course()) {
            Runnable remove = course::close;
            var interrupted = new Thread(() -> {
                Shell.closeAll();
                remove.run();
            });
            Runtime.getRuntime().addShutdownHook(interrupted);
            try (var flood = new Flood(course)) {
                new Contest(course, flood, options, results, Peers::progress).run(devices);
            }
            if (!Shell.isClosed()) {
                Runtime.getRuntime().removeShutdownHook(interrupted);
            }
        }
        return results;
    }

    private static void progress(String words) {
        if (!Shell.isClosed()) {
            SAY.println("bench peers: " + words);
        }
    }

    private static void report(Results results, Options options) {
        var environment = Environment.facts();
        OUT.print(new TextReport(results).write(environment));
        write(options.json(), new JsonReport(results).write(environment, options));
        write(options.svg(), new Chart(results).write(environment));
    }

    private static void write(@Nullable Path file, String words) {
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, words);
        } catch (IOException e) {
            throw Failure.failed("bench peers: writing " + file + ": " + e.getMessage());
        }
    }

    private static boolean isRoot() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
