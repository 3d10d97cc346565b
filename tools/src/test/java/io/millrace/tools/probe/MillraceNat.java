package io.millrace.tools.probe;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@code millrace up} with one network and an uplink. */
final class MillraceNat implements NatDevice {
    private static final Pattern DROPS =
            Pattern.compile("\"node\":\"([^\"]*)\",\"reason\":\"([^\"]*)\",\"sentence\":\"[^\"]*\",\"frames\":(\\d+)");

    private final String kind;
    private final String settings;
    private Started started;

    /**
     * @param kind of attachment of both ports
     * @param settings what stands under {@code nat}
     */
    MillraceNat(String kind, String settings) {
        this.kind = kind;
        this.settings = settings;
    }

    @Override
    public void start(Lab.Host host, Path directory) throws IOException {
        started = new Started(host, directory, topology());
    }

    private String topology() {
        return """
               x-millrace:
                 uplink:
                   %1$s: outside
                   address: 192.0.2.1/24
                   neighbors: { %2$s }
                 nat: { %3$s }
               networks:
                 lan:
                   ipam: { config: [ { subnet: 10.1.0.0/16, gateway: 10.1.0.1 } ] }
                   x-millrace:
                     gateway_mac: "02:00:0a:01:00:01"
                     neighbors: { %4$s }
               services:
                 web:
                   networks: { lan: { ipv4_address: 10.1.0.2 } }
                   ports: [ "8080:80", "8080:80/udp" ]
                   x-millrace: { attach: { %1$s: inside } }
               """.formatted(kind, neighbors("192."), settings, neighbors("10."));
    }

    private static String neighbors(String prefix) {
        return NatSegments.neighbors().entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .map(entry -> entry.getKey() + ": \"" + entry.getValue() + "\"")
                .collect(Collectors.joining(", "));
    }

    @Override
    public String said() {
        return started.said();
    }

    @Override
    public Map<String, Long> drops() throws IOException {
        awaitSocket();
        var drops = new TreeMap<String, Long>();
        var found = DROPS.matcher(started.api("/millrace/drops"));
        while (found.find()) {
            drops.put(found.group(1) + " " + found.group(2), Long.parseLong(found.group(3)));
        }
        return drops;
    }

    private void awaitSocket() {
        for (int i = 0; i < 3_000 && started.isAlive() && !started.answers(); i++) {
            LockSupport.parkNanos(20_000_000);
        }
    }

    @Override
    public void close() {
        if (started != null) {
            started.close();
        }
    }
}
