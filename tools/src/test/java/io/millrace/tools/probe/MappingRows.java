package io.millrace.tools.probe;

import static io.millrace.tools.probe.NatSegments.ADDRESS;
import static io.millrace.tools.probe.NatSegments.PUBLISHED;
import static io.millrace.tools.probe.NatSegments.SERVICE;
import static io.millrace.tools.probe.Packet.ACK;
import static io.millrace.tools.probe.Packet.PSH;
import static io.millrace.tools.probe.Packet.SYN;
import static io.millrace.tools.probe.Packet.tcp;
import static io.millrace.tools.probe.Packet.text;
import static io.millrace.tools.probe.Packet.udp;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which outside port stands for which inside one, who may answer, and what is published: RFC 4787, 5382 and 3022. */
interface MappingRows extends NatRows {
    @Test
    default void n01WhatLeavesHasTheOutsideAddressAndAllElseAsItWas() {
        var sent = udp(net().insider(), net().port(), net().outsider(), 4000, text("as it was"));
        sent.service = 0xB8;
        sent.dontFragment();
        var seen = net().fromInside(sent).onlyOutside();
        assertThat(seen.way()).isEqualTo(ADDRESS + ":" + seen.from() + " > " + sent.destination + ":4000");
        assertThat(seen.data()).isEqualTo(sent.data());
        assertThat(seen.service).isEqualTo(0xB8);
        assertThat(seen.fragment).isEqualTo(0x4000);
    }

    @Test
    default void n02APortThatIsFreeIsKept() {
        var ports = List.of(net().port(), net().port(), net().port() + 1, net().port() + 1, 1024, 1025, 65_535, 700);
        var changed = new ArrayList<Integer>();
        for (int port : ports) {
            if (net().mapped(net().insider(), port, net().outsider(), 4000) != port) {
                changed.add(port);
            }
        }
        // one may be somebody else's already, who got it by chance
        assertThat(changed).hasSizeLessThan(2);
    }

    @Test
    default void x02APublishedPortIsNobodyElses() {
        var host = net().insider();
        var peer = net().outsider();
        assertThat(net().mapped(host, PUBLISHED, peer, 4000)).isNotEqualTo(PUBLISHED);
        assertThat(net().fromOutside(udp(peer, 4000, ADDRESS, PUBLISHED)).onlyInside().destination)
                .isEqualTo(SERVICE);
    }

    @Test
    default void n03TheTimeToLiveIsLoweredByOne() {
        for (int ttl : new int[] {255, 64, 2}) {
            var sent =
                    udp(net().insider(), net().port(), net().outsider(), 4000).ttl(ttl);
            assertThat(net().fromInside(sent).onlyOutside().ttl).isEqualTo(ttl - 1);
            var in = udp(net().outsider(), net().port(), ADDRESS, PUBLISHED).ttl(ttl);
            assertThat(net().fromOutside(in).onlyInside().ttl).isEqualTo(ttl - 1);
        }
    }

    @Test
    default void n04OneInsidePortHasTheSameOutsidePortForEveryPeer() {
        int port = net().port();
        net().mapped(net().insider(), port, net().outsider(), 4000); // so that it is not simply kept
        var host = net().insider();
        var peer = net().outsider();
        int mapped = net().mapped(host, port, peer, 4000);
        assertThat(net().mapped(host, port, peer, 4001)).isEqualTo(mapped);
        assertThat(net().mapped(host, port, net().outsider(), 4000)).isEqualTo(mapped);
        assertThat(net().mapped(host, port, net().outsider(), 53)).isEqualTo(mapped);
    }

    @Test
    default void n05TwoHostsWithOnePortToOnePeerAreToldApart() {
        int port = net().port();
        var one = net().insider();
        var other = net().insider();
        var peer = net().outsider();
        int first = net().mapped(one, port, peer, 4000);
        int second = net().mapped(other, port, peer, 4000);
        assertThat(second).isNotEqualTo(first);
        assertThat(net().fromOutside(udp(peer, 4000, ADDRESS, first)).onlyInside().destination)
                .isEqualTo(one);
        var back = net().fromOutside(udp(peer, 4000, ADDRESS, second)).onlyInside();
        assertThat(back.way()).isEqualTo(peer + ":4000 > " + other + ":" + port);
    }

    @Test
    default void n06APortThatIsTakenBecomesAnotherAbove1023() {
        for (int port : new int[] {net().port(), net().port() + 1, 1026, 65_533}) {
            var peer = net().outsider();
            net().mapped(net().insider(), port, peer, 4000);
            assertThat(net().mapped(net().insider(), port, peer, 4000)).isBetween(1024, 65_535);
        }
    }

    @Test
    default void n07AnEvenPortBecomesAnEvenOneAndAnOddOneOdd() {
        for (int i = 0; i < 20; i++) {
            int port = net().port() + i % 2;
            var peer = net().outsider();
            net().mapped(net().insider(), port, peer, 4000);
            assertThat(net().mapped(net().insider(), port, peer, 4000) % 2).isEqualTo(i % 2);
        }
    }

    @Test
    default void n08TwoHostsNeverShareAnOutsidePortThoughTheirPeersDiffer() {
        int port = net().port();
        var mapped = new HashSet<Integer>();
        for (int i = 0; i < 5; i++) {
            mapped.add(net().mapped(net().insider(), port, net().outsider(), 4000));
        }
        assertThat(mapped).hasSize(5);
    }

    @Test
    default void n09APortBelow1024ThatIsTakenBecomesAnotherBelow1024AndNoneThatOneCanGuess() {
        var peer = net().outsider();
        net().mapped(net().insider(), 600, peer, 4000);
        for (int i = 0; i < 3; i++) {
            assertThat(net().mapped(net().insider(), 600, peer, 4000)).isBetween(1, 1023);
        }
        int port = net().port();
        var mapped = new ArrayList<Integer>();
        for (int i = 0; i < 9; i++) {
            mapped.add(net().mapped(net().insider(), port, peer, 4000));
        }
        long near = 0;
        for (int i = 1; i < mapped.size(); i++) {
            near += Math.abs(mapped.get(i) - mapped.get(i - 1)) < 50 ? 1 : 0;
        }
        assertThat(near).as("ports one after another in %s", mapped).isLessThan(4);
    }

    @Test
    default void n10ThePeersAnswerGetsBackWithItsOwnAddress() {
        int port = net().port();
        var host = net().insider();
        var peer = net().outsider();
        var answer = udp(peer, 4000, ADDRESS, net().mapped(host, port, peer, 4000));
        var seen = net().fromOutside(answer).onlyInside();
        assertThat(seen.way()).isEqualTo(peer + ":4000 > " + host + ":" + port);
        assertThat(seen.data()).isEqualTo(answer.data());
    }

    @Test
    default void n11NobodyButThePeerAddressAndPortThatWasSpokenToGetsInByAMapping() throws IOException {
        var host = net().insider();
        var peer = net().outsider();
        int mapped = net().mapped(host, net().port(), peer, 4000);
        for (int i = 0; i < 3; i++) {
            refusedOrUnreachable(udp(peer, 4001, ADDRESS, mapped));
            refusedOrUnreachable(udp(net().outsider(), 4000, ADDRESS, mapped));
        }
        assertThat(net().fromOutside(udp(peer, 4000, ADDRESS, mapped)).onlyInside().destination)
                .isEqualTo(host);
    }

    /** An answer that there is nobody is allowed, to get in is not. */
    private void refusedOrUnreachable(Packet packet) {
        assertThat(net().fromOutside(packet).inside()).isEmpty();
    }

    @Test
    default void n12APublishedTcpPortReachesTheServiceWithThePeersOwnAddress() {
        var peer = net().outsider();
        int port = net().port();
        var seen = net().fromOutside(tcp(peer, port, ADDRESS, PUBLISHED, SYN, 1000, 0))
                .onlyInside();
        assertThat(seen.way()).isEqualTo(peer + ":" + port + " > " + SERVICE + ":80");
        assertThat(seen.flags()).isEqualTo(SYN);
    }

    @Test
    default void n13APublishedUdpPortReachesTheServiceWithThePeersOwnAddress() {
        var sent = udp(net().outsider(), net().port(), ADDRESS, PUBLISHED);
        var seen = net().fromOutside(sent).onlyInside();
        assertThat(seen.way()).isEqualTo(sent.source + ":" + sent.from() + " > " + SERVICE + ":80");
        assertThat(seen.data()).isEqualTo(sent.data());
    }

    @Test
    default void n14AnInsideHostReachesAPublishedPortByTheOutsideAddress() {
        var host = net().insider();
        int port = net().port();
        var asked = net().fromInside(udp(host, port, ADDRESS, PUBLISHED)).onlyInside();
        assertThat(asked.destination + ":" + asked.to()).isEqualTo(SERVICE + ":80");
        var answer = udp(SERVICE, 80, asked.source, asked.from());
        var back = net().fromInside(answer).onlyInside();
        assertThat(back.way()).isEqualTo(ADDRESS + ":" + PUBLISHED + " > " + host + ":" + port);
        assertThat(back.data()).isEqualTo(answer.data());
    }

    @Test
    default void n15ItThenShowsTheOutsideAddressAndAPortOfIt() {
        for (var host : new String[] {net().insider(), SERVICE}) {
            int port = net().port();
            var asked = net().fromInside(udp(host, port, ADDRESS, PUBLISHED)).onlyInside();
            assertThat(asked.source).isEqualTo(ADDRESS);
            assertThat(net().mapped(host, port, net().outsider(), 4000)).isEqualTo(asked.from());
            var syn = net().fromInside(tcp(host, port, ADDRESS, PUBLISHED, SYN, 1, 0))
                    .onlyInside();
            assertThat(syn.source).isEqualTo(ADDRESS);
        }
    }

    @Test
    default void n16AnInsideHostReachesAnotherByItsMappingWhateverTheFilter() {
        var one = net().insider();
        int onePort = net().port();
        int mapped = net().mapped(one, onePort, net().outsider(), 4000);
        var other = net().insider();
        int otherPort = net().port();
        var seen = net().fromInside(udp(other, otherPort, ADDRESS, mapped)).onlyInside();
        assertThat(seen.destination + ":" + seen.to()).isEqualTo(one + ":" + onePort);
        assertThat(seen.source).isEqualTo(ADDRESS);
        var back = net().fromInside(udp(one, onePort, ADDRESS, seen.from())).onlyInside();
        assertThat(back.way()).isEqualTo(ADDRESS + ":" + mapped + " > " + other + ":" + otherPort);
    }

    @Test
    default void n50AnswersOfAPublishedTcpPortComeFromThePublishedAddressAndPort() {
        var peer = net().outsider();
        int port = net().port();
        net().fromOutside(tcp(peer, port, ADDRESS, PUBLISHED, SYN, 1000, 0)).onlyInside();
        var answer = net().fromInside(tcp(SERVICE, 80, peer, port, SYN | ACK, 5000, 1001))
                .onlyOutside();
        assertThat(answer.way()).isEqualTo(ADDRESS + ":" + PUBLISHED + " > " + peer + ":" + port);
        net().fromOutside(tcp(peer, port, ADDRESS, PUBLISHED, ACK, 1001, 5001)).onlyInside();
        var data = net().fromInside(tcp(SERVICE, 80, peer, port, PSH | ACK, 5001, 1001, text("hello")))
                .onlyOutside();
        assertThat(data.way()).isEqualTo(answer.way());
    }

    @Test
    default void n51AnswersOfAPublishedUdpPortComeFromThePublishedAddressAndPort() {
        var peer = net().outsider();
        int port = net().port();
        net().fromOutside(udp(peer, port, ADDRESS, PUBLISHED)).onlyInside();
        var answer = net().fromInside(udp(SERVICE, 80, peer, port)).onlyOutside();
        assertThat(answer.way()).isEqualTo(ADDRESS + ":" + PUBLISHED + " > " + peer + ":" + port);
        int own = net().mapped(SERVICE, 80, net().outsider(), 4000);
        assertThat(own).as("a port for what the service itself begins").isNotEqualTo(PUBLISHED);
    }
}
