package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.nat.KernelNat.Exchange;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The gateways get what Linux's router got, frame by frame, and send what it sent, byte by byte: the packets that open
 * connections and those that answer them, and every ICMP error. Where two hosts had the same port Linux and we choose
 * another one at random; what is recorded is then given with the port that we chose.
 */
class GatewayKernelTest {
    private static final HexFormat HEX = HexFormat.of();

    /** Linux lets them pass; {@link QuotedKernelTest} says why we do not. */
    private static final Set<String> STRICTER =
            Set.of("IPv4: the quoted IP checksum is wrong", "IPv4: the error is for another than the quoted sender");

    @Test
    void everyFrameLeavesAsItLeftLinux() {
        try (var router = new RouterLab()) {
            var chosen = new HashMap<String, String>();
            for (var exchange : KernelNat.recorded()) {
                compare(router, exchange, chosen);
            }
            assertThat(router.nat.sessions().size()).isGreaterThan(20);
        }
    }

    private static void compare(RouterLab router, Exchange exchange, Map<String, String> chosen) {
        var given = HEX.parseHex(replaced(HEX.formatHex(exchange.given().frame()), chosen));
        router.lab.alsoGiven(exchange.given().inside() ? "in" : "out", given);
        var in = router.take("in");
        var out = router.take("out");
        var story = exchange.story();
        if (STRICTER.contains(story) || exchange.sent().isEmpty()) {
            assertThat(in).as(story).isEmpty();
            assertThat(out).as(story).isEmpty();
            return;
        }
        var sent = exchange.sent().getFirst();
        assertThat(sent.inside() ? in : out).as(story).hasSize(1);
        assertThat(sent.inside() ? out : in).as(story).isEmpty();
        byte[] ours = (sent.inside() ? in : out).getFirst();
        byte[] linux = sent.frame();
        if (story.endsWith(" with the same identifier") || story.endsWith(" from a port that is taken")) {
            assertThat(ours).as(story).isNotEqualTo(linux);
            chosen.put(packet(linux), packet(ours));
            ours = withoutChoice(ours);
            linux = withoutChoice(linux);
        }
        assertThat(HEX.formatHex(ours)).as(story).isEqualTo(HEX.formatHex(linux));
    }

    /** The packet in place of Linux's, in an error too: both have the same sum, so that the error's checksum is right. */
    private static String replaced(String frame, Map<String, String> chosen) {
        var ours = frame;
        for (var choice : chosen.entrySet()) {
            ours = ours.replace(choice.getKey(), choice.getValue());
        }
        return ours;
    }

    private static String packet(byte[] frame) {
        return HEX.formatHex(frame, 14, frame.length);
    }

    /** The frame without ports or identifier, and without their checksum. */
    private static byte[] withoutChoice(byte[] frame) {
        int transport = frame[12] == 0x08 ? 34 : 54;
        byte[] without = frame.clone();
        Arrays.fill(without, transport, transport + 8, (byte) 0);
        return without;
    }
}
