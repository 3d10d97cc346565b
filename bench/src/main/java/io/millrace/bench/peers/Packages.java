package io.millrace.bench.peers;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** What the peers need from Debian. */
final class Packages {
    static final List<Device.Needed> ALWAYS = List.of(
            new Device.Needed("ip", "iproute2"),
            new Device.Needed("ethtool", "ethtool"),
            new Device.Needed("taskset", "util-linux"));
    static final List<Device.Needed> TALK =
            List.of(new Device.Needed("iperf3", "iperf3"), new Device.Needed("ping", "iputils-ping"));

    private Packages() {}

    /** The packages of those programs that are not here, by program. */
    static Map<String, String> missing(List<Device.Needed> needed) {
        var missing = new LinkedHashMap<String, String>();
        for (var one : needed) {
            if (!Shell.has(one.program())) {
                missing.put(one.program(), one.debianPackage());
            }
        }
        return missing;
    }

    /** Installs what is missing where that can be done, and says so. What then is missing is found out by whoever needs it. */
    static void install(List<Device.Needed> needed, PrintStream say) {
        var packages = new TreeSet<>(missing(needed).values());
        if (packages.isEmpty()) {
            return;
        }
        if (!Shell.has("apt-get")) {
            say.println("bench peers: not installed, and not measured without: " + String.join(" ", packages));
            return;
        }
        say.println("bench peers: installing from Debian: " + String.join(" ", packages));
        // RUNLEVEL=1: the packages' own services are not started.
        var install = new ArrayList<>(List.of("env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get"));
        install.addAll(List.of("install", "-y", "-q", "--no-install-recommends"));
        install.addAll(packages);
        try {
            quietly("apt-get", "update", "-q");
            quietly(install.toArray(String[]::new));
        } catch (IOException e) {
            say.println("bench peers: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void quietly(String... command) throws IOException, InterruptedException {
        new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();
    }
}
