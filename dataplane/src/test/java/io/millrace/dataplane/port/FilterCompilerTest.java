package io.millrace.dataplane.port;

import static io.millrace.codec.filter.BpfFilter.instruction;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.capture.LinkType;
import io.millrace.codec.capture.PcapWriter;
import io.millrace.codec.filter.BpfFilter;
import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What passes a filter is what tcpdump lets pass. */
class FilterCompilerTest {
    @TempDir
    static Path folder;

    private static Path all;
    private static int frames;

    /** One file of all Ethernet frames there are at hand: the sample's, and those of the captures beside the checkout. */
    @BeforeAll
    static void gather() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/tcpdump")), "not run: needs the package tcpdump");
        var root = Path.of("").toAbsolutePath().getParent();
        var captures = new ArrayList<>(List.of(root.resolve("docs/samples/lan.pcap")));
        var beside = root.resolveSibling("shared/captures");
        if (Files.isDirectory(beside)) {
            try (Stream<Path> files = Files.list(beside)) {
                files.filter(Files::isRegularFile)
                        .filter(f -> f.toString().contains(".pcap"))
                        .sorted()
                        .forEach(captures::add);
            }
        }
        all = folder.resolve("all.pcap");
        try (var out = PcapWriter.open(all)) {
            int lan = out.addInterface("", LinkType.ETHERNET.number(), FilterCompiler.WHOLE_FRAME);
            for (var capture : captures) {
                try (var in = CaptureReader.open(capture)) {
                    while (in.next()) {
                        if (in.linkType() == LinkType.ETHERNET && in.captured() > 0) {
                            // Numbered by its time: that is how a frame is told from its like in what tcpdump wrote.
                            long number = ++frames * 1_000L;
                            out.write(lan, number, in.buffer(), in.offset(), in.captured(), in.original(), null);
                        }
                    }
                }
            }
        }
    }

    private static List<Long> passing(BpfFilter filter) {
        var passing = new ArrayList<Long>();
        try (var in = CaptureReader.open(all)) {
            while (in.next()) {
                if (filter.matches(in.buffer(), in.offset(), in.captured(), in.original(), false)) {
                    passing.add(in.number());
                }
            }
        }
        return passing;
    }

    /** The frame numbers that tcpdump writes to a file. */
    private static List<Long> tcpdumps(String expression) throws IOException {
        var file = Files.createTempFile(folder, "out", ".pcap");
        Lab.run(
                        "tcpdump",
                        "-Z",
                        "root",
                        "-r",
                        all.toString(),
                        "--time-stamp-precision=nano",
                        "-w",
                        file.toString(),
                        expression)
                .ok();
        var numbers = new ArrayList<Long>();
        try (var in = CaptureReader.open(file)) {
            while (in.next()) {
                numbers.add(in.time() / 1_000);
            }
        }
        Files.delete(file);
        return numbers;
    }

    /** The program as tcpdump prints it: a number of lines, then code, jumps and constant of each. */
    private static BpfFilter printedByTcpdump(String expression) {
        var lines = Lab.run("tcpdump", "-y", "EN10MB", "-s", "262144", "-ddd", expression)
                .ok()
                .lines()
                .skip(1)
                .map(line -> line.split(" ", -1))
                .mapToLong(part -> instruction(
                        Integer.parseInt(part[0]),
                        Integer.parseInt(part[1]),
                        Integer.parseInt(part[2]),
                        Integer.parseUnsignedInt(part[3])))
                .toArray();
        return BpfFilter.of(lines);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ip",
                "ip6",
                "arp",
                "tcp",
                "udp",
                "icmp",
                "icmp6",
                "igmp",
                "stp",
                "not ip",
                "ether multicast",
                "broadcast",
                "ether broadcast",
                "tcp port 80",
                "udp port 53",
                "port 53",
                "portrange 1-1023",
                "tcp[tcpflags] & tcp-syn != 0",
                "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 127.0.0.0/8",
                "net 10.0.0.0/8",
                "src net 192.168.0.0/16",
                "dst host 224.0.0.1",
                "host 10.0.0.1 or host 10.0.0.2",
                "less 64",
                "greater 1000",
                "len > 100 and len < 600",
                "vlan",
                "vlan 100",
                "vlan and ip",
                "vlan and vlan",
                "not vlan",
                "ip proto 89",
                "ip[8] < 5",
                "ip[6:2] & 0x1fff != 0",
                "(ip[0] & 0xf) * 4 > 20",
                "ether[0] & 1 = 1 and ether[12:2] > 1500",
                "udp[8:4] / 3 % 7 = 1",
                "(tcp[2:2] ^ 0x55) | 1 > 7000",
                "ether proto 0x88cc or ether proto 0x8809",
                "udp port 4789 and udp[11] & 0x08 != 0",
                "ip6 proto 58",
                "ip6[6] = 17 and udp port 53",
                "icmp[icmptype] = icmp-echo",
                "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
                "ether host 01:80:c2:00:00:00",
                "0 - ip[2:2] > 4294967000",
                "(ip[2:2] << 3) - (len * 2) > 4000",
                "llc",
                "mpls"
            })
    void theSameFramesPassAsTcpdumpLetsPass(String expression) throws Exception {
        var filter = FilterCompiler.compile(expression);

        assertThat(passing(filter)).isEqualTo(tcpdumps(expression)).isEqualTo(passing(printedByTcpdump(expression)));
        assertThat(frames).isGreaterThan(50);
    }

    @Test
    void anEmptyExpressionTakesEveryFrame() throws FilterException {
        assertThat(passing(FilterCompiler.compile(" "))).hasSize(frames);
    }

    @Test
    void inboundAndOutboundAskForTheDirection() throws IOException, FilterException {
        var inbound = FilterCompiler.compile("inbound and len > 0");
        var outbound = FilterCompiler.compile("outbound");
        try (var in = CaptureReader.open(all)) {
            in.next();
            assertThat(inbound.matches(in.buffer(), 0, in.captured(), in.original(), false))
                    .isTrue();
            assertThat(inbound.matches(in.buffer(), 0, in.captured(), in.original(), true))
                    .isFalse();
            assertThat(outbound.matches(in.buffer(), 0, in.captured(), in.original(), true))
                    .isTrue();
            assertThat(outbound.matches(in.buffer(), 0, in.captured(), in.original(), false))
                    .isFalse();
        }
    }

    @Test
    void whatIsNotUnderstoodIsToldInLibpcapsWords() {
        assertThatThrownBy(() -> FilterCompiler.compile("tcp prot 80"))
                .isInstanceOf(FilterException.class)
                .hasMessageStartingWith("filter 'tcp prot 80': ")
                .hasMessageContaining("syntax error");
        assertThatThrownBy(() -> FilterCompiler.compile("host 300.1.2.3.4"))
                .hasMessageStartingWith("filter 'host 300.1.2.3.4': ");
        assertThatThrownBy(() -> FilterCompiler.compile("ip and arp")).hasMessageContaining("rejects all packets");
        assertThatThrownBy(() -> FilterCompiler.compile("ip protochain 17"))
                .hasMessageContaining("jumps backwards, and might never end");
        assertThatThrownBy(() -> FilterCompiler.compile("ip\0")).hasMessageContaining("zero byte");
    }

    @Test
    void manyCompileAtOnce() throws Exception {
        var failures = new ConcurrentLinkedQueue<Object>();
        var threads = Stream.of("udp port 53", "tcp port 80", "arp", "vlan 7")
                .map(expression -> Thread.ofPlatform().start(() -> {
                    try {
                        int length = FilterCompiler.compile(expression).length();
                        for (int i = 0; i < 100; i++) {
                            assertThat(FilterCompiler.compile(expression).length())
                                    .isEqualTo(length);
                        }
                    } catch (FilterException | AssertionError e) {
                        failures.add(e);
                    }
                }))
                .toList();
        for (var thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }
}
