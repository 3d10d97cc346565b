package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.nat.KernelNat.Exchange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * ICMP errors come out of a translation as they come out of Linux's, byte by byte. The connections are read off what Linux
 * made of the packets before; where we differ it says why.
 */
class QuotedKernelTest {
    private static final int IP = 14;
    private static final HexFormat HEX = HexFormat.of();

    /** What Linux lets pass, and the reason why we do not. */
    private static final Map<String, Drop> STRICTER = Map.of(
            "IPv4: the quoted IP checksum is wrong", Drop.QUOTE_CHECKSUM, // RFC 5508 REQ-3 (a)
            "IPv4: the error is for another than the quoted sender", Drop.QUOTE_FOREIGN);

    /** Why nothing comes out; a quote that is right in itself may still be of no connection. */
    private static final Map<String, Drop> DROPPED = Map.ofEntries(
            Map.entry("a wrong ICMP checksum", Drop.ICMP_CHECKSUM),
            Map.entry("the quote ends in its IP header", Drop.QUOTE_SENSELESS),
            Map.entry("the quote ends before its ports", Drop.QUOTE_SENSELESS),
            Map.entry("an error about an error", Drop.QUOTE_SENSELESS),
            Map.entry("a redirect", Drop.REDIRECT),
            Map.entry("a later fragment is quoted", Drop.QUOTE_FRAGMENT));

    /** A connection as Linux has it, in one direction. */
    private record Flow(Key from, Key to) {}

    /** A tuple that stays. */
    private record Key(String text, Tuple tuple) {
        static Key of(Tuple tuple) {
            return new Key(tuple.protocol + " " + tuple, new Tuple().set(tuple));
        }

        Key inverted() {
            return of(new Tuple().invert(tuple));
        }
    }

    private final Map<String, Flow> flows = new LinkedHashMap<>();
    private final FramePool pool = new FramePool(16, 0);
    private final Quoted quoted = new Quoted(pool);

    @TestFactory
    List<DynamicTest> errorsAreTranslatedAsLinuxTranslatesThem() {
        var tests = new ArrayList<DynamicTest>();
        for (var exchange : KernelNat.recorded()) {
            if (exchange.isError()) {
                var known = Map.copyOf(flows);
                tests.add(DynamicTest.dynamicTest(exchange.story(), () -> compare(exchange, known)));
            } else if (!exchange.sent().isEmpty()) {
                learn(
                        key(exchange.given().frame()),
                        key(exchange.sent().getFirst().frame()));
            }
        }
        assertThat(tests).hasSizeGreaterThan(60);
        return tests;
    }

    private void learn(Key from, Key to) {
        if (!flows.containsKey(from.text)) {
            flows.put(from.text, new Flow(from, to));
            flows.put(to.inverted().text, new Flow(to.inverted(), from.inverted()));
        }
    }

    private void compare(Exchange exchange, Map<String, Flow> known) {
        byte[] given = exchange.given().frame();
        long frame = pool.allocate(given.length);
        pool.buffer().putBytes(Frame.head(frame), given);
        try {
            compare(frame, given[12] == 0x08, exchange, known);
        } finally {
            pool.free(frame);
        }
        assertThat(pool.inUse()).isZero();
    }

    private void compare(long frame, boolean v4, Exchange exchange, Map<String, Flow> known) {
        var why = v4 ? quoted.readIpv4(frame, IP) : quoted.readIpv6(frame, IP);
        var flow = why == null ? known.get(Key.of(quoted.answer()).text) : null;
        var stricter = STRICTER.get(exchange.story());
        if (stricter != null || exchange.sent().isEmpty()) {
            assertThat(why)
                    .isEqualTo(stricter == null ? DROPPED.get(exchange.story().substring(6)) : stricter);
            assertThat(flow).isNull();
            return;
        }
        assertThat(why).isNull();
        assertThat(flow).isNotNull();
        quoted.translate(flow.to.tuple);
        assertThat(HEX.formatHex(packet(forwarded(bytes(frame)))))
                .isEqualTo(HEX.formatHex(packet(exchange.sent().getFirst().frame())));
    }

    private byte[] bytes(long frame) {
        var bytes = new byte[Frame.length(frame)];
        pool.buffer().getBytes(Frame.head(frame), bytes);
        return bytes;
    }

    /** One hop less; in IPv4 the checksum's upper byte makes up for it, RFC 1624. */
    private static byte[] forwarded(byte[] frame) {
        if (frame[12] != 0x08) {
            frame[IP + 7]--;
            return frame;
        }
        frame[IP + 8]--;
        int sum = (frame[IP + 10] & 0xFF) << 8 | frame[IP + 11] & 0xFF;
        sum += 0x100;
        sum = (sum & 0xFFFF) + (sum >> 16);
        frame[IP + 10] = (byte) (sum >> 8);
        frame[IP + 11] = (byte) sum;
        return frame;
    }

    private static byte[] packet(byte[] frame) {
        return Arrays.copyOfRange(frame, IP, frame.length);
    }

    /** Whose packet it is, read without the code under test. */
    private static Key key(byte[] frame) {
        var in = ByteBuffer.wrap(frame, IP, frame.length - IP).slice();
        var tuple = new Tuple();
        int transport;
        if (frame[12] == 0x08) {
            transport = (in.get(0) & 15) * 4;
            tuple.set(in.getInt(12), in.getInt(16), in.get(9), 0, 0);
        } else {
            transport = 40;
            tuple.source(in.getLong(8), in.getLong(16), 0).destination(in.getLong(24), in.getLong(32), 0);
            tuple.protocol = in.get(6);
        }
        if (tuple.protocol == IpProtocol.ICMP || tuple.protocol == IpProtocol.ICMPV6) {
            int type = in.get(transport) & 0xFF;
            int identifier = in.getShort(transport + 4) & 0xFFFF;
            boolean query = type == 8 || type == 128;
            tuple.sourcePort = query ? identifier : 0;
            tuple.destinationPort = query ? 0 : identifier;
        } else {
            tuple.sourcePort = in.getShort(transport) & 0xFFFF;
            tuple.destinationPort = in.getShort(transport + 2) & 0xFFFF;
        }
        return Key.of(tuple);
    }
}
