package io.millrace.vtep.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Ipv6Address;
import io.millrace.vtep.network.Network.Vtep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The table finds whom a map of the same contents finds, whatever came and went, and however keys collide. */
class PeerTableTest {
    private record Who(int vni, Ipv6Address address) {}

    private final PeerTable table = new PeerTable();
    private final Map<Who, Peer> model = new HashMap<>();
    private final Map<Integer, Tunnel> tunnels = new HashMap<>();
    private final OverlayLab lab = new OverlayLab("192.0.2.11/24", Map.of());

    @Test
    void itFindsWhomAMapFinds() {
        for (long seed = 1; seed <= 100; seed++) {
            var random = new SplittableRandom(seed);
            var known = people(random, 4 + random.nextInt(200));
            for (int step = 0; step < 2000; step++) {
                var who = known.get(random.nextInt(known.size()));
                int kind = random.nextInt(step / 500 % 2 == 0 ? 3 : 2);
                if (kind > 0 && !model.containsKey(who)) {
                    add(who);
                } else if (kind == 0 && model.containsKey(who)) {
                    remove(who);
                }
                check(known.get(random.nextInt(known.size())));
            }
            known.forEach(this::check);
            List.copyOf(model.keySet()).forEach(this::remove);
            known.forEach(this::check);
        }
    }

    @Test
    void itHoldsTenThousandPeersAndLosesNoneWhenHalfOfThemGo() {
        var known = people(new SplittableRandom(7), 10_000).stream().distinct().toList();
        known.forEach(this::add);
        known.forEach(this::check);
        for (int i = 0; i < known.size(); i += 2) {
            remove(known.get(i));
        }
        known.forEach(this::check);
    }

    @Test
    void addressesWithOneKeyAreToldApart() {
        var one = new Ipv6Address(0x2001_0DB8_0000_0000L, 1);
        var other = new Ipv6Address(0x2001_0DB8_0000_0000L, 1 | 1L << 63);
        assertThat(PeerTable.key(7, one.high(), one.low())).isEqualTo(PeerTable.key(7, other.high(), other.low()));
        add(new Who(7, one));
        check(new Who(7, other));
        add(new Who(7, other));
        check(new Who(7, one));
        check(new Who(7, other));
        remove(new Who(7, one));
        check(new Who(7, other));
        check(new Who(7, one));
    }

    @Test
    void noKeyIsThatOfAnEmptyPlace() {
        assertThat(PeerTable.key(0, 0, 0xFFFF_0000_0000L)).isNotZero();
        assertThat(PeerTable.key(0, 0, 0)).isNotZero();
    }

    /** IPv4 and IPv6 hosts of three overlays, among them many that the table would like to put into one place. */
    private static List<Who> people(SplittableRandom random, int count) {
        int[] vnis = {0, 1, 0xFF_FFFF};
        var people = new ArrayList<Who>();
        for (int i = 0; i < count; i++) {
            int vni = vnis[random.nextInt(vnis.length)];
            var address = switch (random.nextInt(4)) {
                case 0 -> v4(random.nextInt());
                case 1 -> new Ipv6Address(random.nextLong(), random.nextLong());
                case 2 -> new Ipv6Address(0x2001_0DB8_0000_0000L, random.nextLong(count) | random.nextLong(2) << 63);
                default -> colliding(random, vni);
            };
            people.add(new Who(vni, address));
        }
        return people;
    }

    private static Ipv6Address v4(int address) {
        return new Ipv6Address(0, 0xFFFF_0000_0000L | address & 0xFFFF_FFFFL);
    }

    /** One whose search begins in the first places of a table of 1,024. */
    private static Ipv6Address colliding(SplittableRandom random, int vni) {
        while (true) {
            var address = v4(random.nextInt());
            if (PeerTable.key(vni, 0, address.low()) * 0x9E37_79B9_7F4A_7C15L >>> 56 == 0xFF) {
                return address;
            }
        }
    }

    private void add(Who who) {
        var tunnel = tunnels.computeIfAbsent(who.vni, vni -> new Tunnel(lab.tunnels(), "net" + vni, vni, Vtep.DEFAULT));
        var peer = new Peer(tunnel, who.address, 0, true);
        table.add(peer);
        model.put(who, peer);
    }

    private void remove(Who who) {
        table.remove(model.remove(who));
    }

    private void check(Who who) {
        assertThat(table.find(who.vni, who.address.high(), who.address.low())).isSameAs(model.get(who));
    }
}
