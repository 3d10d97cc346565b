package io.millrace.tools.probe;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Linux with nftables, set up as a careful administrator would: what the probe is checked with. */
final class KernelNat implements NatDevice {
    private static final String RULES = """
            table ip nat {
              chain in {
                type nat hook prerouting priority dstnat
                ip daddr 192.0.2.1 tcp dport 8080 dnat to 10.1.0.2:80
                ip daddr 192.0.2.1 udp dport 8080 dnat to 10.1.0.2:80
              }
              chain out {
                type nat hook postrouting priority srcnat
                oifname "outside" ip saddr 10.1.0.0/16 masquerade
                oifname "inside" ip saddr 10.1.0.0/16 ct status dnat masquerade
              }
            }
            table ip filter {
              chain forward {
                type filter hook forward priority filter; policy drop
                ct state invalid drop
                ct state established,related accept
                iifname "inside" accept
                ct status dnat accept
              }
            }
            """;

    @Override
    public void start(Lab.Host host, Path directory) throws IOException {
        assumeTrue(Lab.run("nft", "--version").exit() == 0, "not run: needs nft of the package nftables");
        host.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=1")
                .ok();
        host.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv4.conf.all.send_redirects=0")
                .ok();
        host.run("sysctl", "-qw", "net.ipv4.conf.inside.send_redirects=0").ok();
        host.run("ip", "address", "add", "10.1.0.1/16", "dev", NatSegments.INSIDE)
                .ok();
        host.run("ip", "address", "add", "192.0.2.1/24", "dev", NatSegments.OUTSIDE)
                .ok();
        var neighbors = new StringBuilder();
        NatSegments.neighbors()
                .forEach((address, mac) -> neighbors.append("neigh replace %s lladdr %s dev %s nud permanent%n"
                        .formatted(address, mac, address.startsWith("10.") ? "inside" : "outside")));
        var batch = Files.writeString(directory.resolve("neighbors"), neighbors);
        host.run("ip", "-batch", batch.toString()).ok();
        var rules = Files.writeString(directory.resolve("rules"), RULES);
        host.run("nft", "-f", rules.toString()).ok();
    }

    @Override
    public String said() {
        return "";
    }

    @Override
    public Map<String, Long> drops() {
        return null;
    }

    @Override
    public void close() {}
}
