package io.millrace.dataplane.l3;

import static io.millrace.dataplane.l3.IpLab.ALL;
import static io.millrace.dataplane.l3.IpLab.OUR_IP;
import static io.millrace.dataplane.l3.IpLab.OUR_MAC;
import static io.millrace.dataplane.l3.IpLab.THEIR_IP;
import static io.millrace.dataplane.l3.IpLab.THEIR_MAC;
import static io.millrace.dataplane.l3.IpLab.THEM;
import static io.millrace.dataplane.l3.IpLab.US;
import static io.millrace.dataplane.l3.IpLab.address;
import static io.millrace.dataplane.l3.IpLab.arp;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.l3.IpLab.Sender;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** ARP by the letter of RFC 826 and RFC 5227; every frame is written out. */
class ArpTest {
    private static final String NOBODY = "00 00 00 00 00 00 ";
    private static final String NO_IP = "00 00 00 00 ";

    @AutoClose
    private final IpLab us = IpLab.v4();

    @Test
    void whoAsksForOurAddressIsAnsweredAndNobodyElse() {
        us.given(ALL, THEM, arp("1 ", THEM, THEIR_IP, NOBODY, OUR_IP))
                .expect(THEM, US, arp("2 ", US, OUR_IP, THEM, THEIR_IP));
    }

    @Test
    void paddingBehindTheQuestionIsNotPartOfTheAnswer() {
        us.given(ALL, THEM, arp("1 ", THEM, THEIR_IP, NOBODY, OUR_IP), "aa".repeat(18))
                .expect(THEM, US, arp("2 ", US, OUR_IP, THEM, THEIR_IP));
    }

    @Test
    void aQuestionForAnotherAddressIsNotOurs() {
        us.given(ALL, THEM, arp("1 ", THEM, THEIR_IP, NOBODY, "0a 09 00 03 ")).expectDrop(Drop.NOT_OURS);
    }

    @Test
    void aProbeIsAnsweredAndTeachesNothing() {
        try (var anywhere = new IpLab("10.9.0.1", 0, null, Map.of()).open()) {
            var nowhere = new Sender();
            var hop = anywhere.ip.via(address("0.0.0.0"), nowhere);
            anywhere.later(100).expect(ALL, US, arp("1 ", US, OUR_IP, NOBODY, NO_IP));
            anywhere.given(ALL, THEM, arp("1 ", THEM, NO_IP, NOBODY, OUR_IP))
                    .expect(THEM, US, arp("2 ", US, OUR_IP, THEM, NO_IP));
            assertThat(hop.mac()).isEqualTo(NextHop.UNKNOWN);
        }
    }

    @Test
    void whoIsNeededIsAskedForAndItsAnswerTold() {
        var sender = new Sender();
        var hop = us.ip.via(address("10.9.0.2"), sender);
        us.later(100).expect(ALL, US, arp("1 ", US, OUR_IP, NOBODY, THEIR_IP));
        us.hold(hop, 1);
        us.hold(hop, 2);
        us.expectNothing();
        assertThat(us.ip.held()).isEqualTo(2);
        us.given(US, THEM, arp("2 ", THEM, THEIR_IP, US, OUR_IP))
                .expect(IpLab.waiting(THEM, 1))
                .expect(IpLab.waiting(THEM, 2));
        assertThat(sender.mac).isEqualTo(THEIR_MAC);
        assertThat(us.ip.held()).isZero();
    }

    @Test
    void aDamagedPacketAndOneAboutOtherThingsIsDropped() {
        us.given(ALL, THEM, "08 06 00 01 08 00 06 04 00 01", THEM, THEIR_IP).expectDrop(Drop.ARP_SENSELESS);
    }

    @Test
    void aPortThatIsNotOpenYetAsksWhenItIs() {
        try (var early = new IpLab("10.9.0.1", 24, null, Map.of())) {
            var sender = new Sender();
            var hop = early.ip.via(address("10.9.0.2"), sender);
            early.hold(hop, 1);
            early.later(5000).expectNothing();
            early.ip.mac(OUR_MAC);
            early.later(100)
                    .expect(ALL, US, arp("1 ", US, OUR_IP, NOBODY, OUR_IP))
                    .expect(ALL, US, arp("1 ", US, OUR_IP, NOBODY, THEIR_IP));
            early.given(US, THEM, arp("2 ", THEM, THEIR_IP, US, OUR_IP)).expect(IpLab.waiting(THEM, 1));
        }
    }
}
