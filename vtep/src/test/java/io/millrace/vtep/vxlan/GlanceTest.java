package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static io.millrace.vtep.vxlan.OverlayLab.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.InternetChecksum;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is recognised at a glance is what the long way would have said. A capture that is cut goes the long way always; one
 * of which nothing is missing must therefore fare as the frame itself, whatever was altered in it.
 */
class GlanceTest {
    private static final int PACKETS = 10_000;
    private static final String SELF = "192.0.2.11";
    private static final String PEER = "192.0.2.12";
    private static final String MAC = "02:aa:00:00:00:0c";
    private static final int IP = 14;
    private static final int IP_CHECKSUM = 24;
    private static final int UDP_CHECKSUM = 40;
    private static final int INNER = 50;

    /** How the network was set. */
    enum Setting {
        USUAL,
        STRICT,
        LAX
    }

    private static OverlayLab host(Setting setting) {
        var web = new TestOverlay("web", 42).ports("a", "b").peers(PEER);
        var set = switch (setting) {
            case USUAL -> web;
            case STRICT -> web.refusesReserved();
            case LAX -> web.keepsTags().open();
        };
        return new OverlayLab(SELF + "/24", Map.of(PEER, MAC), set);
    }

    @ParameterizedTest
    @EnumSource
    void thePlainWayAndTheLongWaySayTheSame(Setting setting) {
        var random = new SplittableRandom(setting.ordinal());
        try (var plain = host(setting);
                var cut = host(setting)) {
            for (int i = 0; i < PACKETS; i++) {
                byte[] packet = altered(random);
                plain.given(UNDERLAY, packet);
                long frame = cut.pool.allocate(packet.length);
                cut.pool.buffer().putBytes(Frame.head(frame), packet);
                cut.put(UNDERLAY, cut.pool.cut(frame, 0)).settle();
                for (var port : new String[] {"a", "b", UNDERLAY}) {
                    assertThat(plain.take(port).stream().map(OverlayLab::hex).toList())
                            .as("behind %s, of %s", port, hex(packet))
                            .isEqualTo(
                                    cut.take(port).stream().map(OverlayLab::hex).toList());
                }
                assertThat(drops(plain)).as(hex(packet)).isEqualTo(drops(cut));
            }
            assertThat(drops(plain).values().stream().filter(n -> n > 0).count())
                    .as("reasons")
                    .isGreaterThan(5);
        }
    }

    private static Map<Drop, Long> drops(OverlayLab lab) {
        var drops = new EnumMap<Drop, Long>(Drop.class);
        for (var why : Drop.values()) {
            drops.put(why, lab.drops(why));
        }
        // Of too short a frame a cut capture says that it was cut.
        drops.merge(Drop.ETHERNET_TRUNCATED, lab.drops(Drop.ETHERNET_CUT), Long::sum);
        drops.remove(Drop.ETHERNET_CUT);
        return drops;
    }

    /** A good packet, or one with a field, a bit or the length altered; the IP checksum mostly made right again. */
    private static byte[] altered(SplittableRandom random) {
        byte[] inner = new byte[14 + random.nextInt(60)];
        random.nextBytes(inner);
        var addresses = "02000000000" + random.nextInt(4) + "02000000001" + random.nextInt(4);
        System.arraycopy(HexFormat.of().parseHex(addresses), 0, inner, 0, 12);
        inner[12] = (byte) (random.nextInt(8) == 0 ? 0x81 : 0x08);
        inner[13] = 0;
        byte[] packet = new Outer(PEER, SELF, 42).macs(OverlayLab.MAC, MAC).around(inner);
        switch (random.nextInt(5)) {
            case 0 -> packet[random.nextInt(INNER)] ^= (byte) (1 << random.nextInt(8));
            case 1 -> ByteBuffer.wrap(packet).putShort(2 * random.nextInt(INNER / 2), (short) random.nextInt());
            case 2 -> {
                byte[] other = new byte[Math.max(1, packet.length - 20 + random.nextInt(40))];
                System.arraycopy(packet, 0, other, 0, Math.min(other.length, packet.length));
                packet = other;
            }
            case 3 -> ByteBuffer.wrap(packet).putShort(IP + 2 + 22 * random.nextInt(2), (short) random.nextInt(160));
            default -> {} // good
        }
        if (packet.length < INNER) {
            return packet;
        }
        // A UDP checksum is judged only where nothing is missing.
        var bytes = ByteBuffer.wrap(packet).putShort(UDP_CHECKSUM, (short) 0);
        if (random.nextInt(4) > 0) {
            bytes.putShort(IP_CHECKSUM, (short) 0);
            int sum = InternetChecksum.sum(new UnsafeBuffer(packet), IP, 20);
            bytes.putShort(IP_CHECKSUM, (short) InternetChecksum.complement(sum));
        }
        return packet;
    }
}
