package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Drop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.FieldRefEntry;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every reason for which a class of this module drops a frame has a story that provokes it there; a reason that is new in
 * the code fails here until it has one.
 */
class DropsTest {
    private static final String ALL = "ffffffffffff";
    private static final String A = "02000000000a";
    private static final String B = "02000000000b";
    private static final byte[] HELLO = hex(ALL + A + "88b5" + "00".repeat(46));
    private static final byte[] FROM_B = hex(ALL + B + "88b5" + "00".repeat(46));
    private static final String PEER = "192.0.2.12";
    private static final String SELF = "192.0.2.11";

    private static final Map<Drop, Consumer<OverlayLab>> STORIES = new EnumMap<>(Drop.class);

    /** What the story over IPv6 is about; all others are told over IPv4. */
    private static final Set<Drop> OVER_IPV6 = Set.of(Drop.UDP_UNCHECKED);

    static {
        STORIES.put(Drop.ETHERNET_TRUNCATED, lab -> lab.given(UNDERLAY, Arrays.copyOf(packet().around(FROM_B), 13)));
        STORIES.put(Drop.ETHERNET_CUT, lab -> {
            byte[] packet = packet().around(FROM_B);
            long frame = frame(lab, Arrays.copyOf(packet, 50 + 13));
            lab.put(UNDERLAY, lab.pool.cut(frame, packet.length - 63)).settle();
        });
        STORIES.put(Drop.NOT_OURS, lab -> {
            lab.given(
                    UNDERLAY,
                    packet().macs("02:aa:00:00:00:99", "02:aa:00:00:00:0c").around(FROM_B));
            lab.given(
                    UNDERLAY,
                    new Outer(PEER, "192.0.2.99", 42).macs(OverlayLab.MAC, B).around(FROM_B));
            assertThat(lab.drops(Drop.NOT_OURS)).isEqualTo(2);
        });
        STORIES.put(Drop.IP_SENSELESS, lab -> {
            lab.given(UNDERLAY, changed(14, 0x44)); // the header is shorter than any
            lab.given(UNDERLAY, changed(14, 0x65)); // version 6
            lab.given(UNDERLAY, changed(16, 0x10)); // says that it is longer than the frame
            assertThat(lab.drops(Drop.IP_SENSELESS)).isEqualTo(3);
        });
        STORIES.put(Drop.IP_CHECKSUM, lab -> lab.given(UNDERLAY, changed(22, 63)));
        STORIES.put(Drop.IP_FRAGMENT, lab -> {
            lab.given(UNDERLAY, fragment(0x2000));
            lab.given(UNDERLAY, fragment(0x0001));
            assertThat(lab.drops(Drop.IP_FRAGMENT)).isEqualTo(2);
        });
        STORIES.put(Drop.UDP_SENSELESS, lab -> {
            lab.given(UNDERLAY, changed(38, 0x7F));
            lab.given(UNDERLAY, changed(39, 7));
            assertThat(lab.drops(Drop.UDP_SENSELESS)).isEqualTo(2);
        });
        STORIES.put(Drop.UDP_CHECKSUM, lab -> {
            byte[] packet = packet().checksum(true).around(FROM_B);
            packet[packet.length - 1] ^= 1;
            lab.given(UNDERLAY, packet);
        });
        STORIES.put(Drop.UDP_UNCHECKED, lab -> {
            var outer = new Outer("2001:db8::c", "2001:db8::b", 42).macs(OverlayLab.MAC, B);
            lab.given(UNDERLAY, outer.around(FROM_B)).expect(FROM_B, "a");
            lab.given(UNDERLAY, outer.checksum(false).around(FROM_B));
        });
        STORIES.put(Drop.VXLAN_TRUNCATED, lab -> {
            byte[] packet = packet().around(FROM_B);
            packet[38] = 0;
            packet[39] = 15;
            lab.given(UNDERLAY, packet);
        });
        STORIES.put(
                Drop.VXLAN_NO_VNI,
                lab -> lab.given(UNDERLAY, packet().vxlan(0, 0).around(FROM_B)));
        STORIES.put(Drop.VXLAN_RESERVED_BITS, lab -> {
            for (int bit = 0; bit < 32; bit++) {
                lab.given(
                                UNDERLAY,
                                outer(PEER, 43).vxlan(0x0800_0000 | 1 << bit, 0).around(FROM_B))
                        .clear();
            }
            assertThat(lab.drops(Drop.VXLAN_RESERVED_BITS)).isEqualTo(31);
            lab.given(UNDERLAY, outer(PEER, 43).vxlan(0x0800_0000, 1).around(FROM_B));
            assertThat(lab.drops(Drop.VXLAN_RESERVED_BITS)).isEqualTo(32);
        });
        STORIES.put(Drop.VXLAN_UNKNOWN_VNI, lab -> {
            lab.given(UNDERLAY, outer(PEER, 99).around(FROM_B));
            lab.given(UNDERLAY, packet().ports(50_000, 8472).around(FROM_B)); // the port of another overlay
            assertThat(lab.drops(Drop.VXLAN_UNKNOWN_VNI)).isEqualTo(2);
        });
        STORIES.put(
                Drop.VXLAN_FOREIGN_VTEP,
                lab -> lab.given(UNDERLAY, outer("192.0.2.13", 42).around(FROM_B)));
        STORIES.put(Drop.VXLAN_OWN_ADDRESS, lab -> {
            lab.given(UNDERLAY, outer(SELF, 42).around(FROM_B));
            lab.given(UNDERLAY, outer(SELF, 44).around(FROM_B)); // also where everybody may come in
            assertThat(lab.drops(Drop.VXLAN_OWN_ADDRESS)).isEqualTo(2);
        });
        STORIES.put(Drop.VXLAN_TOO_MANY_PEERS, lab -> {
            for (int i = 0; i <= Tunnel.MOST_UNNAMED; i++) {
                lab.given(UNDERLAY, outer("10.9." + i / 256 + "." + i % 256, 44).around(FROM_B));
            }
            assertThat(lab.take("open")).hasSize(Tunnel.MOST_UNNAMED);
        });
        STORIES.put(Drop.INNER_TRUNCATED, lab -> lab.given(UNDERLAY, packet().around(Arrays.copyOf(FROM_B, 13))));
        STORIES.put(
                Drop.INNER_VLAN,
                lab -> lab.given(UNDERLAY, packet().around(hex(ALL + B + "8100000a88b5" + "00".repeat(46)))));
        STORIES.put(Drop.INNER_CONGESTION, lab -> {
            lab.given(UNDERLAY, packet().service(3).around(hex(ALL + B + "0800" + "4500" + "00".repeat(18))));
            lab.given(UNDERLAY, packet().service(3).around(hex(ALL + B + "86dd" + "6000" + "00".repeat(38))));
            assertThat(lab.drops(Drop.INNER_CONGESTION)).isEqualTo(2);
        });
        STORIES.put(Drop.EXCEEDS_TUNNEL, lab -> lab.given("a", Arrays.copyOf(HELLO, 1465)));
        STORIES.put(Drop.OFFLOAD_SENSELESS, lab -> {
            long beyond = Offload.of(Offload.TCP_V4, 100, 34, 16);
            lab.put("a", lab.pool.offload(frame(lab, HELLO), beyond)).settle();
            lab.put(UNDERLAY, lab.pool.offload(frame(lab, packet().around(FROM_B)), beyond))
                    .settle();
            assertThat(lab.drops(Drop.OFFLOAD_SENSELESS)).isEqualTo(2);
        });
        STORIES.put(Drop.POOL_EMPTY, lab -> {
            byte[] datagrams =
                    hex(ALL + A + "0800" + "450003fc000040004011" + "0000" + "0a0000010a000002" + "0007000703e80000");
            long frame = frame(lab, Arrays.copyOf(datagrams, 42 + 1000));
            lab.put("a", lab.pool.offload(frame, Offload.of(Offload.UDP, 100, 34, 6)));
            var hoard = new ArrayDeque<Long>();
            while (lab.pool.available() > 3) {
                hoard.add(lab.pool.allocate(60));
            }
            lab.settle();
            assertThat(lab.take(UNDERLAY)).hasSize(3);
            assertThat(lab.drops(Drop.POOL_EMPTY)).isEqualTo(7);
            hoard.forEach(lab.pool::free);
        });
        STORIES.put(Drop.UNPLUGGED, lab -> {
            lab.given(UNDERLAY, packet().around(FROM_B)).clear();
            lab.put("a", hex(B + A + "88b5" + "00".repeat(46)));
            var peer = lab.tunnel(42).peers().iterator().next();
            lab.tunnel(42).remove(peer);
            lab.settle().clear();
            assertThat(lab.drops(Drop.UNPLUGGED))
                    .as("the bridge has forgotten him")
                    .isZero();
            var way = lab.graph.linkTo(lab.node("tunnel.web"));
            assertThat(way.offer(Frame.from(frame(lab, HELLO), peer.number())))
                    .as("stamped for him before")
                    .isTrue();
            lab.counters.originated(1);
            lab.settle();
        });
    }

    /** Four overlays: one as they are by default, one that is strict, one that is open, one on another UDP port. */
    private static OverlayLab lab() {
        return new OverlayLab(
                SELF + "/24",
                OverlayLab.MAC,
                Map.of(PEER, "02:aa:00:00:00:0c"),
                port -> new Narrow(port, 1500),
                new TestOverlay("web", 42).peers(PEER).ports("a"),
                new TestOverlay("strict", 43).refusesReserved().peers(PEER).ports("s"),
                new TestOverlay("open", 44).open().ports("open"),
                new TestOverlay("other", 45).udpPort(8472).peers(PEER).ports("o"));
    }

    private static OverlayLab labOverIpv6() {
        var web = new TestOverlay("web", 42).peers("2001:db8::c").ports("a");
        return new OverlayLab("2001:db8::b/64", Map.of("2001:db8::c", "02:aa:00:00:00:0c"), web);
    }

    /** A packet that belongs. */
    private static Outer packet() {
        return outer(PEER, 42);
    }

    private static Outer outer(String from, int vni) {
        return new Outer(from, SELF, vni).macs(OverlayLab.MAC, "02:aa:00:00:00:0c");
    }

    /** The same with one byte changed. */
    private static byte[] changed(int at, int value) {
        byte[] packet = packet().around(FROM_B);
        packet[at] = (byte) value;
        return packet;
    }

    private static byte[] fragment(int field) {
        var packet = ByteBuffer.wrap(packet().around(FROM_B))
                .putShort(20, (short) field)
                .putShort(24, (short) 0);
        return packet.putShort(24, (short) ~Outer.sum(packet.array(), 14, 20)).array();
    }

    private static long frame(OverlayLab lab, byte[] bytes) {
        long frame = lab.pool.allocate(bytes.length);
        lab.pool.buffer().putBytes(Frame.head(frame), bytes);
        return frame;
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    @Test
    void everyReasonThisModuleGivesHasAStory() throws IOException, URISyntaxException {
        assertThat(STORIES.keySet()).containsExactlyInAnyOrderElementsOf(given());
    }

    static Set<Drop> reasonsWithAStory() {
        return STORIES.keySet();
    }

    @ParameterizedTest
    @MethodSource("reasonsWithAStory")
    void aFrameEndsForEachReasonAndIsCounted(Drop why) {
        var story = Objects.requireNonNull(STORIES.get(why));
        try (var lab = OVER_IPV6.contains(why) ? labOverIpv6() : lab()) {
            story.accept(lab);
            assertThat(lab.drops(why)).as("dropped because %s", why.sentence()).isPositive();
        }
    }

    /** The reasons that the compiled classes of this module name. */
    private static Set<Drop> given() throws IOException, URISyntaxException {
        var classes = Path.of(Tunnels.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        var given = EnumSet.noneOf(Drop.class);
        try (var files = Files.walk(classes)) {
            files.filter(file -> file.toString().endsWith(".class")).forEach(file -> addReasons(file, given));
        }
        return given;
    }

    private static void addReasons(Path file, Set<Drop> given) {
        try {
            for (var entry : ClassFile.of().parse(file).constantPool()) {
                if (entry instanceof FieldRefEntry field
                        && field.owner()
                                .asInternalName()
                                .equals(Drop.class.getName().replace('.', '/'))) {
                    given.add(Drop.valueOf(field.name().stringValue()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
