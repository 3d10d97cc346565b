package io.millrace.dataplane.nat;

import static io.millrace.dataplane.nat.RouterLab.HOST;
import static io.millrace.dataplane.nat.RouterLab.IN;
import static io.millrace.dataplane.nat.RouterLab.NEIGHBOR;
import static io.millrace.dataplane.nat.RouterLab.OUT;
import static io.millrace.dataplane.trials.Bytes.hex;
import static io.millrace.dataplane.trials.Packets.icmpv6;
import static io.millrace.dataplane.trials.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Hosts that gateways look for: those that are not there, and one who looks for all of them. */
class NeighborsTest {
    private static final int SCANNED = 100_000;
    private static final int AT_ONCE = 200;
    private static final String ROUTER = "02 00 00 00 01 09 ";

    @AutoClose
    private final RouterLab router = new RouterLab(new Lab(), 4096, Map.of());

    private static byte[] ping(String from, String to) {
        return ipv6("", from, to, IpProtocol.ICMPV6, 64, icmpv6(from, to, "80 00 00 00 00 07 00 01"));
    }

    /** {@code who} says on a link where he is, being asked for. */
    private void advertise(String link, String to, String mac, String who, String whom) {
        var target = HexFormat.of().formatHex(RouterLab.bytes(who));
        var message = icmpv6(who, whom, "88 00 00 00 60 00 00 00", target, "02 01", mac);
        router.lab.alsoGiven(link, hex(to, mac, HexFormat.of().formatHex(ipv6("", who, whom, 58, 255, message))));
    }

    private void inside(String mac, byte[] packet) {
        router.lab.alsoGiven("in", hex(IN, mac, HexFormat.of().formatHex(packet)));
    }

    private static boolean is(byte[] frame, int type, String to) {
        int at = frame[20] == IpProtocol.ICMPV6 ? 54 : 62;
        return frame[at] == (byte) type && Arrays.equals(Arrays.copyOfRange(frame, 38, 54), RouterLab.bytes(to));
    }

    @Test
    void oneWhoScansAHundredThousandAddressesKeepsNobodyFromFindingHisNeighbour() {
        inside(HOST, ping("fd00:1::2", "2001:db8::1:0"));
        advertise("in", IN, HOST, "fd00:1::2", "fd00:1::1");
        byte[] first = hex(IN, HOST, HexFormat.of().formatHex(ping("fd00:1::2", "2001:db8::1:0")));
        for (int i = 1; i < SCANNED; i++) {
            byte[] frame = first.clone();
            ByteBuffer.wrap(frame).putInt(50, (1 << 16) + i); // routers do not look at the checksum
            router.lab.put("in", frame);
            if (i % AT_ONCE == 0) {
                router.lab.settle();
                router.take("out");
            }
        }
        router.lab.settle();
        router.take("out");
        router.take("in");
        assertThat(router.nat.gateways().getLast().sought().size()).isEqualTo(Sought.MOST);
        assertThat(router.nat.hops().used()).as("neighbours that are known").isLessThan(4);
        assertThat(router.drops(Drop.TOO_MANY_NEIGHBORS)).isGreaterThan(SCANNED - 2000);

        inside(NEIGHBOR, ping("fd00:1::3", "2001:db8:f::1"));
        assertThat(router.take("out"))
                .singleElement()
                .satisfies(frame -> assertThat(frame[54]).isEqualTo((byte) 135));
        advertise("out", OUT, ROUTER, "2001:db8::9", "2001:db8::1");
        assertThat(router.take("out"))
                .singleElement()
                .satisfies(frame -> assertThat(is(frame, 0x80, "2001:db8:f::1")).isTrue());
        for (int i = 0; i < 100; i++) {
            router.later(Lab.SECOND / 10).lab.settle();
        }
        takeAll();
    }

    @Test
    void whoWritesToHostsThatAreNotThereIsToldByTheGatewayWhatHeSent() {
        inside(HOST, ping("fd00:1::2", "2001:db8::99"));
        advertise("in", IN, HOST, "fd00:1::2", "fd00:1::1");
        router.take("in");
        List<byte[]> told = List.of();
        for (int i = 0; i < 40 && told.isEmpty(); i++) {
            router.later(Lab.SECOND / 10).lab.settle();
            told = router.take("in").stream()
                    .filter(frame -> frame.length > 60 && frame[54] == 1) // the gateway says where it is, too
                    .toList();
        }
        router.take("out");
        assertThat(router.drops(Drop.NEXT_HOP_SILENT)).isOne();
        var quote = ping("fd00:1::2", "2001:db8::99");
        quote[9] = 63; // the time to live was counted down
        var message = icmpv6(
                "fd00:1::1",
                "fd00:1::2",
                "01 03 00 00 00 00 00 00",
                HexFormat.of().formatHex(quote, 2, quote.length));
        var error = ipv6("", "fd00:1::1", "fd00:1::2", 58, 64, message);
        error[2] |= 0x0C; // internetwork control
        assertThat(told)
                .singleElement()
                .satisfies(frame -> assertThat(HexFormat.of().formatHex(frame))
                        .isEqualTo(HexFormat.of()
                                .formatHex(hex(HOST, IN, HexFormat.of().formatHex(error)))));
        for (int i = 0; i < 40; i++) {
            router.later(Lab.SECOND / 10).lab.settle();
        }
        takeAll();
    }

    /** What is asked and announced once the story is told. */
    private void takeAll() {
        for (var link : new String[] {"in", "out", "db", "closed"}) {
            router.take(link);
        }
    }
}
