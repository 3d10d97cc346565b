package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.InternetChecksum;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What hosts cannot show here: Geneve with options (RFC 8926 3.4), tags outside, little room, an empty pool. */
class TunnelSegmentsTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final String ETHERNET = "02000000000b02000000000a";
    private static final String IPV4 = "45000000000140004011" + "0000" + "0a0100010a010002";
    private static final String VXLAN = "0800000000000500";
    private static final String GENEVE = "0200655800000500" + "0102800100000007"; // two words of options
    private static final String INSIDE = ETHERNET + "0800" + "450000000063400040060000" + "0a0900010a090002"
            + "04d2005000001000000000005018ffff00000000"; // TCP, sequence number 4096, PSH and ACK
    private static final int MSS = 1000;

    private final FramePool pool = new FramePool(64, 1);
    private final AtomicLong lost = new AtomicLong();
    private final TunnelSegments tunnel = new TunnelSegments(pool, lost);
    private final Graph graph = new Graph(pool, new Counters());
    private final Link out = graph.linkTo(new Sink(graph));

    private static final class Sink extends Node {
        Sink(Graph graph) {
            super("sink", graph);
        }

        @Override
        public void process(Link in) {
            dropAll(in, Drop.UNPLUGGED);
        }

        @Override
        public String explain(int decision, long frame) {
            return "";
        }
    }

    private long frame(String outside, String inside, byte[] payload) {
        byte[] headers = HEX.parseHex(outside + inside);
        long frame = pool.allocate(headers.length + payload.length);
        pool.buffer().putBytes(Frame.head(frame), headers);
        pool.buffer().putBytes(Frame.head(frame) + headers.length, payload);
        return pool.offload(frame, Offload.of(Offload.TCP_V4, MSS, headers.length - 20, 16));
    }

    private byte[] bytes(long frame) {
        var bytes = new byte[Frame.length(frame)];
        pool.buffer().getBytes(Frame.head(frame), bytes);
        return bytes;
    }

    private static int u16(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }

    private void isCutRight(String link, String udpChecksum, String header) {
        var payload = new byte[10 * MSS + 7];
        new Random(3).nextBytes(payload);
        String outside = link + IPV4 + "c00017c10000" + udpChecksum + header;
        int ip = link.length() / 2;
        int headers = (outside + INSIDE).length() / 2;
        assertThat(tunnel.take(frame(outside, INSIDE, payload))).isTrue();
        assertThat(tunnel.held()).isOne();
        assertThat(tunnel.receive(out, 4)).isEqualTo(4);
        assertThat(tunnel.receive(out, 100)).isEqualTo(7);
        assertThat(tunnel.held()).isZero();
        var joined = new ByteArrayOutputStream();
        for (int i = 0; i < 11; i++) {
            var piece = bytes(out.peek(i));
            assertThat(Frame.isOffloaded(out.peek(i))).isFalse();
            assertThat(u16(piece, ip + 2)).isEqualTo(piece.length - ip);
            assertThat(u16(piece, ip + 4)).as("identification").isEqualTo(1 + i);
            assertThat(u16(piece, ip + 24)).isEqualTo(piece.length - ip - 20);
            assertThat(HEX.formatHex(piece)).startsWith(link).contains(header + ETHERNET);
            int at = Frame.head(out.peek(i));
            assertThat(InternetChecksum.isGood(InternetChecksum.sum(pool.buffer(), at + ip, 20)))
                    .isTrue();
            int datagram = piece.length - ip - 20;
            int pseudoHeader = InternetChecksum.pseudoHeader(0x0a010001, 0x0a010002, 17, datagram);
            int sum = InternetChecksum.add(pseudoHeader, InternetChecksum.sum(pool.buffer(), at + ip + 20, datagram));
            assertThat(udpChecksum.equals("0000") ? u16(piece, ip + 26) == 0 : InternetChecksum.isGood(sum))
                    .isTrue();
            assertThat(u16(piece, headers - 14)).as("sequence").isEqualTo(4096 + i * MSS);
            joined.write(piece, headers, piece.length - headers);
        }
        assertThat(joined.toByteArray()).isEqualTo(payload);
        graph.run(0);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void piecesOfVxlanAndGeneveHaveTheOuterHeadersInFront() {
        isCutRight(ETHERNET + "0800", "0000", VXLAN);
        isCutRight(ETHERNET + "0800", "1234", VXLAN);
        isCutRight(ETHERNET + "0800", "1234", GENEVE);
        isCutRight(ETHERNET + "88a80064" + "81000007" + "0800", "1234", GENEVE);
    }

    @Test
    void whatIsNoTunnelIsLeftAsItIs() {
        long plain = frame("", INSIDE, new byte[5000]);
        long state = pool.offload(plain);
        assertThat(tunnel.take(plain)).isFalse();
        assertThat(pool.offload(plain)).isEqualTo(state);
        pool.free(plain);
        // An unknown header between: two bytes too many.
        long unknown = frame(ETHERNET + "0800" + IPV4 + "c00017c100000000" + VXLAN + "0000", INSIDE, new byte[5000]);
        state = pool.offload(unknown);
        assertThat(tunnel.take(unknown)).isFalse();
        assertThat(pool.offload(unknown)).isEqualTo(state);
        pool.free(unknown);
        assertThat(tunnel.held()).isZero();
    }

    @Test
    void whatAnEmptyPoolHasNoRoomForIsCountedAndWhatWaitsIsGivenBack() {
        String outside = ETHERNET + "0800" + IPV4 + "c00017c100000000" + VXLAN;
        var taken = new long[60];
        for (int i = 0; i < taken.length; i++) {
            taken[i] = pool.allocate(60);
        }
        assertThat(tunnel.take(frame(outside, INSIDE, new byte[10 * MSS]))).isTrue();
        assertThat(tunnel.receive(out, 100)).isEqualTo(4);
        assertThat(lost.get()).isEqualTo(6);
        assertThat(tunnel.held()).isZero();
        graph.run(0);
        assertThat(tunnel.take(frame(outside, INSIDE, new byte[10 * MSS]))).isTrue();
        assertThat(tunnel.receive(out, 1)).isOne();
        tunnel.close();
        graph.run(0);
        assertThat(pool.inUse()).isEqualTo(taken.length);
    }
}
