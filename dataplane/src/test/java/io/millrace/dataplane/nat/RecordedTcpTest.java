package io.millrace.dataplane.nat;

import static io.millrace.codec.TcpHeader.ACK;
import static io.millrace.codec.TcpHeader.FIN;
import static io.millrace.codec.TcpHeader.RST;
import static io.millrace.codec.TcpHeader.SYN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Connections that others have recorded, as tshark reads them: how each of them ended, the tracker knows too. Any folder
 * of captures with these names will do: {@code -Dmillrace.captures=FOLDER}.
 */
class RecordedTcpTest {
    private static final String FIELDS = "tcp.stream ip.src tcp.srcport tcp.flags tcp.seq_raw tcp.ack_raw tcp.len"
            + " tcp.window_size_value tcp.options.wscale.shift";
    private static final int SPECIAL = SYN | ACK | FIN | RST;

    /** One connection, and what a reader of its flags would say of it. */
    private static final class Stream {
        final TcpTalk talk = new TcpTalk();
        final String first;
        final boolean[] syn = new boolean[2];
        final boolean[] fin = new boolean[2];
        boolean acked;
        int last = TcpTracking.NEW;
        int flags;

        Stream(String first) {
            this.first = first;
        }

        void take(String end, int flags, List<String> fields) {
            int from = end.equals(first) ? 0 : 1;
            this.flags = flags;
            syn[from] |= (flags & SYN) != 0;
            fin[from] |= (flags & FIN) != 0;
            acked |= from == 0 && syn[1] && (flags & (SYN | ACK)) == ACK;
            talk.window[from] = Integer.parseInt(fields.get(7));
            talk.scale[from] = fields.get(8).isEmpty() ? -1 : Integer.parseInt(fields.get(8));
            last = talk.sendAt(
                    from,
                    flags,
                    Integer.parseUnsignedInt(fields.get(4)),
                    Integer.parseUnsignedInt(fields.get(5)),
                    Integer.parseInt(fields.get(6)));
        }

        List<Integer> expected() {
            if ((flags & RST) != 0) {
                return List.of(TcpTracking.RESET);
            } else if (fin[0] && fin[1]) {
                return List.of(TcpTracking.LAST_ACK, TcpTracking.TIME_WAIT);
            } else if (fin[0] || fin[1]) {
                return List.of(TcpTracking.FIN_WAIT, TcpTracking.CLOSE_WAIT);
            } else if (acked) {
                return List.of(TcpTracking.ESTABLISHED);
            }
            return List.of(syn[1] ? TcpTracking.SYN_ANSWERED : TcpTracking.SYN_SENT);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ndpi--tcp_scan.pcapng, 4",
        "tcpdump--tcp-handshake-nano.pcap, 1",
        "zeek--dns-edns-cookie.pcap, 2",
        "tcpreplay--test.pcap, 4",
        "pcpp--example.pcap, 60"
    })
    void everyConnectionEndsAsItsFlagsSay(String name, int least) throws IOException, InterruptedException {
        var streams = read(name);
        streams.forEach((number, stream) ->
                assertThat(stream.last).as("%s stream %s", name, number).isIn(stream.expected()));
        assertThat(streams).hasSizeGreaterThanOrEqualTo(least);
    }

    @ParameterizedTest
    @CsvSource("zeek--handshake-reorder.pcap")
    void aSynAckBeforeItsSynIsNotSeenAndTheConnectionIsFollowedYet(String name)
            throws IOException, InterruptedException {
        var stream = read(name).get("0");
        assertThat(stream).isNotNull();
        assertThat(stream.last).isEqualTo(TcpTracking.TIME_WAIT);
    }

    private static Map<String, Stream> read(String name) throws IOException, InterruptedException {
        var file = folder().resolve(name);
        assumeTrue(Files.exists(file), "there is no " + file);
        var streams = new HashMap<String, Stream>();
        for (String line : tshark(file)) {
            var fields = List.of(line.split("\t", -1));
            if (fields.getFirst().isEmpty()) {
                continue;
            }
            String end = fields.get(1) + " " + fields.get(2);
            int flags = Integer.decode(fields.get(3)) & 0xFF;
            var stream = streams.get(fields.getFirst());
            if (stream == null && (flags & SPECIAL) == SYN) {
                stream = new Stream(end); // before the first SYN there is nothing that NAT would let pass
                streams.put(fields.getFirst(), stream);
            }
            if (stream != null) {
                stream.take(end, flags, fields);
            }
        }
        return streams;
    }

    /** The system property, or ../shared/captures of the repository's root, the folder that holds the launcher. */
    private static Path folder() {
        String given = System.getProperty("millrace.captures");
        if (given != null) {
            return Path.of(given);
        }
        Path root = Path.of("").toAbsolutePath();
        while (root.getParent() != null && !Files.isRegularFile(root.resolve("millrace"))) {
            root = root.getParent();
        }
        return root.resolveSibling("shared").resolve("captures");
    }

    private static List<String> tshark(Path file) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("tshark", "-r", file.toString(), "-E", "occurrence=f", "-T", "fields"));
        for (String field : FIELDS.split(" ")) {
            command.addAll(List.of("-e", field));
        }
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "tshark is not installed");
            throw e;
        }
        try (var out = process.getInputStream()) {
            var lines = new String(out.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            process.waitFor();
            return lines;
        }
    }
}
