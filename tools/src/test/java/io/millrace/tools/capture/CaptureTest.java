package io.millrace.tools.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.codec.capture.PcapngWriter;
import io.millrace.dataplane.lab.Lab;
import io.millrace.tools.Main;
import io.millrace.tools.words.Failure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A capture as its user sees it: lines or a file, with every frame there was, or the number of those that were lost. */
class CaptureTest {
    @TempDir
    Path folder;

    private static byte[] pcapng(int frames) {
        var bytes = new ByteArrayOutputStream();
        try (var out = PcapngWriter.to(Channels.newChannel(bytes), "test", 1 << 16)) {
            int port = out.addInterface("s1", 1, 0);
            var frame = new UnsafeBuffer(new byte[200_000]);
            for (int i = 0; i < frames; i++) {
                int length = i == 50 ? 130_000 : 60 + i % 7;
                out.write(port, i, frame, 0, length, length, i % 2 == 0);
            }
            out.statistics(port, frames, frames + 17L, 17);
        }
        return bytes.toByteArray();
    }

    /** Gives a few bytes at a time, as a network may. */
    private static InputStream dripping(byte[] bytes, int most) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] into, int from, int count) {
                return super.read(into, from, Math.min(count, most));
            }
        };
    }

    @Test
    void howeverAStreamArrivesItsPiecesAreWholeBlocksAndAllOfIt() throws IOException {
        var all = pcapng(100);
        for (int most : new int[] {1, 7, 4096, 1 << 20}) {
            var blocks = new PcapngBlocks(dripping(all, most), Long.MAX_VALUE);
            var got = new ByteArrayOutputStream();
            for (var piece = blocks.next(); piece.hasRemaining(); piece = blocks.next()) {
                assertThat(PcapngBlocks.wholeBefore(piece, piece.limit())).isEqualTo(piece.limit());
                var bytes = new byte[piece.remaining()];
                piece.get(bytes);
                got.write(bytes);
            }
            assertThat(got.toByteArray()).isEqualTo(all);
            assertThat(blocks.frames()).isEqualTo(100);
            assertThat(blocks.lost()).isEqualTo(17);
            assertThat(blocks.stream().read()).isEqualTo(-1);
        }
    }

    @Test
    void aStreamEndsBehindAsManyFramesAsAreWanted() throws IOException {
        var blocks = new PcapngBlocks(dripping(pcapng(100), 4096), 3);
        var copy = folder.resolve("three.pcapng");
        Files.write(copy, blocks.stream().readAllBytes());
        assertThat(blocks.frames()).isEqualTo(3);
        assertThat(Lab.run("tshark", "-n", "-r", copy.toString()).ok()).hasLineCount(3);
    }

    @Test
    void whatIsNoPcapngIsRefused() {
        var blocks = new PcapngBlocks(new ByteArrayInputStream(new byte[64]), 3);
        assertThatThrownBy(blocks::next).hasMessageContaining("no pcapng");
    }

    @Test
    void aFileThatCannotBeWrittenIsOneSentence() {
        assertThatThrownBy(() -> new CaptureFile(folder, s -> {}, () -> true))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("is a directory");
        assertThatThrownBy(() -> new CaptureFile(folder.resolve("no/such.pcapng"), s -> {}, () -> true))
                .hasMessageContaining("there is no such directory");
    }

    @Test
    void aFullDiskCostsForwardingNothingAndTheCaptureGoesOn() throws Exception {
        assumeTrue(DiskFull.isPossible(), "not run: needs root to mount a small disk");
        assertThat(DiskFull.run()).isTrue();
    }

    private record Ran(int exit, String err) {}

    private static Ran run(String... words) {
        var err = new ByteArrayOutputStream();
        var before = System.err;
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            return new Ran(Main.run(words), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    @Test
    void aFilterThatIsNotUnderstoodIsAMistakeOfUsage() {
        var ran = run("capture", "interface:lo", "udp", "prot", "53");
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.err()).startsWith("millrace: filter 'udp prot 53': ").hasLineCount(1);
    }

    @Test
    void anInterfaceThatIsNotThereIsOneSentence() {
        assertThat(run("capture", "interface:none0"))
                .isEqualTo(new Ran(1, "millrace: capturing from none0: no such device\n"));
    }

    @Test
    void aCableIsSeenBothWaysWithTagsAndTimes() throws Exception {
        try (var lab = Lab.open()) {
            var host = lab.host("a", "10.77.0.1/24");
            assertThat(Lab.run("ip", "address", "add", "10.77.0.2/24", "dev", host.device())
                            .exit())
                    .isZero();
            var file = folder.resolve("cable.pcapng");
            var ends = new ArrayList<Ran>();
            var capture = Thread.ofPlatform()
                    .start(() -> ends.add(run(
                            "capture",
                            "interface:" + host.device(),
                            "-w",
                            file.toString(),
                            "-c",
                            "6",
                            "icmp",
                            "or",
                            "vlan",
                            "7")));
            while (!Files.exists(file) && capture.isAlive()) {
                Thread.sleep(10);
            }
            host.run("ping", "-c", "2", "-i", "0.2", "10.77.0.2").ok();
            for (int i = 0; i < 2; i++) {
                host.run(
                                "python3",
                                "-c",
                                "import socket\ns=socket.socket(socket.AF_PACKET,socket.SOCK_RAW,0)\n"
                                        + "s.bind(('eth0',0))\ns.send(bytes.fromhex('ffffffffffff020000000001810000070806')+bytes(46))")
                        .ok();
            }
            capture.join();
            assertThat(ends)
                    .containsExactly(new Ran(0, "millrace: 6 frames captured, 0 lost because the reader was slow\n"));
            var seen = Lab.run(
                            "tshark",
                            "-n",
                            "-r",
                            file.toString(),
                            "-T",
                            "fields",
                            "-e",
                            "frame.packet_flags_direction",
                            "-e",
                            "icmp.type",
                            "-e",
                            "vlan.id",
                            "-e",
                            "frame.interface_name")
                    .ok();
            var in = "0x00000001\t";
            var out = "0x00000002\t";
            var name = "\t" + host.device();
            assertThat(seen.lines())
                    .containsExactly(
                            in + "8\t" + name,
                            out + "0\t" + name,
                            in + "8\t" + name,
                            out + "0\t" + name,
                            in + "\t7" + name,
                            in + "\t7" + name);
        }
    }

    @Test
    void anInterfaceThatIsDeletedEndsItsCaptureWithASentence() throws Exception {
        try (var lab = Lab.open()) {
            var host = lab.host("g");
            var file = folder.resolve("gone.pcapng");
            var ends = new ArrayList<Ran>();
            var capture = Thread.ofPlatform()
                    .start(() -> ends.add(run("capture", "interface:" + host.device(), "-w", file.toString(), "arp")));
            while (!Files.exists(file) && capture.isAlive()) {
                Thread.sleep(10);
            }
            Lab.run("ip", "link", "delete", host.device()).ok();
            capture.join();
            assertThat(ends)
                    .containsExactly(new Ran(
                            0,
                            "millrace: " + host.device() + ": the interface is gone\n"
                                    + "millrace: 0 frames captured, 0 lost because the reader was slow\n"));
        }
    }
}
