package io.millrace.dataplane.l3;

import static io.millrace.dataplane.l3.IpLab.ALL;
import static io.millrace.dataplane.l3.IpLab.OUR_IP;
import static io.millrace.dataplane.l3.IpLab.THEIR_IP;
import static io.millrace.dataplane.l3.IpLab.THEM;
import static io.millrace.dataplane.l3.IpLab.US;
import static io.millrace.dataplane.l3.IpLab.address;
import static io.millrace.dataplane.l3.IpLab.arp;
import static io.millrace.dataplane.trials.Packets.digits;
import static io.millrace.dataplane.trials.Packets.icmp;
import static io.millrace.dataplane.trials.Packets.icmpv6;
import static io.millrace.dataplane.trials.Packets.ipv4;
import static io.millrace.dataplane.trials.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Drop;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A host that answers for further addresses does so as if each were its only one. */
class VirtualAddressTest {
    private static final String NOBODY = "00 00 00 00 00 00 ";
    private static final String VIRTUAL_IP = "0a 09 00 07 ";
    private static final String VIRTUAL = "10.9.0.7";
    private static final String THEIRS = "10.9.0.2";

    @Test
    void whoAsksByArpWhereAVirtualAddressIsIsAnsweredFromThere() {
        try (var us = IpLab.v4()) {
            us.given(ALL, THEM, arp("1 ", THEM, THEIR_IP, NOBODY, VIRTUAL_IP)).expectDrop(Drop.NOT_OURS);
            us.ip.serve(address(VIRTUAL));
            us.given(ALL, THEM, arp("1 ", THEM, THEIR_IP, NOBODY, VIRTUAL_IP))
                    .expect(THEM, US, arp("2 ", US, VIRTUAL_IP, THEM, THEIR_IP));
            us.given(ALL, THEM, arp("1 ", THEM, THEIR_IP, NOBODY, OUR_IP))
                    .expect(THEM, US, arp("2 ", US, OUR_IP, THEM, THEIR_IP));
        }
    }

    @Test
    void aPingToAVirtualAddressIsAnsweredFromThere() {
        var data = "12 34 00 07 ff ff ff ff 01";
        try (var us = IpLab.v4()) {
            us.ip.serve(address(VIRTUAL));
            us.lab
                    .given("u", ipv4(US + THEM, THEIRS, VIRTUAL, 1, 0, icmp("08 00 00 00", data)))
                    .expect("u", ipv4(THEM + US, VIRTUAL, THEIRS, 1, 0x4000, icmp("00 00 00 00", data)));
        }
    }

    @Test
    void neighborDiscoveryAndPingsOfIpv6AreAnsweredFromTheVirtualAddress() {
        var virtual = "2001:db8::7:7";
        var theirs = "2001:db8::2";
        var group = "ff02::1:ff07:7";
        var data = "12 34 00 07 ff ff ff ff 01";
        try (var us = IpLab.v6()) {
            us.ip.serve(address(virtual));
            us.lab.settle();
            us.lab.take("u"); // the report that the group is listened to
            var question = icmpv6(theirs, group, "87 00 00 00 00 00 00 00", digits(virtual), "01 01" + THEM);
            us.lab
                    .given("u", ipv6("33 33 ff 07 00 07" + THEM, theirs, group, 58, 255, question))
                    .expect(
                            "u",
                            ipv6(
                                    THEM + US,
                                    "2001:db8::1",
                                    theirs,
                                    58,
                                    255,
                                    icmpv6(
                                            "2001:db8::1",
                                            theirs,
                                            "88 00 00 00",
                                            "60",
                                            "00 00 00",
                                            digits(virtual),
                                            "02 01",
                                            US)));
            us.lab
                    .given("u", ipv6(US + THEM, theirs, virtual, 58, 9, icmpv6(theirs, virtual, "80 00 00 00", data)))
                    .expect(
                            "u",
                            ipv6(THEM + US, virtual, theirs, 58, 64, icmpv6(virtual, theirs, "81 00 00 00", data)));
        }
    }

    @Test
    void aSetOfAddressesHoldsWhatAHashSetHolds() {
        var random = new Random(4);
        var set = new AddressSet();
        var model = new HashSet<Ipv6Address>();
        for (int i = 0; i < 20_000; i++) {
            var address = new Ipv6Address(random.nextInt(3), 1 + random.nextInt(200));
            if (random.nextInt(3) > i / 10_000) {
                assertThat(set.add(address)).isEqualTo(model.add(address));
            } else {
                assertThat(set.remove(address)).isEqualTo(model.remove(address));
            }
            var other = new Ipv6Address(random.nextInt(3), 1 + random.nextInt(200));
            assertThat(set.contains(other.high(), other.low())).isEqualTo(model.contains(other));
        }
    }
}
