package io.millrace.dataplane.l3;

import static io.millrace.dataplane.l3.IpLab.ALL;
import static io.millrace.dataplane.l3.IpLab.OUR_IP;
import static io.millrace.dataplane.l3.IpLab.THEIR_IP;
import static io.millrace.dataplane.l3.IpLab.THEIR_MAC;
import static io.millrace.dataplane.l3.IpLab.THEM;
import static io.millrace.dataplane.l3.IpLab.US;
import static io.millrace.dataplane.l3.IpLab.address;
import static io.millrace.dataplane.l3.IpLab.arp;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.l3.IpLab.Sender;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How next hops are found, waited for, checked and given up. */
class NextHopTest {
    private static final String NOBODY = "00 00 00 00 00 00 ";
    private static final String QUESTION = ALL + US + arp("1 ", US, OUR_IP, NOBODY, THEIR_IP);
    private static final String QUESTION_ALONE = THEM + US + arp("1 ", US, OUR_IP, NOBODY, THEIR_IP);
    private static final String ANSWER = US + THEM + arp("2 ", THEM, THEIR_IP, US, OUR_IP);
    private static final Ipv6Address NEIGHBOR = address("10.9.0.2");
    private static final int HALF_A_MINUTE = 30_000;

    @AutoClose
    private final IpLab us = IpLab.v4();

    private final Sender sender = new Sender();

    private NextHop known() {
        var hop = us.ip.via(NEIGHBOR, sender);
        us.later(100).expect(QUESTION).given(ANSWER).expectNothing();
        assertThat(sender.mac).isEqualTo(THEIR_MAC);
        return hop;
    }

    @Test
    void whoDoesNotAnswerThreeQuestionsASecondApartIsSilent() {
        var hop = us.ip.via(NEIGHBOR, sender);
        us.hold(hop, 1);
        us.expect(QUESTION).later(900).expectNothing();
        us.later(100).expect(QUESTION).later(1000).expect(QUESTION).later(900).expectNothing();
        assertThat(us.ip.held()).isOne();
        us.later(100).expectDrop(Drop.NEXT_HOP_SILENT).later(60_000).expectNothing();
        assertThat(hop.state).isEqualTo(NextHop.State.SILENT);
    }

    @Test
    void whoWasSilentIsAskedAnewWhenThereIsSomethingToSend() {
        var hop = us.ip.via(NEIGHBOR, sender);
        us.later(10_000);
        us.lab.take("u");
        us.hold(hop, 1);
        us.expect(QUESTION).given(ANSWER).expect(IpLab.waiting(THEM, 1));
    }

    @Test
    void sixteenFramesWaitForOneHopAndNoMore() {
        var hop = us.ip.via(NEIGHBOR, sender);
        for (int i = 0; i < 20; i++) {
            us.hold(hop, i);
        }
        assertThat(us.lab.drops(Drop.NEXT_HOP_AWAITED)).isEqualTo(4);
        us.expect(QUESTION).given(ANSWER);
        for (int i = 0; i < 16; i++) {
            us.expect(IpLab.waiting(THEM, i));
        }
    }

    @Test
    void aThousandFramesWaitInAllAndNoMore() {
        var hops = new ArrayList<NextHop>();
        for (int i = 2; i < 72; i++) {
            var hop = us.ip.via(address("10.9.0." + i), sender);
            hops.add(hop);
            for (int frame = 0; frame < 16; frame++) {
                us.hold(hop, frame);
            }
        }
        assertThat(us.ip.held()).isEqualTo(1024);
        assertThat(us.lab.drops(Drop.NEXT_HOP_AWAITED)).isEqualTo(70 * 16 - 1024);
        hops.forEach(hop -> us.ip.release(hop, sender));
        assertThat(us.lab.drops(Drop.UNPLUGGED)).isEqualTo(1024);
        assertThat(us.ip.hops()).isEmpty();
        us.lab.settle().take("u");
    }

    @Test
    void whoIsNotUsedIsNotAskedAgain() {
        known();
        us.later(10 * HALF_A_MINUTE).expectNothing();
        assertThat(us.ip.hops())
                .containsExactly(new NextHop.Status(
                        NEIGHBOR, THEIR_MAC, NextHop.State.KNOWN, 10L * HALF_A_MINUTE * 1_000_000, 1, 0));
    }

    @Test
    void whoIsUsedIsAskedItselfEveryHalfMinute() {
        known();
        sender.sent = 7;
        us.later(HALF_A_MINUTE)
                .expect(QUESTION_ALONE)
                .given(ANSWER)
                .later(HALF_A_MINUTE)
                .expectNothing();
        sender.sent = 8;
        us.later(100).expect(QUESTION_ALONE).given(ANSWER).expectNothing();
    }

    @Test
    void whoDoesNotAnswerAnyLongerIsAskedForAndThenSilent() {
        var hop = known();
        sender.sent = 1;
        us.later(HALF_A_MINUTE).expect(QUESTION_ALONE);
        us.later(2000).expect(QUESTION_ALONE).expect(QUESTION_ALONE);
        us.later(3000).expect(QUESTION).expect(QUESTION).expect(QUESTION);
        assertThat(sender.mac).as("trusted so long").isEqualTo(THEIR_MAC);
        us.later(1000).expectNothing();
        assertThat(sender.mac).isEqualTo(NextHop.UNKNOWN);
        assertThat(hop.mac()).isEqualTo(NextHop.UNKNOWN);
    }

    @ParameterizedTest
    @CsvSource({"1, 0a 09 00 03", "2, 0a 09 00 01", "1, 0a 09 00 02"})
    void whateverItSaysANeighborThatMovedIsFollowedAtOnce(String operation, String target) {
        known();
        var other = "02 00 00 00 00 77 ";
        us.given(ALL, other, arp(operation, other, THEIR_IP, NOBODY, target)).expectNothing();
        assertThat(sender.mac).isEqualTo(0x0200_0000_0077L);
    }

    @Test
    void nobodyIsRememberedWhoIsNotNeeded() {
        us.given(ALL, THEM, arp("1 ", THEM, THEIR_IP, NOBODY, OUR_IP))
                .expect(THEM, US, arp("2 ", US, OUR_IP, THEM, THEIR_IP));
        us.given(ANSWER).expectDrop(Drop.UNASKED);
        assertThat(us.ip.hops()).isEmpty();
    }

    @Test
    void allBeyondTheLinkShareTheGateway() {
        var one = us.ip.via(address("192.0.2.1"), sender);
        var other = us.ip.via(address("198.51.100.7"), new Sender());
        assertThat(one).isSameAs(other);
        assertThat(one.address()).isEqualTo(address("10.9.0.254"));
        us.lab.settle();
        us.expect(ALL, US, arp("1 ", US, OUR_IP, NOBODY, "0a 09 00 fe"));
    }

    @Test
    void groupsAreReachedWithoutAsking() {
        assertThat(us.ip.via(address("239.129.2.3"), sender).mac()).isEqualTo(0x0100_5E01_0203L);
        assertThat(sender.mac).isEqualTo(0x0100_5E01_0203L);
        try (var six = IpLab.v6()) {
            assertThat(six.ip.via(address("ff05::1:3"), sender).mac()).isEqualTo(0x3333_0001_0003L);
        }
    }

    @Test
    void staticNeighborsAreNeitherAskedForNorMoved() {
        var settings = Map.of(NEIGHBOR, THEIR_MAC);
        try (var quiet = new IpLab("10.9.0.1", 24, null, settings)) {
            quiet.ip.mac(IpLab.OUR_MAC);
            var hop = quiet.ip.via(NEIGHBOR, sender);
            var unnamed = quiet.ip.via(address("10.9.0.3"), new Sender());
            quiet.ip.join(address("239.1.1.1"));
            var other = "02 00 00 00 00 77 ";
            quiet.given(ALL, other, arp("1 ", other, THEIR_IP, NOBODY, "0a 09 00 03"));
            quiet.given(ALL, other, arp("1 ", other, OUR_IP, NOBODY, OUR_IP));
            sender.sent = 1;
            quiet.later(2 * HALF_A_MINUTE).expectNothing();
            assertThat(hop.mac()).isEqualTo(THEIR_MAC);
            quiet.hold(unnamed, 1);
            quiet.expectDrop(Drop.NO_ROUTE);
        }
    }

    @Test
    void anotherPortMeansAnotherNeighborhood() {
        known();
        us.ip.mac(0x0200_0000_0099L);
        var ours = "02 00 00 00 00 99 ";
        us.later(100).expect(ALL, ours, arp("1 ", ours, OUR_IP, NOBODY, OUR_IP));
        us.expect(ALL, ours, arp("1 ", ours, OUR_IP, NOBODY, THEIR_IP));
        var other = "02 00 00 00 00 77 ";
        us.given(ours, other, arp("2 ", other, THEIR_IP, ours, OUR_IP));
        assertThat(sender.mac).isEqualTo(0x0200_0000_0077L);
        us.later(2000)
                .expect(ALL, ours, arp("1 ", ours, OUR_IP, NOBODY, OUR_IP))
                .later(60_000)
                .expectNothing();
    }
}
