package io.millrace.dataplane.nat;

import static io.millrace.dataplane.trials.Bytes.hex;
import static io.millrace.dataplane.trials.Packets.icmp;
import static io.millrace.dataplane.trials.Packets.icmpv6;
import static io.millrace.dataplane.trials.Packets.ipv4;
import static io.millrace.dataplane.trials.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.codec.Addresses;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is found in an ICMP error and made of it; {@link QuotedKernelTest} compares with Linux. */
class QuotedTest {
    private static final int IP = 14;
    private static final String MACS = "02 00 00 00 01 01 02 00 00 00 01 09";
    private static final String ROUTER = "192.0.2.9";
    private static final String OUTSIDE = "192.0.2.1";
    private static final String OUTSIDE_6 = "2001:db8::1";

    /** 192.0.2.1:5000 > 198.51.100.7:53, as IPv4 with room for five bytes of data. */
    private static final String UDP =
            "45 00 00 21 12 34 00 00 3f 11 7d 5c c0 00 02 01 c6 33 64 07 13 88 00 35 00 0d ab cd";

    private static final String UDP_6 = "60 00 00 00 00 0d 11 3f 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01"
            + " 20 01 0d b8 00 07 00 00 00 00 00 00 00 00 00 07 13 88 00 35 00 0d ab cd";

    private final FramePool pool = new FramePool(16, 0);
    private final Quoted quoted = new Quoted(pool);

    @AfterEach
    void nothingIsLeft() {
        assertThat(pool.inUse()).isZero();
    }

    private @Nullable Drop read(byte[] bytes) {
        return read(bytes, frame -> {});
    }

    private @Nullable Drop read(byte[] bytes, Consumer<Long> then) {
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        try {
            var why = bytes[12] == 0x08 ? quoted.readIpv4(frame, IP) : quoted.readIpv6(frame, IP);
            then.accept(frame);
            return why;
        } finally {
            pool.free(frame);
        }
    }

    /** What becomes of an error whose answers are turned into those of {@code to}. */
    private byte[] translated(byte[] error, Tuple to) {
        var after = new byte[error.length];
        assertThat(read(error, frame -> {
                    quoted.translate(to);
                    pool.buffer().getBytes(Frame.head(frame), after);
                }))
                .isNull();
        return after;
    }

    private static byte[] error(String header, String quote) {
        return ipv4(MACS, ROUTER, OUTSIDE, 1, 0, icmp(header, quote));
    }

    private static byte[] errorV6(String header, String quote) {
        return ipv6(MACS, "2001:db8::9", OUTSIDE_6, 58, 64, icmpv6("2001:db8::9", OUTSIDE_6, header, quote));
    }

    // ------------------------------------------------------------------ reading

    /** What tshark 4.0 says about these captures. */
    @ParameterizedTest
    @CsvSource({
        "zeek--icmp-destunreach-udp.pcap,      192.168.1.102:59207 > 192.168.1.1:53",
        "zeek--icmp-timeexceeded.pcap,         10.0.0.1:13000 > 10.0.0.2:30000",
        "snabb--incoming-icmpv4-34toobig.pcap, 2.3.4.5:2700 > 178.79.150.15:2300",
        "zeek--icmp6-toobig.pcap,              [fe80::dead]:13000 > [fe80::beef]:30000"
    })
    void anErrorOfACaptureIsAbout(String capture, String answer) throws Exception {
        var named = System.getProperty("millrace.captures");
        var beside = Path.of("").toAbsolutePath().getParent().resolveSibling("shared/captures");
        var file = (named == null ? beside : Path.of(named)).resolve(capture);
        assumeTrue(Files.exists(file), () -> "not run: needs " + file + " (-Dmillrace.captures=FOLDER)");
        try (var in = CaptureReader.open(file)) {
            assertThat(in.next()).isTrue();
            var bytes = new byte[in.captured()];
            in.buffer().getBytes(in.offset(), bytes);
            assertThat(read(bytes)).isNull();
            assertThat(quoted.answer()).hasToString(answer);
            assertThat(sumsAreRight(translated(bytes, new Tuple().set(quoted.answer()))))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "not told,  03 04 00 00 00 00 00 00, ",
        "67,        03 04 00 00 00 00 00 43, PATH_MTU_SENSELESS",
        "68,        03 04 00 00 00 00 00 44, ",
        "no size,   03 01 00 00 00 00 00 01, "
    })
    void noPathHasAnMtuBelow68(String what, String header, @Nullable Drop why) {
        assertThat(read(error(header, UDP))).as(what).isEqualTo(why);
    }

    @ParameterizedTest
    @CsvSource({
        "1279,      02 00 00 00 00 00 04 ff, PATH_MTU_SENSELESS",
        "1280,      02 00 00 00 00 00 05 00, ",
        "no size,   03 00 00 00 00 00 00 00, ",
        "a new one, 64 00 00 00 00 00 00 00, "
    })
    void noPathOfIpv6HasAnMtuBelow1280(String what, String header, @Nullable Drop why) {
        assertThat(read(errorV6(header, UDP_6))).as(what).isEqualTo(why);
    }

    @Test
    void aPartOfAnErrorSaysNothing() {
        byte[] part = ipv4(MACS, ROUTER, OUTSIDE, 1, 0x2000, icmp("0b 00 00 00 00 00 00 00", UDP));
        assertThat(read(part)).isEqualTo(Drop.IP_FRAGMENT);
        byte[] header = hex("3a 00 00 01 00 00 00 01 0b 00 00 00 00 00 00 00", UDP_6);
        assertThat(read(ipv6(MACS, "2001:db8::9", OUTSIDE_6, 44, 64, header))).isEqualTo(Drop.IP_FRAGMENT);
    }

    @Test
    void anErrorOfWhichTheCaptureKeptTheBeginningIsNotJudged() {
        byte[] error = error("0b 00 00 00 00 00 00 00", UDP);
        long frame = pool.allocate(error.length - 4);
        pool.buffer().putBytes(Frame.head(frame), error, 0, error.length - 4);
        assertThat(quoted.readIpv4(pool.cut(frame, 4), IP)).isEqualTo(Drop.ETHERNET_CUT);
        assertThat(quoted.readIpv4(frame, IP)).isEqualTo(Drop.IP_SENSELESS);
        pool.free(frame);
    }

    @Test
    void thePacketIsFoundBehindExtensionHeaders() {
        String options = "3c 00 01 04 00 00 00 00";
        String atomic = "11 00 00 00 00 00 00 07";
        String quote = UDP_6.replace("00 0d 11 3f", "00 25 00 3f");
        quote = quote.substring(0, 120) + options + " 2c 00 01 04 00 00 00 00 " + atomic + quote.substring(120);
        assertThat(read(errorV6("03 00 00 00 00 00 00 00", quote))).isNull();
        assertThat(quoted.answer()).hasToString("[2001:db8:7::7]:53 > [2001:db8::1]:5000");
        String later = quote.replace(atomic, "11 00 00 08 00 00 00 07");
        assertThat(read(errorV6("03 00 00 00 00 00 00 00", later))).isEqualTo(Drop.QUOTE_FRAGMENT);
    }

    @Test
    void aProtocolWithoutPortsIsKnownByItsAddresses() {
        String gre = "45 00 00 18 12 34 00 00 3f 2f 7d 47 c0 00 02 01 c6 33 64 07 00 00 08 00";
        assertThat(read(error("0b 00 00 00 00 00 00 00", gre))).isNull();
        assertThat(quoted.answer()).hasToString("198.51.100.7:0 > 192.0.2.1:0");
        assertThat(quoted.answer().protocol).isEqualTo(47);
    }

    // ------------------------------------------------------------------ writing

    @Test
    void aQuotedChecksumNeverBecomesNone() {
        var to = new Tuple().set((int) Addresses.ipv6("::ffff:198.51.100.7").low(), 0x0A01_0002, 17, 53, 0);
        var seen = new ArrayList<Integer>();
        for (int port = 0; port < 0x10000; port++) {
            to.destinationPort = port;
            byte[] after = translated(error("03 03 00 00 00 00 00 00", UDP), to);
            int checksum = (after[IP + 54] & 0xFF) << 8 | after[IP + 55] & 0xFF;
            assertThat(checksum).isNotZero();
            if (checksum == 0xFFFF) {
                seen.add(port);
            }
        }
        assertThat(seen).hasSize(1);
    }

    /** There and back again; and the sums, done the naive way, are right in between. */
    @Test
    void whatIsTranslatedBackIsWhatItWas() {
        var random = new Random(5508);
        for (var exchange : KernelNat.recorded()) {
            byte[] error = exchange.given().frame();
            if (!exchange.isError() || read(error) != null) {
                continue;
            }
            var from = new Tuple().set(quoted.answer());
            for (int i = 0; i < 200; i++) {
                var to = other(from, random);
                byte[] there = translated(error, to);
                assertThat(quoted.answer()).hasToString(from.toString());
                assertThat(sumsAreRight(there)).isTrue();
                assertThat(read(there)).isNull();
                assertThat(quoted.answer()).hasToString(to.toString());
                byte[] back = translated(there, from);
                int source = error[12] == 0x08 ? IP + 12 : IP + 8; // whoever told it, it was the answerer's at last
                int length = error[12] == 0x08 ? 4 : 16;
                System.arraycopy(error, source, back, source, length);
                if (error[12] == 0x08) {
                    System.arraycopy(error, IP + 10, back, IP + 10, 2);
                } else {
                    System.arraycopy(error, IP + 42, back, IP + 42, 2); // it covers that source
                }
                assertThat(HexFormat.of().formatHex(back))
                        .isEqualTo(HexFormat.of().formatHex(error));
            }
        }
    }

    private static Tuple other(Tuple from, Random random) {
        var to = new Tuple().set(from);
        if (from.isV6()) {
            to.sourceHigh = random.nextLong() | 1L << 61;
            to.sourceLow = random.nextLong();
            to.destinationHigh = random.nextLong();
            to.destinationLow = random.nextLong();
        } else {
            to.set(random.nextInt(), random.nextInt(), from.protocol, from.sourcePort, from.destinationPort);
        }
        if (from.sourcePort != 0) {
            to.sourcePort = 1 + random.nextInt(0xFFFF);
        }
        if (from.destinationPort != 0) {
            to.destinationPort = 1 + random.nextInt(0xFFFF);
        }
        return to;
    }

    /** RFC 1071: of the IP headers outside and inside, and of the message. */
    private static boolean sumsAreRight(byte[] frame) {
        if (frame[12] == 0x08) {
            int header = (frame[IP] & 15) * 4;
            int message = IP + header;
            int end = IP + ((frame[IP + 2] & 0xFF) << 8 | frame[IP + 3] & 0xFF);
            int quote = message + 8;
            return sum(frame, IP, message, 0) == 0xFFFF
                    && sum(frame, message, end, 0) == 0xFFFF
                    && sum(frame, quote, quote + (frame[quote] & 15) * 4, 0) == 0xFFFF;
        }
        int length = (frame[IP + 4] & 0xFF) << 8 | frame[IP + 5] & 0xFF;
        return sum(frame, IP + 8, IP + 40 + length, length + 58) == 0xFFFF;
    }

    private static int sum(byte[] bytes, int from, int to, int start) {
        int sum = start;
        for (int i = from; i < to; i++) {
            sum += (bytes[i] & 0xFF) << ((i - from) % 2 == 0 ? 8 : 0);
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }

    /** Whatever comes, it is read within its bounds, and either refused or translated. */
    @Test
    void noErrorHoweverDamagedIsReadBeyondItsEnd() {
        var random = new Random(4443);
        var errors = KernelNat.recorded().stream()
                .filter(KernelNat.Exchange::isError)
                .map(e -> e.given().frame())
                .toList();
        int passed = 0;
        for (int i = 0; i < 60_000; i++) {
            byte[] error = damaged(errors, random);
            if (read(error) == null) {
                passed++;
                byte[] after = translated(error, other(new Tuple().set(quoted.answer()), random));
                assertThat(after).hasSameSizeAs(error);
            }
        }
        assertThat(passed).isGreaterThan(500);
    }

    /** Bytes behind the outer IP header are other ones, or missing; the sums outside are right all the same. */
    private static byte[] damaged(List<byte[]> errors, Random random) {
        byte[] error = errors.get(random.nextInt(errors.size())).clone();
        boolean v4 = error[12] == 0x08;
        int message = v4 ? IP + (error[IP] & 15) * 4 : IP + 40;
        for (int n = random.nextInt(4); n > 0; n--) {
            error[message + random.nextInt(error.length - message)] = (byte) random.nextInt();
        }
        if (random.nextBoolean()) {
            error = Arrays.copyOf(error, message + random.nextInt(error.length - message));
        }
        int length = error.length - IP - (v4 ? 0 : 40);
        error[IP + (v4 ? 2 : 4)] = (byte) (length >> 8);
        error[IP + (v4 ? 3 : 5)] = (byte) length;
        if (error.length >= message + 4) {
            error[message + 2] = 0;
            error[message + 3] = 0;
            int sum = v4 ? sum(error, message, error.length, 0) : sum(error, IP + 8, error.length, length + 58);
            error[message + 2] = (byte) (~sum >> 8);
            error[message + 3] = (byte) ~sum;
        }
        return error;
    }
}
