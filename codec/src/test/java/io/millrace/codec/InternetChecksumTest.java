package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** RFC 1071, 1624, 768; the naive reference is 10 lines at the foot. */
class InternetChecksumTest {
    @Test
    void rfc1071SumsItsExample() {
        assertThat(InternetChecksum.sum(bytes("0001f203f4f5f6f7"), 0, 8)).isEqualTo(0xDDF2);
    }

    @Test
    void rfc1624Section4GivesZeroAndNotMinusZero() {
        assertThat(InternetChecksum.update16(0xDD2F, 0x5555, 0x3285)).isEqualTo(0x0000);
    }

    @Test
    void aMillionRandomSlicesSumLikeTheNaiveReference() {
        var random = new SplittableRandom(42);
        byte[] data = new byte[160];
        var buffer = new UnsafeBuffer(data);
        for (int i = 0; i < 1_000_000; i++) {
            if (i % 16 == 0) {
                random.nextBytes(data);
                if (i % 64 == 0) {
                    java.util.Arrays.fill(data, 0, random.nextInt(160), (byte) (i % 128 == 0 ? 0xFF : 0));
                }
            }
            int offset = random.nextInt(32);
            int length = random.nextInt(129);
            if (InternetChecksum.sum(buffer, offset, length) != naive(data, offset, length)) {
                assertThat(InternetChecksum.sum(buffer, offset, length))
                        .as("seed 42, array %d, offset %d, length %d", i, offset, length)
                        .isEqualTo(naive(data, offset, length));
            }
        }
    }

    @Test
    void longSlicesCarryWithoutLoss() {
        byte[] data = new byte[65_535];
        java.util.Arrays.fill(data, (byte) 0xFF);
        data[65_534] = 1;
        assertThat(InternetChecksum.sum(new UnsafeBuffer(data), 0, data.length)).isEqualTo(naive(data, 0, data.length));
    }

    @Test
    void slicesAtEvenDistancesAdd() {
        byte[] data = HexFormat.of().parseHex("fffe0102fffd99887766aa");
        var buffer = new UnsafeBuffer(data);
        assertThat(InternetChecksum.add(InternetChecksum.sum(buffer, 0, 6), InternetChecksum.sum(buffer, 6, 5)))
                .isEqualTo(naive(data, 0, 11));
    }

    @Test
    void everyOneOf65536ValuesUpdatesToWhatAFullSumSays() {
        byte[] data = HexFormat.of().parseHex("4500003c1c4640004006" + "0000" + "ac100a63ac100a0c");
        var buffer = new UnsafeBuffer(data);
        int before = 0x1C46;
        int checksum = InternetChecksum.complement(naive(data, 0, 20));
        for (int after = 0; after <= 0xFFFF; after++) {
            data[4] = (byte) (after >>> 8);
            data[5] = (byte) after;
            assertThat(InternetChecksum.update16(checksum, before, after))
                    .isEqualTo(InternetChecksum.complement(naive(data, 0, 20)));
            assertThat(InternetChecksum.update32(checksum, before << 16 | 0x4000, after << 16 | 0x4000))
                    .isEqualTo(InternetChecksum.complement(naive(data, 0, 20)));
        }
        assertThat(InternetChecksum.sum(buffer, 0, 20)).isEqualTo(naive(data, 0, 20));
    }

    @Test
    void anAddressChangeOverOneAndTwoUpdatesIsTheSame() {
        var random = new SplittableRandom(7);
        for (int i = 0; i < 100_000; i++) {
            int checksum = random.nextInt(0x10000);
            long before = random.nextLong();
            long after = random.nextLong();
            int halves = InternetChecksum.update32(
                    InternetChecksum.update32(checksum, (int) (before >>> 32), (int) (after >>> 32)),
                    (int) before,
                    (int) after);
            assertThat(InternetChecksum.update64(checksum, before, after)).isEqualTo(halves);
        }
    }

    @Test
    void udpNeverSendsZeroForASumOfZeroAndKeepsNone() {
        assertThat(InternetChecksum.udp(0)).isEqualTo(0xFFFF);
        assertThat(InternetChecksum.updateUdp16(0, 1, 2)).isZero();
        assertThat(InternetChecksum.updateUdp32(0, 1, 2)).isZero();
        assertThat(InternetChecksum.updateUdp16(0xDD2F, 0x5555, 0x3285)).isEqualTo(0xFFFF);
    }

    @Test
    void aWrongChecksumIsNotMadeRightByAnUpdate() {
        byte[] data = HexFormat.of().parseHex("4500003c1c4640004006" + "b1e7" + "ac100a63ac100a0c"); // right: b1e6
        var ip = new Ipv4Header().wrap(new UnsafeBuffer(data), 0);
        assertThat(ip.checksumGood()).isFalse();
        ip.decrementTimeToLive();
        assertThat(ip.timeToLive()).isEqualTo(63);
        assertThat(ip.checksumGood()).isFalse();
        ip.writeChecksum();
        assertThat(ip.checksumGood()).isTrue();
    }

    @Test
    void aPartialChecksumIsRecognisedUpdatedAndFinished() {
        var random = new SplittableRandom(3);
        byte[] packet = new byte[20 + 8 + 33];
        var buffer = new UnsafeBuffer(packet);
        for (int i = 0; i < 10_000; i++) {
            random.nextBytes(packet);
            var ip = new Ipv4Header()
                    .wrap(buffer, 0)
                    .plain()
                    .totalLength(packet.length)
                    .protocol(IpProtocol.UDP);
            var udp = new UdpHeader().wrap(buffer, 20).length(41);
            udp.checksum(ip.pseudoHeader(41));
            assertThat(InternetChecksum.isPartial(udp.checksum(), ip.pseudoHeader(41)))
                    .isTrue();

            int before = ip.source();
            int after = random.nextInt();
            ip.source(after);
            udp.checksum(InternetChecksum.partial32(udp.checksum(), before, after));
            assertThat(InternetChecksum.isPartial(udp.checksum(), ip.pseudoHeader(41)))
                    .isTrue();

            InternetChecksum.finish(buffer, 20, 41, 6, true);
            int sum = InternetChecksum.add(ip.pseudoHeader(41), naive(packet, 20, 41));
            assertThat(InternetChecksum.isGood(sum)).isTrue();
            assertThat(udp.checksum()).isNotZero();
        }
    }

    @Test
    void pseudoHeadersSumLikeTheirBytes() {
        byte[] v4 = HexFormat.of().parseHex("c0a80001" + "ffffffff" + "0011" + "fff0");
        assertThat(InternetChecksum.pseudoHeader(0xC0A80001, -1, 17, 0xFFF0)).isEqualTo(naive(v4, 0, 12));
        byte[] v6 = HexFormat.of()
                .parseHex("20010db8000000000000000000000001" + "ffffffffffffffffffffffffffffffff" + "0001fff0"
                        + "0000003a");
        assertThat(InternetChecksum.pseudoHeader(0x20010DB8_00000000L, 1, -1, -1, 58, 0x1FFF0))
                .isEqualTo(naive(v6, 0, 40));
    }

    private static UnsafeBuffer bytes(String hex) {
        return new UnsafeBuffer(HexFormat.of().parseHex(hex));
    }

    private static int naive(byte[] data, int offset, int length) {
        int sum = 0;
        for (int i = 0; i < length; i += 2) {
            int high = data[offset + i] & 0xFF;
            int low = i + 1 < length ? data[offset + i + 1] & 0xFF : 0;
            sum += high << 8 | low;
            if (sum > 0xFFFF) {
                sum -= 0xFFFF;
            }
        }
        return sum;
    }
}
