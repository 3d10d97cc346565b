package io.millrace.tools.probe;

import static io.millrace.tools.probe.NatSegments.ADDRESS;
import static io.millrace.tools.probe.NatSegments.INSIDE_MTU;
import static io.millrace.tools.probe.NatSegments.OUTSIDE_MTU;
import static io.millrace.tools.probe.NatSegments.PUBLISHED;
import static io.millrace.tools.probe.NatSegments.SERVICE;
import static io.millrace.tools.probe.Packet.udp;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Packets in pieces: RFC 4787 REQ-13 and 14, RFC 791, 1858, 3128 and 5722. */
interface FragmentRows extends NatRows {
    private static byte[] data(int length) {
        var data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }

    /** The one packet that these are the pieces of, and its checksum is right. */
    private static Packet put(List<Packet> pieces) {
        var whole = Packet.whole(pieces);
        assertThat(whole.isRight()).as("checksum of the whole packet").isTrue();
        return whole;
    }

    private void leavesWhole(Packet sent, List<Packet> pieces) {
        var seen = net().fromInside(pieces);
        assertThat(seen.inside()).isEmpty();
        var whole = put(seen.outside());
        assertThat(whole.source).isEqualTo(ADDRESS);
        assertThat(whole.destination + ":" + whole.to()).isEqualTo(sent.destination + ":" + sent.to());
        assertThat(whole.data()).isEqualTo(sent.data());
    }

    @Test
    default void n34WhatIsTooBigAndMayBeCutLeavesInOrderInAsFewPiecesAsFit() {
        var sent = udp(net().insider(), net().port(), net().outsider(), 4000, data(INSIDE_MTU - 28));
        var seen = net().fromInside(sent);
        assertThat(seen.inside()).isEmpty();
        assertThat(seen.outside()).hasSize(2);
        assertThat(seen.outside().get(0).offset()).isZero();
        assertThat(seen.outside())
                .allSatisfy(piece -> assertThat(20 + piece.payload.length).isLessThanOrEqualTo(OUTSIDE_MTU));
        assertThat(put(seen.outside()).data()).isEqualTo(sent.data());
    }

    @Test
    default void n35PiecesInOrderAreTranslatedAndTheWholeIsRight() {
        var sent = udp(net().insider(), net().port(), net().outsider(), 4000, data(4000));
        leavesWhole(sent, sent.pieces(1200));
        var echo = Packet.icmp(net().insider(), net().outsider(), 8, 0, net().port() << 16, data(3000));
        var whole = put(net().fromInside(echo.pieces(1000)).outside());
        assertThat(whole.source).isEqualTo(ADDRESS);
        assertThat(whole.data()).isEqualTo(echo.data());
    }

    @Test
    default void n36PiecesInAnyOrderAreTranslatedAndTheWholeIsRight() {
        var sent = udp(net().insider(), net().port(), net().outsider(), 4000, data(4000));
        leavesWhole(sent, sent.pieces(1200).reversed());
        for (int i = 0; i < 5; i++) {
            var again = udp(sent.source, sent.from(), sent.destination, 4000, data(5000 + i));
            var pieces = new ArrayList<>(again.pieces(800));
            Collections.shuffle(pieces, new Random(i));
            leavesWhole(again, pieces);
        }
    }

    @Test
    default void n37PiecesFromOutsideAreTranslatedInOrderAndOutOfOrder() {
        var host = net().insider();
        var peer = net().outsider();
        int port = net().port();
        int mapped = net().mapped(host, port, peer, 4000);
        for (boolean backwards : new boolean[] {false, true}) {
            var answer = udp(peer, 4000, ADDRESS, mapped, data(3001));
            var pieces = answer.pieces(1000);
            var whole = put(
                    net().fromOutside(backwards ? pieces.reversed() : pieces).inside());
            assertThat(whole.way()).isEqualTo(peer + ":4000 > " + host + ":" + port);
            assertThat(whole.data()).isEqualTo(answer.data());
            var asked = udp(peer, net().port(), ADDRESS, PUBLISHED, data(2999));
            var question = asked.pieces(1000);
            var got = put(net().fromOutside(backwards ? question.reversed() : question)
                    .inside());
            assertThat(got.way()).isEqualTo(peer + ":" + asked.from() + " > " + SERVICE + ":80");
            assertThat(got.data()).isEqualTo(asked.data());
        }
    }

    @Test
    default void n38OfPiecesThatOverlapNeverBothVersionsGetOut() {
        var first = udp(net().insider(), net().port(), net().outsider(), 4000, data(1000));
        var other = udp(first.source, first.from(), first.destination, 4000, data(1001));
        other.id = first.id;
        // a later piece over an earlier one, the other way round, and the header written anew (RFC 1858, 3128)
        onlyOneVersion(List.of(first.piece(0, 512, true), other.piece(504, 1008, false)));
        onlyOneVersion(List.of(first.piece(504, 1008, false), other.piece(0, 512, true)));
        onlyOneVersion(List.of(first.piece(0, 512, true), other.piece(0, 512, true), first.piece(512, 1008, false)));
        onlyOneVersion(List.of(first.piece(0, 512, true), other.piece(8, 520, true), first.piece(512, 1008, false)));
        onlyOneVersion(List.of(
                first.piece(0, 256, true),
                first.piece(256, 512, true),
                other.piece(128, 384, true),
                first.piece(512, 1008, false)));
    }

    private void onlyOneVersion(List<Packet> pieces) {
        int id = net().port();
        pieces.forEach(piece -> piece.id = id);
        var seen = new HashMap<Integer, Byte>();
        for (var piece : net().fromInside(pieces).outside()) {
            for (int i = 0; i < piece.payload.length; i++) {
                var before = seen.put(piece.offset() + i, piece.payload[i]);
                assertThat(before).as("byte %d once more", piece.offset() + i).isIn(null, piece.payload[i]);
            }
        }
    }

    @Test
    default void n39PiecesThatNeverBecomeWholeHarmNothingElse() {
        var flood = new ArrayList<Packet>();
        var attacker = net().insider();
        for (int i = 0; i < 20_000; i++) {
            var never = udp(attacker, 5000, net().outsider(), 4000, new byte[32]);
            never.id = i;
            flood.add(i % 2 == 0 ? never.piece(0, 24, true) : never.piece(24, 40, false));
        }
        var host = net().insider();
        var peer = net().outsider();
        int port = net().port();
        int mapped = net().mapped(host, port, peer, 4000);
        for (int part = 0; part < flood.size(); part += 5000) {
            net().fromInside(flood.subList(part, part + 5000));
            assertThat(net().mapped(host, port, peer, 4000)).isEqualTo(mapped);
        }
        assertThat(net().fromOutside(udp(peer, 4000, ADDRESS, mapped)).onlyInside().destination)
                .isEqualTo(host);
    }

    /** No RFC asks for it; who can be kept from sending anything in pieces by anybody inside is not served well. */
    @Test
    default void x39MeanwhileWhatComesWholeInPiecesStillPasses() {
        for (int i = 0; i < 3; i++) {
            n39PiecesThatNeverBecomeWholeHarmNothingElse();
            var sent = udp(net().insider(), net().port(), net().outsider(), 4000, data(3000));
            leavesWhole(sent, sent.pieces(1000));
        }
    }
}
