package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One flow has one hash, many flows have many, and nothing but the frame's own bytes counts. */
class FlowHashTest {
    private static final String MACS = "02000000000b" + "02000000000a";
    private static final String V6 = "fd00000000000000000000000000000a" + "fd00000000000000000000000000000b";
    private static final String PORTS = "1f900050";
    private static final String REST = "00".repeat(20);

    private static long of(String... parts) {
        byte[] frame = HexFormat.of().parseHex(String.join("", parts));
        return FlowHash.of(new UnsafeBuffer(frame), 0, frame.length);
    }

    /** @param fragment flags and offset, 4 hexadecimal digits */
    private static String ipv4(int service, String fragment, int protocol, String addresses) {
        return "0800" + "45%02x0040abcd%s40%02x0000%s".formatted(service, fragment, protocol, addresses);
    }

    private static String ipv4(int protocol) {
        return ipv4(0, "4000", protocol, "0a0000010a000002");
    }

    private static String ipv6(int service, int protocol) {
        return "86dd" + "6%02x123450014%02x40%s".formatted(service, protocol, V6);
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 17, 132})
    void theSameFlowHasTheSameHashWhateverItCarries(int protocol) {
        assertThat(of(MACS, ipv4(protocol), PORTS, REST)).isEqualTo(of(MACS, ipv4(protocol), PORTS, "ff".repeat(40)));
        assertThat(of(MACS, ipv6(0, protocol), PORTS, REST))
                .isEqualTo(of(MACS, ipv6(0, protocol), PORTS, "ff".repeat(40)));
        assertThat(of("02000000000c02000000000d", ipv4(protocol), PORTS, REST))
                .as("routers on the way are no part of it")
                .isEqualTo(of(MACS, ipv4(protocol), PORTS, REST));
    }

    @Test
    void addressesProtocolPortsAndDirectionTellFlowsApart() {
        var flows = new long[] {
            of(MACS, ipv4(6), PORTS, REST),
            of(MACS, ipv4(17), PORTS, REST),
            of(MACS, ipv4(6), "1f910050", REST),
            of(MACS, ipv4(6), "1f900051", REST),
            of(MACS, ipv4(6), "00501f90", REST),
            of(MACS, ipv4(0, "4000", 6, "0a0000020a000001"), PORTS, REST),
            of(MACS, ipv4(0, "4000", 6, "0a0000010a000003"), PORTS, REST),
            of(MACS, ipv6(0, 6), PORTS, REST),
            of(MACS, ipv6(0, 6), "1f910050", REST),
            of(MACS, ipv6(0, 17), PORTS, REST),
            of(MACS, "0806", REST, REST),
            of("ffffffffffff02000000000a", "0806", REST, REST),
            of(MACS, "88b5", REST, REST)
        };
        assertThat(Arrays.stream(flows).mapToInt(FlowHash::hash).distinct().count())
                .isEqualTo(flows.length);
    }

    @Test
    void allFragmentsOfAPacketHaveOneHashWhetherTheyHoldPortsOrNot() {
        long first = of(MACS, ipv4(0, "2000", 17, "0a0000010a000002"), PORTS, REST);
        long middle = of(MACS, ipv4(0, "2010", 17, "0a0000010a000002"), "deadbeef", REST);
        long last = of(MACS, ipv4(0, "0020", 17, "0a0000010a000002"), "01020304", REST);
        assertThat(first).isEqualTo(middle).isEqualTo(last);

        long one = of(MACS, ipv6(0, 44), "1100000100000001", PORTS, REST);
        long other = of(MACS, ipv6(0, 44), "1100ff0000000001", "deadbeef", REST);
        assertThat(one).isEqualTo(other);
    }

    @Test
    void tagsDoNotCount() {
        for (var packet : new String[] {ipv4(6), ipv6(0x2E, 17)}) {
            long plain = of(MACS, packet, PORTS, REST);
            assertThat(of(MACS, "8100a00a", packet, PORTS, REST)).isEqualTo(plain);
            assertThat(of(MACS, "81000014", packet, PORTS, REST)).isEqualTo(plain);
            assertThat(of(MACS, "88a80014", "8100000a", packet, PORTS, REST)).isEqualTo(plain);
        }
    }

    @Test
    void anOptionInTheHeaderMovesThePorts() {
        var options = "0800" + "460000440001400040060000" + "0a0000010a000002" + "01010100";
        assertThat(of(MACS, options, PORTS, REST)).isEqualTo(of(MACS, ipv4(6), PORTS, REST));
        assertThat(of(MACS, options, PORTS, REST)).isNotEqualTo(of(MACS, options, "1f910050", REST));
    }

    @Test
    void theServiceByteComesAlong() {
        for (int service = 0; service < 256; service++) {
            long v4 = of(MACS, ipv4(service, "4000", 6, "0a0000010a000002"), PORTS, REST);
            long v6 = of(MACS, "8100000a", ipv6(service, 6), PORTS, REST);
            assertThat(FlowHash.service(v4)).isEqualTo(service);
            assertThat(FlowHash.service(v6)).isEqualTo(service);
            assertThat(FlowHash.isIp(v4) && FlowHash.isIp(v6)).isTrue();
            assertThat(FlowHash.hash(v4))
                    .as("it is no part of the flow")
                    .isEqualTo(FlowHash.hash(of(MACS, ipv4(6), PORTS, REST)));
        }
        long arp = of(MACS, "0806", "ff".repeat(28));
        assertThat(FlowHash.isIp(arp)).isFalse();
        assertThat(FlowHash.service(arp)).isZero();
    }

    // ------------------------------------------------------------------ spread

    /** Source ports of tunnels: 49,152 to 65,535, by the highest bits of the hash. */
    private static int bucket(long flow) {
        return (int) ((FlowHash.hash(flow) & 0xFFFF_FFFFL) * 16_384 >>> 32);
    }

    /** In each kind a flow differs from its neighbour by as little as flows do in earnest: by a number that counts up. */
    private enum Kind {
        TCP_SOURCE_PORT(ipv4(6), 34, 2),
        UDP_DESTINATION_PORT(ipv4(17), 36, 2),
        IPV4_SOURCE(ipv4(6), 27, 3),
        IPV4_DESTINATION_OF_PINGS(ipv4(1), 31, 3),
        TCP_SOURCE_PORT_OVER_IPV6(ipv6(0, 6), 54, 2),
        IPV6_SOURCE(ipv6(0, 6), 34, 4),
        IPV6_DESTINATION(ipv6(0, 6), 51, 3),
        ETHERNET_SOURCE("88b5", 9, 3);

        private final byte[] frame;
        private final int at;
        private final int bytes;

        Kind(String packet, int at, int bytes) {
            frame = HexFormat.of().parseHex(MACS + packet + PORTS + REST);
            this.at = at;
            this.bytes = bytes;
        }

        long flow(int n) {
            for (int i = 0; i < bytes; i++) {
                frame[at + i] = (byte) (n >>> 8 * (bytes - 1 - i));
            }
            return FlowHash.of(new UnsafeBuffer(frame), 0, frame.length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHundredAndTwentyFlowsTakeAsManyPortsAsChanceWould(Kind kind) {
        for (int start : new int[] {0, 1000, 32_768, 60_000}) {
            long ports = IntStream.range(start, start + 120)
                    .map(n -> bucket(kind.flow(n)))
                    .distinct()
                    .count();
            assertThat(ports).as("from %d", start).isGreaterThanOrEqualTo(112); // chance: 119.6
        }
    }

    @ParameterizedTest
    @EnumSource
    void manyFlowsFillThePortsEvenly(Kind kind) {
        var filled = new BitSet();
        int[] coarse = new int[256];
        for (int n = 0; n < 65_536; n++) {
            int bucket = bucket(kind.flow(n));
            filled.set(bucket);
            coarse[bucket >>> 6]++;
        }
        assertThat(filled.cardinality()).as("of 16,384").isGreaterThan(15_800); // chance: 16,084
        double chiSquare = Arrays.stream(coarse)
                .mapToDouble(c -> (c - 256.0) * (c - 256.0) / 256)
                .sum();
        assertThat(chiSquare).as("255 degrees of freedom").isLessThan(400);
    }

    @Test
    void flippingAnyBitOfAFlowFlipsHalfTheHash() {
        byte[] frame = HexFormat.of().parseHex(MACS + ipv4(6) + PORTS + REST);
        int before = FlowHash.hash(FlowHash.of(new UnsafeBuffer(frame), 0, frame.length));
        int flips = 0;
        for (int bit = 26 * 8; bit < 38 * 8; bit++) {
            frame[bit / 8] ^= (byte) (0x80 >>> bit % 8);
            int flipped =
                    Integer.bitCount(before ^ FlowHash.hash(FlowHash.of(new UnsafeBuffer(frame), 0, frame.length)));
            assertThat(flipped).as("bit %d", bit).isBetween(5, 27);
            flips += flipped;
            frame[bit / 8] ^= (byte) (0x80 >>> bit % 8);
        }
        assertThat(flips / 96.0).isBetween(14.0, 18.0);
    }

    // ------------------------------------------------------------------ bounds

    /** What is behind the frame must not matter: the next frame of the pool may be there. */
    @Test
    void nothingBehindAFrameIsRead() {
        String[] packets = {
            MACS + ipv4(6) + PORTS + REST,
            MACS + "8100000a" + ipv4(17) + PORTS + REST,
            MACS + "88a80014" + "8100000a" + ipv6(1, 6) + PORTS + REST,
            MACS + "0800" + "4f" + ipv4(6).substring(6) + REST + REST + PORTS,
            MACS + "8100000a".repeat(5) + REST,
            MACS + ipv6(0, 17) + PORTS + REST,
            MACS + "88b5" + REST
        };
        for (var packet : packets) {
            byte[] bytes = HexFormat.of().parseHex(packet);
            for (int length = 14; length <= bytes.length; length++) {
                long alone = FlowHash.of(new UnsafeBuffer(Arrays.copyOf(bytes, length)), 0, length);
                for (int poison : new int[] {0x00, 0xFF, 0x81, 0x08, 0x45}) {
                    var guarded = ByteBuffer.allocate(64 + length + 64);
                    Arrays.fill(guarded.array(), (byte) poison);
                    guarded.put(64, bytes, 0, length);
                    assertThat(FlowHash.of(new UnsafeBuffer(guarded.array()), 64, length))
                            .as("%d bytes of %s before %02x", length, packet, poison)
                            .isEqualTo(alone);
                }
            }
        }
    }

    /** As it comes from outside: any bytes, any length; a read beyond the array would throw. */
    @Test
    void noFrameMakesItReadOutside() {
        var random = new SplittableRandom(11);
        int[] types = {0x0800, 0x86DD, 0x8100, 0x88A8, 0x9100, 0x0806};
        for (int i = 0; i < 50_000; i++) {
            byte[] frame = new byte[14 + random.nextInt(90)];
            random.nextBytes(frame);
            ByteBuffer.wrap(frame).putShort(12, (short) types[random.nextInt(types.length)]);
            if (frame.length >= 18 && random.nextBoolean()) {
                ByteBuffer.wrap(frame).putShort(16, (short) types[random.nextInt(types.length)]);
            }
            long flow = FlowHash.of(new UnsafeBuffer(frame), 0, frame.length);
            assertThat(flow >>> 41).isZero(); // also keeps it from being thrown away
        }
    }
}
