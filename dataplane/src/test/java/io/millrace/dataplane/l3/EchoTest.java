package io.millrace.dataplane.l3;

import static io.millrace.dataplane.l3.IpLab.THEM;
import static io.millrace.dataplane.l3.IpLab.US;
import static io.millrace.dataplane.l3.IpLab.arp;
import static io.millrace.dataplane.trials.Packets.icmp;
import static io.millrace.dataplane.trials.Packets.icmpv6;
import static io.millrace.dataplane.trials.Packets.ipv4;
import static io.millrace.dataplane.trials.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Witness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pings to our address, and the sentences a trace tells about what happens there. */
class EchoTest {
    private static final String OURS = "10.9.0.1";
    private static final String THEIRS = "10.9.0.2";
    private static final String DATA = "12 34 00 07 ff ff ff ff 01";

    private static byte[] answer() {
        return ipv4(THEM + US, OURS, THEIRS, 1, 0x4000, icmp("00 00 00 00", DATA));
    }

    @Test
    void aPingGoesBackWithItsDataAndWithoutItsPadding() {
        try (var us = IpLab.v4()) {
            byte[] ping = ipv4(US + THEM, THEIRS, OURS, 1, 0, icmp("08 00 00 00", DATA));
            us.lab.given("u", Arrays.copyOf(ping, 60)).expect("u", answer());
        }
    }

    @Test
    void aPingBehindIpv6ExtensionHeadersIsAnsweredWithoutThem() {
        try (var us = IpLab.v6()) {
            var to = "2001:db8::1";
            var from = "2001:db8:9::2";
            byte[] question = icmpv6(from, to, "80 00 00 00", DATA);
            byte[] options = HexFormat.of().parseHex("3a00010400000000");
            byte[] both = Arrays.copyOf(options, options.length + question.length);
            System.arraycopy(question, 0, both, options.length, question.length);
            us.lab
                    .given("u", ipv6(US + THEM, from, to, 60, 9, both))
                    .expect("u", ipv6(THEM + US, to, from, 58, 64, icmpv6(to, from, "81 00 00 00", DATA)));
        }
    }

    @Test
    void aPingWhoseChecksumItsSenderLeftToTheCardIsAnsweredWithAWholeOne() {
        try (var us = IpLab.v4()) {
            byte[] ping = ipv4(US + THEM, THEIRS, OURS, 1, 0, icmp("08 00 00 00", DATA));
            ping[36] = 0;
            ping[37] = 0;
            long frame = us.lab.pool().allocate(ping.length);
            us.lab.pool().buffer().putBytes(Frame.head(frame), ping);
            long state = Offload.of(Offload.WHOLE, 0, 34, 2);
            assertThat(us.lab.end("u").put(us.lab.pool().offload(frame, state))).isTrue();
            us.lab.settle().expect("u", answer());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "10.9.0.1"})
    void nobodyIsAnsweredWhoCannotBeAHost(String from) {
        try (var us = IpLab.v4()) {
            us.lab.given("u", ipv4(US + THEM, from, OURS, 1, 0, icmp("08 00 00 00", DATA)));
            us.expectDrop(Drop.IP_SOURCE);
        }
    }

    @Test
    void pingsToTheBroadcastAddressAreNotOurs() {
        try (var us = IpLab.v4()) {
            us.lab.given("u", ipv4(IpLab.ALL + THEM, THEIRS, "10.9.0.255", 1, 0, icmp("08 00 00 00", DATA)));
            us.expectDrop(Drop.NOT_OURS);
        }
    }

    @Test
    void whatHappensIsToldInSentences() {
        try (var us = IpLab.v4()) {
            var seen = new ArrayList<String>();
            us.lab.graph().witness(new Witness() {
                @Override
                public void decided(Node node, long frame, int decision) {
                    if (node instanceof IpNode) {
                        seen.add(node.explain(decision, frame));
                    }
                }

                @Override
                public void dropped(Node node, long frame, Drop why) {}
            });
            var hop = us.ip.via(IpLab.address(THEIRS), new IpLab.Sender());
            us.hold(hop, 1);
            us.given(IpLab.ALL, THEM, arp("1 ", THEM, IpLab.THEIR_IP, US, IpLab.OUR_IP));
            us.lab.alsoGiven("u", ipv4(US + THEM, THEIRS, OURS, 1, 0, icmp("08 00 00 00", DATA)));
            us.given(US, THEM, arp("2 ", THEM, IpLab.THEIR_IP, US, IpLab.OUR_IP));
            us.ip.join(IpLab.address("239.1.2.3"));
            us.lab.alsoGiven("u", ipv4(US + THEM, THEIRS, OURS, 6, 0, icmp("08 00 00 00", DATA)));
            assertThat(seen)
                    .containsExactly(
                            "asks who has 10.9.0.2",
                            "leaves for next hop 10.9.0.2",
                            "answers ARP for 10.9.0.1",
                            "answers the ping to 10.9.0.1",
                            "has heard from the next hop itself where it is: 10.9.0.2",
                            "tells that it listens to group 239.1.2.3",
                            "drop: nothing here takes packets of that kind");
            us.lab.take("u");
        }
    }
}
