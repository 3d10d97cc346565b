package io.millrace.dataplane.l3;

import static io.millrace.dataplane.l3.IpLab.OUR_MAC;
import static io.millrace.dataplane.l3.IpLab.THEIR_MAC;
import static io.millrace.dataplane.l3.IpLab.THEM;
import static io.millrace.dataplane.l3.IpLab.US;
import static io.millrace.dataplane.l3.IpLab.address;
import static io.millrace.dataplane.trials.Packets.digits;
import static io.millrace.dataplane.trials.Packets.icmpv6;
import static io.millrace.dataplane.trials.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.l3.IpLab.Sender;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Neighbour discovery by the letter of RFC 4861; every message is written out. */
class NeighborDiscoveryTest {
    private static final String OURS = "2001:db8::1";
    private static final String THEIRS = "2001:db8::2";
    private static final String OUR_GROUP = "ff02::1:ff00:1";
    private static final String TO_OUR_GROUP = "33 33 ff 00 00 01" + THEM;
    private static final String SOLICITATION = "87 00 00 00 00 00 00 00";
    private static final String FROM_THEM = "01 01" + THEM;

    @AutoClose
    private final IpLab us = IpLab.v6();

    private static byte[] answer(String to, String toAddress, String flags) {
        return ipv6(
                to + US,
                OURS,
                toAddress,
                58,
                255,
                icmpv6(OURS, toAddress, "88 00 00 00", flags, "00 00 00", digits(OURS), "02 01", US));
    }

    @Test
    void whoAsksForOurAddressIsAnswered() {
        var question = icmpv6(THEIRS, OUR_GROUP, SOLICITATION, digits(OURS), FROM_THEM);
        us.lab.given("u", ipv6(TO_OUR_GROUP, THEIRS, OUR_GROUP, 58, 255, question));
        us.lab.expect("u", answer(THEM, THEIRS, "60"));
    }

    @Test
    void whoAsksUsAloneNeedNotSayWhereItIs() {
        var question = icmpv6(THEIRS, OURS, SOLICITATION, digits(OURS));
        us.lab.given("u", ipv6(US + THEM, THEIRS, OURS, 58, 255, question));
        us.lab.expect("u", answer(THEM, THEIRS, "60"));
    }

    @Test
    void aProbeForDuplicatesIsAnsweredToAllNodes() {
        var question = icmpv6("::", OUR_GROUP, SOLICITATION, digits(OURS), "0e 01 12 34 56 78 9a bc"); // a nonce
        us.lab.given("u", ipv6(TO_OUR_GROUP, "::", OUR_GROUP, 58, 255, question));
        us.lab.expect("u", answer("33 33 00 00 00 01", "ff02::1", "20"));
    }

    @ParameterizedTest
    @CsvSource({
        "a router was between,                      254, 00, 2001:db8::2, 01 01 02 00 0a 09 00 02",
        "its code means nothing,                    255, 01, 2001:db8::2, 01 01 02 00 0a 09 00 02",
        "an option has no length,                   255, 00, 2001:db8::2, 01 00 02 00 0a 09 00 02",
        "an option reaches beyond the end,          255, 00, 2001:db8::2, 01 02 02 00 0a 09 00 02",
        "half an option is left,                    255, 00, 2001:db8::2, 01",
        "nobody says where it is,                   255, 00, ::,          01 01 02 00 0a 09 00 02",
        "the Ethernet address is a group's,         255, 00, 2001:db8::2, 01 01 03 00 0a 09 00 02",
        "the asker is a group,                      255, 00, ff02::1,     01 01 02 00 0a 09 00 02"
    })
    void aSenselessQuestionIsDropped(String why, int hops, String code, String from, String option) {
        var question = icmpv6(from, OUR_GROUP, "87", code, "00 00 00 00 00 00", digits(OURS), option);
        us.lab.given("u", ipv6(TO_OUR_GROUP, from, OUR_GROUP, 58, hops, question));
        us.expectDrop(Drop.NEIGHBOR_SENSELESS);
    }

    @Test
    void aWrongChecksumIsDroppedBeforeAnythingIsBelieved() {
        var question = icmpv6(THEIRS, OUR_GROUP, SOLICITATION, digits(OURS), FROM_THEM);
        question[2] ^= 1;
        us.lab.given("u", ipv6(TO_OUR_GROUP, THEIRS, OUR_GROUP, 58, 255, question));
        us.expectDrop(Drop.ICMP_CHECKSUM);
    }

    @Test
    void aQuestionForAnotherOfTheSameGroupIsNotOurs() {
        var question = icmpv6(THEIRS, OUR_GROUP, SOLICITATION, digits("2001:db8:1::1"), FROM_THEM);
        us.lab.given("u", ipv6(TO_OUR_GROUP, THEIRS, OUR_GROUP, 58, 255, question));
        us.expectDrop(Drop.NOT_OURS);
    }

    /** Asks for them, and looks at the question. */
    private NextHop asked(Sender sender) {
        var hop = us.ip.via(address(THEIRS), sender);
        us.lab.settle();
        var group = "ff02::1:ff00:2";
        us.lab.expect(
                "u",
                ipv6(
                        "33 33 ff 00 00 02" + US,
                        OURS,
                        group,
                        58,
                        255,
                        icmpv6(OURS, group, SOLICITATION, digits(THEIRS), "01 01", US)));
        return hop;
    }

    private void advertised(String flags, String option) {
        var answer = icmpv6(THEIRS, OURS, "88 00 00 00", flags, "00 00 00", digits(THEIRS), option);
        us.lab.given("u", ipv6(US + THEM, THEIRS, OURS, 58, 255, answer));
    }

    @Test
    void anAnswerTellsWhereTheNextHopIs() {
        var sender = new Sender();
        var hop = asked(sender);
        us.hold(hop, 1);
        advertised("60", "02 01" + THEM);
        us.expect(IpLab.waiting(THEM, 1));
        assertThat(sender.mac).isEqualTo(THEIR_MAC);
    }

    @Test
    void anAnswerWithoutAnEthernetAddressTellsNothingNew() {
        var hop = asked(new Sender());
        advertised("60", "");
        us.expectDrop(Drop.UNASKED);
        assertThat(hop.mac()).isEqualTo(NextHop.UNKNOWN);
    }

    @Test
    void withTheOverrideFlagANeighborMovesAtOnceAndWithoutItIsAskedFirst() {
        var hop = asked(new Sender());
        advertised("60", "02 01" + THEM);
        advertised("20", "02 01 02 00 00 00 00 77");
        assertThat(hop.mac()).isEqualTo(0x77 | 0x0200_0000_0000L);
        advertised("00", "02 01 02 00 00 00 00 88");
        assertThat(hop.mac()).isEqualTo(0x77 | 0x0200_0000_0000L);
        assertThat(hop.state).isEqualTo(NextHop.State.CHECKED);
        assertThat(us.lab.take("u")).as("a question").hasSize(1);
    }

    @Test
    void whoAsksUsIsKnownByThatWhenItIsANextHop() {
        var hop = asked(new Sender());
        var question = icmpv6(THEIRS, OUR_GROUP, SOLICITATION, digits(OURS), FROM_THEM);
        us.lab.given("u", ipv6(TO_OUR_GROUP, THEIRS, OUR_GROUP, 58, 255, question));
        us.lab.expect("u", answer(THEM, THEIRS, "60"));
        assertThat(hop.mac()).isEqualTo(THEIR_MAC);
    }

    @Test
    void whoClaimsOurAddressIsToldOtherwiseOnceInTenSeconds() {
        var claim = icmpv6(OURS, "ff02::1", "88 00 00 00 20 00 00 00", digits(OURS), "02 01", THEM);
        var frame = ipv6("33 33 00 00 00 01" + THEM, OURS, "ff02::1", 58, 255, claim);
        us.lab.given("u", frame).expect("u", answer("33 33 00 00 00 01", "ff02::1", "20"));
        us.lab.given("u", frame);
        us.expectNothing();
        us.later(10_000).lab.given("u", frame).expect("u", answer("33 33 00 00 00 01", "ff02::1", "20"));
        assertThat(us.ip.presence().clashes()).isEqualTo(3);
        assertThat(us.ip.presence().rival()).isEqualTo(THEIR_MAC);
        assertThat(us.ip.mac()).isEqualTo(OUR_MAC);
    }
}
