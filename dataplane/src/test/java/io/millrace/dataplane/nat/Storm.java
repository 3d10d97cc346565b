package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.dataplane.trials.Lab;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A router with five links and tables much too small, and what happens to it by lot: packets of all kinds, answers to what
 * arrived, ports published and taken back, backends removed, time.
 */
final class Storm implements AutoCloseable {
    static final int SESSIONS = 48;
    static final int SESSION_LIMIT = 8;
    static final List<String> LINKS = List.of("in", "db", "closed", "routed", "out");
    static final List<Ipv6Address> OUTSIDE = List.of(RouterLab.address("192.0.2.1"), RouterLab.address("2001:db8::1"));

    private static final UUID BOOT = new UUID(1, 2);
    private static final String VIRTUAL = "10.1.0.100";

    final Nat nat;
    private final Lab lab;
    private final Random random;
    private final Drops packets;
    private final Ledger ledger;
    private final List<Service> published = new ArrayList<>();
    private int backends;
    private long delivered;

    /** @param kept where sessions of another one are, which go on */
    Storm(long seed, @Nullable StateFile kept, long start) {
        random = new Random(seed);
        lab = new Lab(Lab.Scale.DEFAULT.start(start));
        packets = new Drops(random);
        nat = new Nat(lab.graph(), settings(), kept);
        for (int i = 0; i < LINKS.size(); i++) {
            int number = i;
            lab.node(LINKS.get(i), out -> gateway(number, out));
        }
        var gateways = nat.gateways();
        nat.route(RouterLab.address("0.0.0.0"), 96, gateways.getLast(), RouterLab.address("192.0.2.9"));
        nat.route(RouterLab.address("::"), 0, gateways.getLast(), RouterLab.address("2001:db8::9"));
        gateways.getFirst().serve(RouterLab.address(VIRTUAL));
        publish(VIRTUAL, 0, 65_535, IpProtocol.TCP, false);
        publish("192.0.2.1", 8080, 8080, IpProtocol.UDP, false);
        publish("0.0.0.0", 40_000, 40_007, IpProtocol.TCP, true);
        ledger = new Ledger(nat, OUTSIDE);
        if (kept != null) {
            nat.recover(kept.ahead());
        }
    }

    static Moment moment(long now) {
        return new Moment(BOOT, now, 1_700_000_000_000L + now / 1_000_000);
    }

    private TranslationSettings settings() {
        return new TranslationSettings(
                SESSIONS,
                TranslationSettings.Filtering.values()[random.nextInt(3)],
                random.nextBoolean(),
                random.nextBoolean(),
                40_000,
                40_020,
                random.nextBoolean(),
                random.nextInt(2) * 12,
                SESSION_LIMIT,
                random.nextBoolean() ? Timeouts.RFC : Timeouts.LINUX,
                random::nextLong,
                bytes -> new UnsafeBuffer(ByteBuffer.allocateDirect(bytes + 64).alignedSlice(64), 0, bytes));
    }

    private Gateway gateway(int number, Link out) {
        boolean uplink = number == LINKS.size() - 1;
        String name = LINKS.get(number);
        String ipv4 = uplink ? "192.0.2.1" : "10." + (number + 1) + ".0.1";
        String ipv6 = uplink ? "2001:db8::1" : "fd00:" + (number + 1) + "::1";
        var mode = name.equals("routed") ? GatewayMode.ROUTED : GatewayMode.NAT;
        var settings = new Gateway.Settings(
                name,
                uplink,
                List.of(
                        new Gateway.Address(RouterLab.address(ipv4), 120),
                        new Gateway.Address(RouterLab.address(ipv6), 64)),
                mode,
                mode,
                !uplink,
                name.equals("closed"),
                !name.equals("db"),
                null,
                null);
        var gateway = new Gateway("gateway." + name, lab.graph(), settings, nat, out, 0, () -> 1500);
        host(gateway, "ip." + name, out, ipv4, 120);
        host(gateway, "ip6." + name, out, ipv6, 64);
        nat.add(gateway);
        gateway.mac(Drops.ROUTER);
        return gateway;
    }

    /** The hosts .2 to .4 answer, others do not; and the outside's router. */
    private void host(Gateway gateway, String name, Link out, String own, int prefix) {
        var neighbors = new java.util.HashMap<Ipv6Address, Long>();
        for (String last : List.of("2", "3", "4", "9")) {
            neighbors.put(RouterLab.address(own.substring(0, own.length() - 1) + last), Drops.HOST);
        }
        var ip = new IpNode(
                name,
                lab.graph(),
                out,
                new IpNode.Settings(RouterLab.address(own), prefix, null, Map.copyOf(neighbors)));
        gateway.host(ip, lab.graph().linkTo(ip), own.contains(":"));
    }

    // ------------------------------------------------------------------ what happens

    void batch() {
        switch (random.nextInt(12)) {
            case 0 -> publishSomething();
            case 1 -> unpublishSomething();
            case 2 -> removeBackend();
            case 3 -> lab.later(random.nextLong(400_000_000_000L)).turn();
            case 4, 5 -> lab.later(random.nextLong(8_000_000_000L)).turn();
            default -> packets();
        }
        lab.settle();
        for (String link : LINKS) {
            for (byte[] frame : lab.take(link)) {
                delivered++;
                packets.arrived(link, frame);
            }
        }
    }

    private void packets() {
        for (int i = random.nextInt(80); i >= 0; i--) {
            String link = LINKS.get(random.nextInt(LINKS.size()));
            byte[] frame = packets.next(link);
            if (random.nextInt(40) == 0) {
                int left = 14 + random.nextInt(Math.max(1, frame.length - 14));
                lab.putCut(link, java.util.Arrays.copyOf(frame, left), frame.length - left);
            } else {
                lab.put(link, frame);
            }
        }
    }

    private void publishSomething() {
        boolean v6 = random.nextInt(3) == 0;
        String at = v6
                ? List.of("2001:db8::1", "::").get(random.nextInt(2))
                : List.of("192.0.2.1", "0.0.0.0", "10.4.0.2").get(random.nextInt(3));
        int first = 39_998 + random.nextInt(20);
        publish(
                at,
                first,
                first + random.nextInt(5),
                random.nextBoolean() ? IpProtocol.TCP : IpProtocol.UDP,
                random.nextBoolean());
    }

    private void publish(String at, int first, int last, int protocol, boolean spread) {
        var to = RouterLab.address(at);
        var front = new Front(to.high(), to.low(), protocol, first, last, spread);
        var behind = new ArrayList<Backend>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int network = at.equals(VIRTUAL) ? 1 : 1 + random.nextInt(4);
            String host = (at.contains(":") ? "fd00:" + network + "::" : "10." + network + ".0.") + (2 + i);
            var address = RouterLab.address(host);
            behind.add(new Backend(++backends, address.high(), address.low(), 80, 1));
        }
        var service = new Service("web", front, Balance.ROUND_ROBIN, behind);
        if (nat.publish(service) == null) {
            published.add(service);
        }
    }

    private void unpublishSomething() {
        if (!published.isEmpty()) {
            nat.unpublish(published.remove(random.nextInt(published.size())));
        }
    }

    private void removeBackend() {
        if (!published.isEmpty()) {
            var service = published.get(random.nextInt(published.size()));
            var its = service.backends();
            if (!its.isEmpty()) {
                int id = its.getFirst().id();
                service.remove(id);
                nat.sessions().closeAll(service.id(), id);
            }
        }
    }

    // ------------------------------------------------------------------ what is to hold

    void check() {
        ledger.balances(published);
        lab.conserved();
    }

    long now() {
        return lab.now();
    }

    long drops(Drop why) {
        return lab.drops(why);
    }

    long delivered() {
        return delivered;
    }

    /** Nothing comes until all is over. */
    void quiet() {
        for (int i = 0; i < 20; i++) {
            lab.later(500_000_000_000_000L).turn();
            lab.settle();
            LINKS.forEach(lab::take);
        }
    }

    /** What each host is allowed is counted from nothing. */
    void eachHostMayBeginAsMuchAsEver() {
        for (int host = 2; host <= 4; host++) {
            for (int i = 0; i < SESSION_LIMIT + 3; i++) {
                String from = "10.1.0." + host;
                lab.put("in", RouterLab.frame(Drops.MACS, RouterLab.echo(from, "198.51.100." + (i + 1), true, 700)));
            }
            lab.settle();
            assertThat(lab.take("out")).as("connections of host %s", host).hasSize(SESSION_LIMIT);
            LINKS.forEach(lab::take);
            lab.later(1_000_000_000_000L).turn();
            lab.settle();
            LINKS.forEach(lab::take);
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < 8; i++) {
            lab.later(20_000_000_000L).turn();
            lab.settle();
        }
        LINKS.forEach(lab::take);
        lab.close();
    }
}
