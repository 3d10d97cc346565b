package io.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where and with what was measured. */
final class Environment {
    private static final List<String> PACKAGES =
            List.of("openvswitch-switch", "dpdk-dev", "vde2", "libpcap0.8", "iperf3", "iproute2");

    private Environment() {}

    static Map<String, String> facts() {
        var facts = new LinkedHashMap<String, String>();
        facts.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("kernel", System.getProperty("os.version"));
        facts.put("cpu", cpu());
        facts.put("cores", "" + Runtime.getRuntime().availableProcessors());
        facts.put("java", System.getProperty("java.vendor") + " " + Runtime.version());
        facts.put("load_before", firstWord("/proc/loadavg"));
        for (var name : PACKAGES) {
            var said = Shell.has("dpkg-query")
                    ? Shell.run("dpkg-query", "-W", "-f", "${Version}", name)
                    : new Shell.Said(1, "");
            if (said.exit() == 0) {
                facts.put(name, said.words().strip());
            }
        }
        return facts;
    }

    private static String cpu() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("model name"))
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String firstWord(String file) {
        return Shell.read(Path.of(file)).split(" ", -1)[0];
    }
}
