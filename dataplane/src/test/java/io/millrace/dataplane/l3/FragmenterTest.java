package io.millrace.dataplane.l3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Ipv4Header;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import io.millrace.dataplane.trials.Bytes;
import io.millrace.dataplane.trials.Packets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packets cut for a narrow link, put together again by the receiver of RFC 791 in a few lines, and by the kernel. */
class FragmenterTest {
    private static final String ETHERNET = "02 00 0a 09 00 02 02 00 0a 09 00 01";
    private static final int NETWORK = 14;

    private final FramePool pool = new FramePool(512, 4);
    private final Fragmenter fragmenter = new Fragmenter(pool);

    @AfterEach
    void everyFrameWasGivenBack() {
        assertThat(pool.inUse()).isZero();
    }

    private long frame(byte[] bytes) {
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        return Frame.from(frame, 7);
    }

    private byte[] bytes(long frame) {
        var bytes = new byte[Frame.length(frame)];
        pool.buffer().getBytes(Frame.head(frame), bytes);
        return bytes;
    }

    /** The fragments of a frame, each with its ingress; the frame is given back. */
    private List<byte[]> cut(byte[] packet, int network, int mtu) {
        long frame = frame(packet);
        var fragments = new ArrayList<byte[]>();
        if (fragmenter.wrap(frame, network, mtu)) {
            while (fragmenter.left() > 0) {
                long fragment = fragmenter.next();
                assertThat(Frame.ingress(fragment)).isEqualTo(7);
                fragments.add(bytes(fragment));
                pool.free(fragment);
            }
        }
        assertThat(bytes(frame)).as("the packet that was cut").isEqualTo(packet);
        pool.free(frame);
        return fragments;
    }

    private static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] packet(int fragment, byte[] payload) {
        return Packets.ipv4(ETHERNET, "10.9.0.1", "10.9.0.2", 17, fragment, payload);
    }

    /** A packet with these options, whose payload is 100 bytes. */
    private static byte[] withOptions(int fragment, String options) {
        var words = Bytes.hex(options).length / 4;
        var plain = HexFormat.of().formatHex(packet(fragment, random(100)));
        var header = plain.substring(28, 68);
        return Bytes.hex(
                plain.substring(0, 28),
                "4" + (5 + words) + header.substring(2, 4),
                HexFormat.of().toHexDigits((short) (120 + 4 * words)) + header.substring(8),
                options,
                plain.substring(68));
    }

    private static String options(byte[] frame) {
        int header = (frame[NETWORK] & 15) * 4;
        return HexFormat.ofDelimiter(" ").formatHex(frame, NETWORK + 20, NETWORK + header);
    }

    /** RFC 791 section 3.2, the receiver's side; all else in the headers must be as it was. */
    private static byte[] together(List<byte[]> fragments, int network, int mtu) {
        var whole = new byte[65_536];
        int at = 0;
        for (var fragment : fragments) {
            int header = (fragment[network] & 15) * 4;
            int total = (fragment[network + 2] & 255) << 8 | fragment[network + 3] & 255;
            int field = (fragment[network + 6] & 255) << 8 | fragment[network + 7] & 255;
            assertThat(total).isEqualTo(fragment.length - network).isLessThanOrEqualTo(mtu);
            assertThat((field & 0x1FFF) * 8).as("in order, and without gaps").isEqualTo(at);
            assertThat(sum(fragment, network, header)).as("header checksum").isEqualTo(0xFFFF);
            boolean last = fragment == fragments.getLast();
            assertThat((field & 0x2000) == 0).as("more").isEqualTo(last);
            assertThat(last || total + 8 > mtu).as("as long as fits").isTrue();
            System.arraycopy(fragment, network + header, whole, at, total - header);
            at += total - header;
        }
        return Arrays.copyOf(whole, at);
    }

    private static int sum(byte[] bytes, int from, int length) {
        int sum = 0;
        for (int i = from; i < from + length; i += 2) {
            sum += (bytes[i] & 255) << 8 | bytes[i + 1] & 255;
        }
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    @ParameterizedTest
    @CsvSource({
        "3008, 1500, 3",
        "2961, 1500, 3",
        "2960, 1500, 2",
        "1481, 1500, 2",
        "1480, 1500, 1",
        "0, 1500, 1",
        "100, 68, 3",
        "60000, 1280, 48",
        "65515, 1500, 45",
        "1500, 1501, 2",
        "1500, 1507, 2",
        "1500, 1508, 2",
        "1501, 1515, 2"
    })
    void aPacketIsCutIntoAsFewAsFitAndIsWholeAgain(int length, int mtu, int fragments) {
        var payload = random(length);
        var cut = cut(packet(0, payload), NETWORK, mtu);
        assertThat(cut).hasSize(fragments);
        assertThat(together(cut, NETWORK, mtu)).isEqualTo(payload);
        for (var fragment : cut) {
            assertThat(fragment).startsWith(Bytes.hex(ETHERNET, "08 00 45"));
            assertThat(HexFormat.of().formatHex(fragment, 26, 34)).isEqualTo("0a0900010a090002");
            assertThat(fragment[23]).isEqualTo((byte) 17);
        }
    }

    @Test
    void aFragmentThatIsCutAgainKeepsItsPlace() {
        var middle = cut(packet(0x2000 | 185, random(1480)), NETWORK, 1000);
        assertThat(middle.stream().map(f -> HexFormat.of().formatHex(f, 20, 22)))
                .containsExactly("20b9", "2133"); // 185 and 185 + 976/8, both with more to come
        var last = cut(packet(185, random(1480)), NETWORK, 1000);
        assertThat(last.stream().map(f -> HexFormat.of().formatHex(f, 20, 22))).containsExactly("20b9", "0133");
    }

    @Test
    void whatIsMarkedNotToBeCutIsNot() {
        assertThat(cut(packet(0x4000, random(1000)), NETWORK, 500)).isEmpty();
        assertThat(cut(packet(0x4000 | 185, random(1000)), NETWORK, 500)).isEmpty();
    }

    @Test
    void noMtuIsSoSmallThatItMattersButOneBelowAHeaderAndEightBytes() {
        assertThat(cut(packet(0, random(20)), NETWORK, 28)).hasSize(3);
        assertThat(cut(packet(0, random(20)), NETWORK, 27)).isEmpty();
    }

    @Test
    void ipv6IsNotCut() {
        var packet = Packets.ipv6(ETHERNET, "2001:db8::1", "2001:db8::2", 17, 64, random(1400));
        assertThat(cut(packet, NETWORK, 1280)).isEmpty();
    }

    @Test
    void whatIsLeftToDoIsDoneFirst() {
        long frame = pool.offload(frame(packet(0, random(100))), Offload.of(Offload.WHOLE, 0, 34, 6));
        assertThat(fragmenter.wrap(frame, NETWORK, 68)).isFalse();
        pool.free(frame);
    }

    @Test
    void tagsInFrontAreOnEachAndPaddingBehindIsOnNone() {
        var payload = random(1000);
        var plain = HexFormat.of().formatHex(packet(0, payload));
        var tagged = Bytes.hex(ETHERNET, "81 00 00 05", plain.substring(24), "00 00 00 00 00 00");
        var cut = cut(tagged, NETWORK + 4, 576);
        assertThat(together(cut, NETWORK + 4, 576)).isEqualTo(payload);
        assertThat(cut).hasSize(2).allSatisfy(f -> assertThat(f).startsWith(Bytes.hex(ETHERNET, "81 00 00 05 08 00")));
    }

    @Test
    void optionsMarkedToBeCopiedAreOnAllOthersOnTheFirstOnly() {
        // record route (7, not copied), no-operation, router alert (148, copied), end
        var cut = cut(withOptions(0, "07 07 04 00 00 00 00 01 94 04 00 00 00 00 00 00"), NETWORK, 76);
        assertThat(cut)
                .extracting(FragmenterTest::options)
                .containsExactly("07 07 04 00 00 00 00 01 94 04 00 00 00 00 00 00", "94 04 00 00", "94 04 00 00");
        assertThat(together(cut, NETWORK, 76)).isEqualTo(random(100));
        var routed = cut(withOptions(0, "83 07 04 0a 00 00 01 00"), NETWORK, 76);
        assertThat(routed).extracting(FragmenterTest::options).containsOnly("83 07 04 0a 00 00 01 00");
        var recorded = cut(withOptions(0, "07 07 04 00 00 00 00 00"), NETWORK, 76);
        assertThat(recorded).extracting(FragmenterTest::options).containsExactly("07 07 04 00 00 00 00 00", "");
    }

    @Test
    void optionsOfAFragmentThatIsNotTheFirstStay() {
        var cut = cut(withOptions(0x2005, "07 07 04 00 00 00 00 00"), NETWORK, 76);
        assertThat(cut).extracting(FragmenterTest::options).containsOnly("07 07 04 00 00 00 00 00");
    }

    @Test
    void optionsThatLieDoNoHarm() {
        for (var lie : List.of("94 00 00 00", "94 ff 00 00", "01 01 01 94", "94 01 01 01")) {
            assertThat(together(cut(withOptions(0, lie), NETWORK, 76), NETWORK, 76))
                    .as(lie)
                    .isEqualTo(random(100));
        }
    }

    @Test
    void withoutMemoryItCanBeAskedAgain() {
        var held = new ArrayList<Long>();
        long frame = frame(packet(0, random(1000)));
        assertThat(fragmenter.wrap(frame, NETWORK, 576)).isTrue();
        for (long one = pool.allocate(10); one != Frame.NONE; one = pool.allocate(10)) {
            held.add(one);
        }
        assertThat(fragmenter.next()).isEqualTo(Frame.NONE);
        assertThat(fragmenter.left()).isEqualTo(2);
        pool.free(held.removeLast());
        long first = fragmenter.next();
        assertThat(new Ipv4Header()
                        .wrap(pool.buffer(), Frame.head(first) + NETWORK)
                        .moreFragments())
                .isTrue();
        pool.free(first);
        pool.free(frame);
        held.forEach(pool::free);
    }

    @ParameterizedTest
    @CsvSource({"3000, 1500", "65507, 1500", "20000, 576", "4000, 68"})
    void theKernelPutsThemTogether(int length, int mtu) throws Exception {
        try (var lab = Lab.open()) {
            var host = lab.host("a", "10.9.0.2/24");
            var mac =
                    host.run("cat", "/sys/class/net/eth0/address").ok().strip().replace(":", "");
            var listening = host.start(
                    "python3",
                    "-u",
                    "-c",
                    "import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(20); s.bind(('10.9.0.2',7)); "
                            + "print('ready'); print(s.recv(70000).hex())");
            var heard = listening.inputReader();
            assertThat(heard.readLine()).isEqualTo("ready");
            var data = random(length);
            var udp = Bytes.hex(
                    "00 09 00 07",
                    HexFormat.of().toHexDigits((short) (8 + length)),
                    "00 00",
                    HexFormat.of().formatHex(data));
            try (var wire = Wire.open(null, host.device())) {
                var packet = Packets.ipv4(mac + "02000a090001", "10.9.0.1", "10.9.0.2", 17, 0, udp);
                cut(packet, NETWORK, mtu).forEach(wire::send);
            }
            assertThat(heard.readLine()).isEqualTo(HexFormat.of().formatHex(data));
        }
    }
}
