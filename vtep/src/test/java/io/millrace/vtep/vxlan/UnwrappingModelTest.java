package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whatever is changed in a packet, what becomes of it is what the model says: the frame inside, or a drop by name. Packets
 * that look as nearly all do take a shorter way through the code; the model knows of none.
 */
class UnwrappingModelTest {
    private static final byte[] FRAME =
            HexFormat.of().parseHex("ffffffffffff" + "02000000000b" + "88b5" + "5a".repeat(60));
    private static final byte[] SELF = {(byte) 192, 0, 2, 11};
    private static final byte[] PEER = {(byte) 192, 0, 2, 12};
    private static final int[] CHANGES = {1, 2, 4, 8, 16, 32, 64, 128, 0xFF, 0x0F, 0x81, 0x55};
    private static final long MAC = 0x02AA_0000_000BL;

    /**
     * What the model says: the frame inside, or why there is none; neither where the packet is not for a tunnel.
     *
     * @param exact false: it comes to nothing, by whatever name
     */
    @SuppressWarnings("ArrayRecordComponent") // outcomes are never compared
    private record Outcome(
            byte @Nullable [] frame, @Nullable Drop why, boolean exact) {
        static final Outcome OTHERS = new Outcome(null, null, true);
        static final Outcome NOTHING = new Outcome(null, null, false);

        static Outcome drop(Drop why) {
            return new Outcome(null, why, true);
        }
    }

    private static Outcome model(byte[] packet, boolean strict) {
        var in = ByteBuffer.wrap(packet);
        if (packet.length < 14) {
            return Outcome.drop(Drop.ETHERNET_TRUNCATED);
        }
        long to = in.getLong(0) >>> 16;
        boolean group = (packet[0] & 1) == 1;
        if (to != MAC && !group) {
            return Outcome.drop(Drop.NOT_OURS);
        }
        if (in.getShort(12) != 0x0800) {
            return Outcome.OTHERS;
        }
        int header = packet.length < 34 ? 0 : (packet[14] & 15) * 4;
        int total = packet.length < 34 ? 0 : in.getShort(16) & 0xFFFF;
        if (header < 20 || packet[14] >> 4 != 4 || total < header || total > packet.length - 14) {
            return Outcome.drop(Drop.IP_SENSELESS);
        }
        if (packet[23] != 17) {
            return Outcome.OTHERS;
        }
        if (Outer.sum(packet, 14, header) != 0xFFFF) {
            return Outcome.drop(Drop.IP_CHECKSUM);
        }
        if (group || !Arrays.equals(packet, 30, 34, SELF, 0, 4)) {
            return Outcome.drop(Drop.NOT_OURS);
        }
        if ((in.getShort(20) & 0x3FFF) != 0) {
            return Outcome.drop(Drop.IP_FRAGMENT);
        }
        return modelDatagram(Arrays.copyOf(packet, 14 + total), 14 + header, strict);
    }

    private static Outcome modelDatagram(byte[] packet, int at, boolean strict) {
        var in = ByteBuffer.wrap(packet);
        int left = packet.length - at;
        if (left < 8) {
            return Outcome.NOTHING;
        }
        if (in.getShort(at + 2) != 4789) {
            return Outcome.OTHERS;
        }
        int length = in.getShort(at + 4) & 0xFFFF;
        if (length < 8 || length > left) {
            return Outcome.drop(Drop.UDP_SENSELESS);
        }
        if (length < 16) {
            return Outcome.drop(Drop.VXLAN_TRUNCATED);
        }
        if (in.getShort(at + 6) != 0 && sum(packet, at, length) != 0xFFFF) {
            return Outcome.drop(Drop.UDP_CHECKSUM);
        }
        int flags = in.getInt(at + 8);
        int vni = in.getInt(at + 12);
        if ((flags & 0x0800_0000) == 0) {
            return Outcome.drop(Drop.VXLAN_NO_VNI);
        }
        if (vni >>> 8 != 42) {
            return Outcome.drop(Drop.VXLAN_UNKNOWN_VNI);
        }
        if (!Arrays.equals(packet, 26, 30, PEER, 0, 4)) {
            return Outcome.drop(
                    Arrays.equals(packet, 26, 30, SELF, 0, 4) ? Drop.VXLAN_OWN_ADDRESS : Drop.VXLAN_FOREIGN_VTEP);
        }
        if (strict && (flags != 0x0800_0000 || (vni & 0xFF) != 0)) {
            return Outcome.drop(Drop.VXLAN_RESERVED_BITS);
        }
        if (length < 30) {
            return Outcome.drop(Drop.INNER_TRUNCATED);
        }
        byte[] frame = Arrays.copyOfRange(packet, at + 16, at + length);
        if ((frame[6] & 1) == 1 && !isVlan(frame)) {
            return Outcome.OTHERS; // no address that a frame can come from: the switch drops it
        }
        return isVlan(frame) ? Outcome.drop(Drop.INNER_VLAN) : new Outcome(frame, null, true);
    }

    private static boolean isVlan(byte[] frame) {
        int type = ByteBuffer.wrap(frame).getShort(12) & 0xFFFF;
        return type == 0x8100 || type == 0x88A8 || type == 0x9100;
    }

    private static int sum(byte[] packet, int at, int length) {
        var pseudo = ByteBuffer.allocate(12 + length)
                .put(packet, 26, 8)
                .putInt(17 << 16 | length)
                .put(packet, at, length);
        return Outer.sum(pseudo.array(), 0, pseudo.capacity());
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void everyByteMayBeAnything(boolean checksum, boolean strict) {
        var outer = new Outer("192.0.2.12", "192.0.2.11", 42)
                .macs(OverlayLab.MAC, "02aa0000000c")
                .checksum(checksum);
        byte[] good = outer.around(FRAME);
        var random = new SplittableRandom(3);
        try (var lab = lab(strict)) {
            for (int at = 0; at < 66; at++) {
                for (int change : CHANGES) {
                    byte[] packet = good.clone();
                    packet[at] ^= (byte) change;
                    compare(lab, packet, strict);
                    compare(lab, summed(packet), strict);
                }
            }
            for (int i = 0; i < 5_000; i++) {
                byte[] packet =
                        Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length + 9) : good.length);
                for (int n = random.nextInt(4); n > 0 && packet.length > 0; n--) {
                    packet[random.nextInt(Math.min(66, packet.length))] = (byte) random.nextInt(256);
                }
                compare(lab, random.nextBoolean() ? packet : summed(packet), strict);
            }
        }
    }

    private static OverlayLab lab(boolean strict) {
        var web = new TestOverlay("web", 42).ports("a").peers("192.0.2.12");
        var hops = Map.of("192.0.2.12", "02:aa:00:00:00:0c");
        return new OverlayLab("192.0.2.11/24", hops, strict ? web.refusesReserved() : web);
    }

    /** The same packet with an IP checksum that is right again, so that what is behind it is looked at. */
    private static byte[] summed(byte[] packet) {
        if (packet.length < 14 + (packet.length > 14 ? (packet[14] & 15) * 4 : 20) || packet.length < 34) {
            return packet;
        }
        byte[] good = packet.clone();
        ByteBuffer.wrap(good).putShort(24, (short) 0);
        ByteBuffer.wrap(good).putShort(24, (short) ~Outer.sum(good, 14, (good[14] & 15) * 4));
        return good;
    }

    private static void compare(OverlayLab lab, byte[] packet, boolean strict) {
        var outcome = model(packet, strict);
        long before = outcome.why == null ? 0 : lab.drops("vxlan", outcome.why);
        long all = lab.drops("vxlan");
        lab.given(UNDERLAY, packet);
        var came = new ArrayList<>(lab.take("a"));
        lab.clear(); // answers of the IP node
        var expected = outcome.frame == null ? List.<byte[]>of() : List.of(outcome.frame);
        var what = "%s of %s".formatted(outcome.why, OverlayLab.hex(packet));
        assertThat(came.stream().map(OverlayLab::hex).toList())
                .as(what)
                .isEqualTo(expected.stream().map(OverlayLab::hex).toList());
        if (outcome.why != null) {
            assertThat(lab.drops("vxlan", outcome.why)).as(what).isEqualTo(before + 1);
        } else if (outcome.exact) {
            assertThat(lab.drops("vxlan")).as(what).isEqualTo(all);
        }
    }
}
