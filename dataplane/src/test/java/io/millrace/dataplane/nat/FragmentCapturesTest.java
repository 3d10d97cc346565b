package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.codec.EtherType;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Extensions;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.capture.LinkType;
import io.millrace.codec.capture.PcapWriter;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recorded fragments: what passes is put together by tshark, which must find the packets that it finds in the capture. */
class FragmentCapturesTest {
    private static final int NETWORK = 14;

    @TempDir
    static Path folder;

    private static Path captures;

    private final FramePool pool = new FramePool(4096, 0);
    private final List<String> verdicts = new ArrayList<>();
    private final Fragments fragments = new Fragments(pool.buffer(), 7, new Fragments.Room(), (frame, why) -> {
        verdicts.add("late " + why);
        pool.free(frame);
    });

    @BeforeAll
    static void find() {
        captures = Path.of("").toAbsolutePath().getParent().resolveSibling("shared/captures");
        assumeTrue(Files.isDirectory(captures), "not run: no captures at " + captures);
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/tshark")), "not run: needs the package tshark");
    }

    /** Packets that tshark put together: how long each is, and its bytes. */
    private static List<String> packets(Path capture) {
        var fields = new ArrayList<String>(List.of("tshark", "-r", capture.toString(), "-T", "fields"));
        for (var field : List.of("ip.reassembled.length", "ip.reassembled.data", "ipv6.reassembled.data")) {
            fields.addAll(List.of("-e", field));
        }
        return Lab.run(fields.toArray(String[]::new))
                .ok()
                .lines()
                .filter(line -> !line.isBlank())
                .sorted()
                .toList();
    }

    /** What a gateway lets pass of a capture. */
    private Path passed(String name) throws IOException {
        var file = Files.createTempFile(folder, "out", ".pcap");
        try (var in = CaptureReader.open(captures.resolve(name));
                var out = PcapWriter.open(file)) {
            out.addInterface("", LinkType.ETHERNET.number(), 65_535);
            while (in.next()) {
                long frame = pool.allocate(in.captured());
                pool.buffer().putBytes(Frame.head(frame), in.buffer(), in.offset(), in.captured());
                if (isFragment(frame)) {
                    take(frame, out);
                } else {
                    send(frame, out);
                }
            }
        }
        fragments.age(Fragments.LIFETIME + 1);
        assertThat(pool.inUse()).isZero();
        return file;
    }

    private boolean isFragment(long frame) {
        var bytes = pool.buffer();
        int at = Frame.head(frame) + NETWORK;
        if (bytes.getShort(at - 2, ByteOrder.BIG_ENDIAN) == EtherType.IPV4) {
            return new Ipv4Header().wrap(bytes, at).isFragment();
        }
        var ipv6 = new Ipv6Header().wrap(bytes, at);
        var extensions = new Ipv6Extensions();
        int rest = ipv6.payloadLength();
        return extensions.walk(bytes, at + 40, ipv6.nextHeader(), rest, rest) == Malformed.NONE
                && extensions.isFragment();
    }

    private void take(long frame, PcapWriter out) throws IOException {
        int verdict = fragments.admit(frame, NETWORK, 0);
        verdicts.add(
                verdict < 0
                        ? Fragments.dropOf(verdict).name()
                        : List.of("first", "known", "waits").get(verdict));
        if (verdict < 0) {
            pool.free(frame);
        } else if (verdict == Fragments.KNOWN) {
            send(frame, out);
        } else if (verdict == Fragments.FIRST) {
            int waited = fragments.decided(1, fragments.identification(), 0);
            send(frame, out);
            for (int i = 0; i < waited; i++) {
                send(fragments.released(i), out);
            }
        }
    }

    private void send(long frame, PcapWriter out) throws IOException {
        int length = Frame.length(frame);
        out.write(0, 1, pool.buffer(), Frame.head(frame), length, length, null);
        pool.free(frame);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pcpp--ip4_fragments.pcap",
                "pcpp--ip6_fragments.pcap",
                "snabb--tcp-ipv4-3frags-bound-reversed.pcap",
                "zeek--fragmented-3.pcap"
            })
    void whatIsSoundIsFoundWholeBehindUs(String name) throws IOException {
        var whole = packets(captures.resolve(name));
        assertThat(packets(passed(name))).isEqualTo(whole);
        assertThat(verdicts)
                .allMatch(verdict -> verdict.matches("first|known|waits|FRAGMENT_REPEATED|late FRAGMENT_LATE"));
    }

    @Test
    void aPacketWhoseFragmentsOverlapDoesNotArrive() throws IOException {
        assertThat(packets(captures.resolve("zeek--fragmented-1.pcap"))).hasSize(1);
        assertThat(packets(passed("zeek--fragmented-1.pcap"))).isEmpty();
        assertThat(verdicts)
                .containsExactly("FRAGMENT_SENSELESS", "waits", "late FRAGMENT_OVERLAPS", "FRAGMENT_OVERLAPS");
    }

    @Test
    void aFragmentThatComesAgainWithAnotherContentsIsNotPassedOnTwice() throws IOException {
        passed("suricata--frag-1.pcap");
        assertThat(verdicts).startsWith("first", "known", "FRAGMENT_REPEATED", "known");
    }
}
