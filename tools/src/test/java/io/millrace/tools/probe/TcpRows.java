package io.millrace.tools.probe;

import static io.millrace.tools.probe.NatSegments.ADDRESS;
import static io.millrace.tools.probe.NatSegments.PUBLISHED;
import static io.millrace.tools.probe.NatSegments.SERVICE;
import static io.millrace.tools.probe.Packet.ACK;
import static io.millrace.tools.probe.Packet.FIN;
import static io.millrace.tools.probe.Packet.PSH;
import static io.millrace.tools.probe.Packet.RST;
import static io.millrace.tools.probe.Packet.SYN;
import static io.millrace.tools.probe.Packet.tcp;
import static io.millrace.tools.probe.Packet.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** TCP connections: RFC 5382 and 7857. */
interface TcpRows extends NatRows {
    /** A connection from an inside host; both sides' sequence numbers begin somewhere, {@code out} and {@code in} count. */
    final class Connection {
        private final NatSegments net;
        final String host;
        final String peer;
        final int port;
        int mapped;
        long out = 0xFFFF_FF00L; // about to wrap
        long in = 7_000_000;

        Connection(NatSegments net) {
            this.net = net;
            this.host = net.insider();
            this.peer = net.outsider();
            this.port = net.port();
        }

        /** The three segments that open it. */
        static Connection open(NatSegments net) {
            var connection = new Connection(net);
            connection.send(SYN, "");
            connection.out++;
            connection.receive(SYN | ACK, "");
            connection.in++;
            connection.send(ACK, "");
            return connection;
        }

        Packet outward(int flags, String data) {
            return tcp(host, port, peer, 80, flags, out, (flags & ACK) == 0 ? 0 : in, text(data));
        }

        Packet inward(int flags, String data) {
            return tcp(peer, 80, ADDRESS, mapped, flags, in, (flags & ACK) == 0 ? 0 : out, text(data));
        }

        /** A segment goes out as it is, but for who it is from. */
        void send(int flags, String data) {
            var sent = outward(flags, data);
            var seen = net.fromInside(sent).onlyOutside();
            mapped = mapped == 0 ? seen.from() : mapped;
            assertThat(seen.way()).isEqualTo(ADDRESS + ":" + mapped + " > " + peer + ":80");
            same(seen, sent);
            out += data.length();
        }

        void receive(int flags, String data) {
            var sent = inward(flags, data);
            var seen = net.fromOutside(sent).onlyInside();
            assertThat(seen.way()).isEqualTo(peer + ":80 > " + host + ":" + port);
            same(seen, sent);
            in += data.length();
        }

        private static void same(Packet seen, Packet sent) {
            assertThat(seen.flags()).isEqualTo(sent.flags());
            assertThat(seen.number(4)).as("sequence number").isEqualTo(sent.number(4));
            assertThat(seen.number(8)).as("acknowledged").isEqualTo(sent.number(8));
            assertThat(Bytes.hex(seen.payload).substring(36))
                    .as("what follows the checksum")
                    .isEqualTo(Bytes.hex(sent.payload).substring(36));
        }

        void talks() {
            send(PSH | ACK, "a question");
            receive(PSH | ACK, "an answer");
            send(ACK, "");
        }
    }

    @Test
    default void n42AConnectionIsOpenedUsedAndClosed() {
        var connection = Connection.open(net());
        connection.talks();
        connection.send(FIN | ACK, "");
        connection.out++;
        connection.receive(ACK, "");
        connection.receive(FIN | ACK, "");
        connection.in++;
        connection.send(ACK, "");
        // and one from outside
        var peer = net().outsider();
        int port = net().port();
        net().fromOutside(tcp(peer, port, ADDRESS, PUBLISHED, SYN, 10, 0)).onlyInside();
        net().fromInside(tcp(SERVICE, 80, peer, port, SYN | ACK, 20, 11)).onlyOutside();
        net().fromOutside(tcp(peer, port, ADDRESS, PUBLISHED, ACK, 11, 21)).onlyInside();
        net().fromOutside(tcp(peer, port, ADDRESS, PUBLISHED, FIN | ACK, 11, 21))
                .onlyInside();
        net().fromInside(tcp(SERVICE, 80, peer, port, FIN | ACK, 21, 12)).onlyOutside();
        net().fromOutside(tcp(peer, port, ADDRESS, PUBLISHED, ACK, 12, 22)).onlyInside();
    }

    @Test
    default void n43ASimultaneousOpenBecomesAConnection() {
        var connection = new Connection(net());
        connection.send(SYN, "");
        connection.receive(SYN, "");
        connection.in++;
        connection.send(SYN | ACK, "");
        connection.out++;
        connection.in--;
        connection.receive(SYN | ACK, "");
        connection.in++;
        connection.send(ACK, "");
        connection.talks();
    }

    @Test
    default void n44ASynThatNobodyWaitsForIsNotAnsweredForSixSeconds() throws IOException {
        var before = net().drops();
        int mapped = Connection.open(net()).mapped;
        net().fromOutside(
                        tcp(net().outsider(), net().port(), ADDRESS, 9999, SYN, 1, 0),
                        tcp(net().outsider(), net().port(), ADDRESS, mapped, SYN, 1, 0))
                .nothing();
        net().silence(6_200).nothing();
        net().counted(before, Map.of("gateway.uplink NOT_PUBLISHED", 1L, "gateway.uplink UNSOLICITED", 1L));
    }

    @Test
    default void n45AfterOneSideHasEndedTheOtherStillSpeaks() {
        var connection = Connection.open(net());
        connection.send(FIN | ACK, "");
        connection.out++;
        for (int i = 0; i < 5; i++) {
            connection.receive(PSH | ACK, "still here");
            connection.send(ACK, "");
        }
        var other = Connection.open(net());
        other.receive(FIN | ACK, "");
        other.in++;
        for (int i = 0; i < 5; i++) {
            other.send(PSH | ACK, "still here");
            other.receive(ACK, "");
        }
    }

    @Test
    default void n46AResetIsTranslatedBothWays() {
        Connection.open(net()).send(RST | ACK, "");
        Connection.open(net()).receive(RST | ACK, "");
        var refused = new Connection(net());
        refused.send(SYN, "");
        refused.out++;
        refused.in = 0;
        refused.receive(RST | ACK, ""); // the answer of a port where nobody listens, RFC 9293 3.10.7.1
    }

    @Test
    default void n47AfterAResetLaterSegmentsStillPassByTheSamePort() {
        var connection = Connection.open(net());
        connection.talks();
        connection.receive(RST | ACK, "");
        connection.send(PSH | ACK, "not heard of it yet");
        connection.receive(RST, "");
        var again = tcp(connection.host, connection.port, connection.peer, 80, SYN, connection.out + 100_000, 0);
        var seen = net().fromInside(again).onlyOutside();
        assertThat(seen.from()).isEqualTo(connection.mapped);
    }

    @Test
    default void n48AResetOutOfTheWindowGetsNowhereAndEndsNothing() throws IOException {
        var connection = Connection.open(net());
        connection.talks();
        for (long off : new long[] {-200_000, 200_000, 0x4000_0000, 0x7FFF_0000}) {
            var reset = tcp(
                    connection.peer, 80, ADDRESS, connection.mapped, RST | ACK, connection.in + off, connection.out);
            net().refusedFromOutside("gateway.uplink RESET_OUT_OF_WINDOW", reset);
            var bare = tcp(connection.peer, 80, ADDRESS, connection.mapped, RST, connection.in + off, 0);
            net().refusedFromOutside("gateway.uplink RESET_OUT_OF_WINDOW", bare);
        }
        connection.talks();
    }

    @Test
    default void n49AResetInTheWindowNeedsNoAcknowledgement() {
        var connection = Connection.open(net());
        connection.talks();
        connection.receive(RST, "");
        var other = Connection.open(net());
        other.talks();
        other.send(RST, "");
    }
}
