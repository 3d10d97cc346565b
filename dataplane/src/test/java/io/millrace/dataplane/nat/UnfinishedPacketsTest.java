package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Witness;
import io.millrace.dataplane.trials.Bytes;
import io.millrace.dataplane.trials.Packets;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What hosts leave to their network cards, of connections to a published port that are known: checksums unfinished, many
 * segments in one. The other link's port takes none of that, so what leaves there must be right, the checksums summed here
 * as RFC 1071 says; the short way and, while somebody watches, the long one.
 */
class UnfinishedPacketsTest {
    private static final String CLIENT = "192.0.2.9", SELF = "192.0.2.1", SERVER = "10.1.0.2";
    private static final int TCP = 6, UDP = 17, ACK = 0x10, PSH = 0x08, SYN = 0x02;
    private static final int ETHERNET = 14, IP = 20;

    private final SplittableRandom random = new SplittableRandom(1624);
    private long sequence = 1001;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void checksumsLeftUnfinishedAreRightInTheEnd(boolean watched) {
        try (var router = opened(watched)) {
            for (int length = 0; length < 400; length++) {
                byte[] data = data(length);
                var udp = through(router, true, udp(CLIENT, 5000, SELF, 8080, data), state(Offload.WHOLE, 0, 6));
                assertThat(payloads(udp, UDP, CLIENT, SERVER)).containsExactly(data);
                var answer = through(router, false, udp(SERVER, 80, CLIENT, 5000, data), state(Offload.WHOLE, 0, 6));
                assertThat(payloads(answer, UDP, SELF, CLIENT)).containsExactly(data);
                var tcp = through(router, true, tcp(data), state(Offload.WHOLE, 0, 16));
                assertThat(payloads(tcp, TCP, CLIENT, SERVER)).containsExactly(data);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manySegmentsInOneLeaveAsThatMany(boolean watched) {
        try (var router = opened(watched)) {
            for (int length : new int[] {1, 1448, 1449, 10_000, 65_000}) {
                byte[] data = data(length);
                var sent = payloads(
                        through(router, true, tcp(data), state(Offload.TCP_V4, 1448, 16)), TCP, CLIENT, SERVER);
                assertThat(sent).hasSize(Math.ceilDiv(length, 1448));
                assertThat(joined(sent)).isEqualTo(data);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSegmentThatIsTooLongForTheNextLinkIsCutAsWhenItComesAlone(boolean watched) {
        try (var router = opened(watched)) {
            var frames = through(router, true, tcp(data(6000)), state(Offload.TCP_V4, 2000, 16));
            assertThat(frames).as("three segments, each in two fragments").hasSize(6);
            assertThat(frames).allMatch(frame -> frame.length <= ETHERNET + RouterLab.INSIDE_MTU);
        }
    }

    /** The connections are known; TCP's took three segments. */
    private RouterLab opened(boolean watched) {
        var router = new RouterLab();
        router.fromOutside(RouterLab.udp(CLIENT, 5000, SELF, 8080));
        router.fromInside(RouterLab.HOST, RouterLab.udp(SERVER, 80, CLIENT, 5000));
        sequence = 1000;
        sent(router.fromOutside(finished(segment(CLIENT, 6000, SELF, 8080, sequence++, 0, SYN, data(0)))));
        sent(router.fromInside(
                RouterLab.HOST, finished(segment(SERVER, 80, CLIENT, 6000, 7000, sequence, SYN | ACK, data(0)))));
        sent(router.fromOutside(finished(segment(CLIENT, 6000, SELF, 8080, sequence, 7001, ACK, data(0)))));
        if (watched) {
            router.lab.graph().witness(new Indifferent());
        }
        return router;
    }

    private static void sent(byte[] packet) {
        assertThat(packet).isNotEmpty();
    }

    private List<byte[]> through(RouterLab router, boolean fromOutside, byte[] packet, long state) {
        var lab = router.lab;
        var macs = fromOutside ? RouterLab.OUT + RouterLab.FAR : RouterLab.IN + RouterLab.HOST;
        byte[] bytes = RouterLab.frame(macs, packet);
        long frame = lab.pool().allocate(bytes.length);
        lab.pool().buffer().putBytes(Frame.head(frame), bytes);
        assertThat(lab.end(fromOutside ? "out" : "in").put(lab.pool().offload(frame, state)))
                .isTrue();
        lab.settle();
        assertThat(router.take(fromOutside ? "out" : "in")).isEmpty();
        return router.take(fromOutside ? "in" : "out");
    }

    private static long state(int type, int segmentSize, int checksum) {
        return Offload.of(type, segmentSize, ETHERNET + IP, checksum);
    }

    // ------------------------------------------------------------------ what is sent

    private byte[] data(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] udp(String from, int fromPort, String to, int toPort, byte[] data) {
        var out = ByteBuffer.allocate(IP + 8 + data.length);
        out.putShort(IP, (short) fromPort).putShort(IP + 2, (short) toPort).putShort(IP + 4, (short) (8 + data.length));
        return unfinished(out.put(IP + 8, data), from, to, UDP, IP + 6);
    }

    private byte[] tcp(byte[] data) {
        byte[] packet = segment(CLIENT, 6000, SELF, 8080, sequence, 7001, ACK | PSH, data);
        sequence += data.length;
        return packet;
    }

    private static byte[] segment(
            String from,
            int fromPort,
            String to,
            int toPort,
            long sequence,
            long acknowledged,
            int flags,
            byte[] data) {
        var out = ByteBuffer.allocate(IP + 20 + data.length);
        out.putShort(IP, (short) fromPort).putShort(IP + 2, (short) toPort);
        out.putInt(IP + 4, (int) sequence).putInt(IP + 8, (int) acknowledged);
        out.put(IP + 12, (byte) 0x50).put(IP + 13, (byte) flags).putShort(IP + 14, (short) 0xFFFF);
        return unfinished(out.put(IP + 20, data), from, to, TCP, IP + 16);
    }

    /** Writes the IP header, and the sum of the pseudo-header where the checksum belongs. */
    private static byte[] unfinished(ByteBuffer out, String from, String to, int protocol, int checksum) {
        int length = out.capacity();
        out.put(0, (byte) 0x45).putShort(2, (short) length).put(8, (byte) 64).put(9, (byte) protocol);
        out.put(12, ipv4(from)).put(16, ipv4(to));
        out.putShort(10, (short) ~sum(out.array(), 0, IP, 0));
        return out.putShort(checksum, (short) sum(out.array(), 12, 20, protocol + length - IP))
                .array();
    }

    private static byte[] finished(byte[] packet) {
        int checksum = IP + 16;
        int sum = sum(packet, IP, packet.length, 0); // the pseudo-header's is where the checksum is
        ByteBuffer.wrap(packet).putShort(checksum, (short) ~sum);
        return packet;
    }

    // ------------------------------------------------------------------ what has left

    /** The data of packets that are right in every checksum. */
    private static List<byte[]> payloads(List<byte[]> frames, int protocol, String from, String to) {
        var payloads = new ArrayList<byte[]>();
        for (byte[] frame : frames) {
            byte[] packet = Arrays.copyOfRange(frame, ETHERNET, frame.length);
            assertThat(sum(packet, 0, IP, 0)).as("IP checksum").isEqualTo(0xFFFF);
            assertThat(sum(packet, 12, packet.length, protocol + packet.length - IP))
                    .as("checksum")
                    .isEqualTo(0xFFFF);
            assertThat(packet[8]).as("time to live").isEqualTo((byte) 63);
            assertThat(Arrays.copyOfRange(packet, 12, 16)).isEqualTo(ipv4(from));
            assertThat(Arrays.copyOfRange(packet, 16, 20)).isEqualTo(ipv4(to));
            payloads.add(Arrays.copyOfRange(packet, IP + (protocol == TCP ? 20 : 8), packet.length));
        }
        return payloads;
    }

    private static byte[] ipv4(String address) {
        return Bytes.hex(Packets.digits(address));
    }

    private static byte[] joined(List<byte[]> parts) {
        var out =
                ByteBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
        parts.forEach(out::put);
        return out.array();
    }

    /** RFC 1071: the ones' complement sum of 16-bit words, an odd byte padded with zero. */
    private static int sum(byte[] bytes, int from, int to, int before) {
        int sum = before;
        for (int i = from; i < to; i++) {
            sum += (bytes[i] & 0xFF) << (((i - from) & 1) == 0 ? 8 : 0);
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }

    /** As long as there is one, every packet goes the long way. */
    private static final class Indifferent implements Witness {
        @Override
        public void decided(Node node, long frame, int decision) {}

        @Override
        public void dropped(Node node, long frame, Drop why) {}
    }
}
