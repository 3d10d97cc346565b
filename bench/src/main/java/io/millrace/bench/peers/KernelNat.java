package io.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/**
 * The kernel's NAT between an outside and a bridge with a container behind it, as a host with Docker has it: all in the
 * kernel, on the sender's core. Bridged frames are not shown to iptables, as in {@link KernelBridge}.
 */
final class KernelNat implements Device {
    private static final String BRIDGE = "docker0";

    /** What Docker 28 writes for one container with {@code -p 8080:80 -p 8080:80/udp} on its first network. */
    private static final String DOCKER = """
            *raw
            -A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP
            COMMIT
            *filter
            :FORWARD DROP [0:0]
            :DOCKER - [0:0]
            :DOCKER-BRIDGE - [0:0]
            :DOCKER-CT - [0:0]
            :DOCKER-FORWARD - [0:0]
            :DOCKER-ISOLATION-STAGE-1 - [0:0]
            :DOCKER-ISOLATION-STAGE-2 - [0:0]
            :DOCKER-USER - [0:0]
            -A FORWARD -j DOCKER-USER
            -A FORWARD -j DOCKER-FORWARD
            -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p udp -m udp --dport 80 -j ACCEPT
            -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
            -A DOCKER ! -i docker0 -o docker0 -j DROP
            -A DOCKER-BRIDGE -o docker0 -j DOCKER
            -A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A DOCKER-FORWARD -j DOCKER-CT
            -A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
            -A DOCKER-FORWARD -j DOCKER-BRIDGE
            -A DOCKER-FORWARD -i docker0 -j ACCEPT
            -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
            -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
            COMMIT
            *nat
            :DOCKER - [0:0]
            -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
            -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
            -A DOCKER -i docker0 -j RETURN
            -A DOCKER ! -i docker0 -p udp -m udp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
            -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
            COMMIT
            """;

    /** The least that does the same work for a published port. */
    private static final String LEAST = """
            table ip nat {
                chain prerouting {
                    type nat hook prerouting priority dstnat;
                    ip daddr 198.18.255.1 udp dport 8080 dnat to 172.17.0.2:80
                    ip daddr 198.18.255.1 tcp dport 8080 dnat to 172.17.0.2:80
                }
                chain postrouting {
                    type nat hook postrouting priority srcnat;
                    ip saddr 172.17.0.0/16 oifname != "docker0" masquerade
                }
            }
            """;

    private final String name;
    private final Trip trip;
    private final boolean docker;

    /** @param docker with Docker's rules for iptables; else with the fewest of nftables */
    KernelNat(String name, Trip trip, boolean docker) {
        this.name = name;
        this.trip = trip;
        this.docker = docker;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Trip trip() {
        return trip;
    }

    @Override
    public List<Needed> needs() {
        return List.of(docker ? new Needed("iptables-restore", "iptables") : new Needed("nft", "nftables"));
    }

    @Override
    public Running start(Course course, Mood mood) {
        var running = new Running(List.of(), () -> clear(course));
        try {
            boolean published = trip == Trip.PUBLISHED;
            var outside = published ? course.in() : course.out();
            var inside = published ? course.out() : course.in();
            host(course, outside, inside);
            rules(course);
            return running;
        } catch (NotMeasured e) {
            running.close();
            throw e;
        }
    }

    private void host(Course course, String outside, String inside) {
        var gateway = trip == Trip.PUBLISHED ? outside : BRIDGE;
        for (var tables : List.of("iptables", "ip6tables", "arptables")) {
            Shell.run(Course.inside(
                    course.device().name(), "sysctl", "-qw", "net.bridge.bridge-nf-call-" + tables + "=0"));
        }
        run(course, "sysctl -qw net.ipv4.ip_forward=1");
        run(course, "ip link add " + BRIDGE + " type bridge mcast_snooping 0");
        run(course, "ip link set " + inside + " master " + BRIDGE);
        run(course, "ip link set " + gateway + " address " + NatTopology.GATEWAY_MAC);
        run(course, "ip link set " + BRIDGE + " up");
        run(course, "ip address add " + NatTopology.OUTSIDE + " dev " + outside);
        run(course, "ip address add " + NatTopology.INSIDE + " dev " + BRIDGE);
        for (var station : Hosts.of(trip).stations()) {
            var device = station.getFirst().startsWith("172.") ? BRIDGE : outside;
            run(course, "ip neighbor replace " + station.getFirst() + " lladdr " + station.get(1) + " dev " + device);
        }
    }

    private void rules(Course course) {
        var file = course.folder().resolve(name + ".rules");
        try {
            Files.writeString(file, docker ? DOCKER : LEAST);
        } catch (IOException e) {
            throw new NotMeasured("writing the rules: " + e.getMessage());
        }
        run(course, (docker ? "iptables-restore " : "nft -f ") + file);
    }

    /** The namespace stays; what was made in it goes. */
    private void clear(Course course) {
        var place = course.device().name();
        Shell.run(Course.inside(place, "ip", "link", "delete", BRIDGE));
        if (docker) {
            for (var table : List.of("raw", "filter", "nat")) {
                Shell.run(Course.inside(place, "iptables", "-t", table, "-F"));
                Shell.run(Course.inside(place, "iptables", "-t", table, "-X"));
            }
            Shell.run(Course.inside(place, "iptables", "-P", "FORWARD", "ACCEPT"));
        } else {
            Shell.run(Course.inside(place, "nft", "delete", "table", "ip", "nat"));
        }
        Shell.run(Course.inside(place, "sysctl", "-qw", "net.ipv4.ip_forward=0"));
    }

    private static void run(Course course, String command) {
        Course.in(course.device().name(), command.split(" ", -1));
    }
}
