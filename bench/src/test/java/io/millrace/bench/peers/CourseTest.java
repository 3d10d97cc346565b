package io.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The course in earnest: namespaces, the generator, the Linux bridge. */
class CourseTest {
    @BeforeEach
    void thereCanBeACourse() throws IOException {
        assumeTrue((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0, "not run: needs root");
        for (var needed : Packages.ALWAYS) {
            assumeTrue(Shell.has(needed.program()), "not run: needs " + needed.program());
        }
    }

    @Test
    void whatTheReceiverOfALinuxBridgeCountsTheGeneratorHasSent() {
        try (var course = new Course();
                var flood = new Flood(course)) {
            course.lay(1);
            course.receiveInBatches();
            var swallow = course.swallow();
            var bridge = new KernelBridge().start(course, Device.Mood.DEFAULT);
            try (swallow;
                    bridge) {
                flood.awaitForwarding(bridge, Trip.SWITCHED);
                var sent = course.count(course.sender(), course.first()).sent();
                var received = course.count(course.receiver(), course.last()).received();
                var sample = flood.through(List.of(), new Traffic(60, 1000, 100, 500));
                assertThat(sample.forwarded()).isPositive();
                assertThat(sample.loss()).isBetween(0.0, 1.0);
                assertThat(sample.own()).as("a bridge has no process").isZero();
                sent = course.count(course.sender(), course.first()).sent() - sent;
                received = course.count(course.receiver(), course.last()).received() - received;
                assertThat(received).isPositive().isLessThanOrEqualTo(sent);
                assertThat(stations(course)).as("addresses the bridge learned").isEqualTo(1000);
            }
        }
    }

    @Test
    void whatTheReceiverBehindTheKernelsTunnelCountsWentThroughTheUnderlay() {
        try (var course = new Course();
                var flood = new Flood(course)) {
            for (int round = 1; round <= 2; round++) { // what one round made is gone before the next
                course.lay(1);
                course.receiveInBatches();
                var swallow = course.swallow();
                var tunnel = new KernelTunnel().start(course, Device.Mood.DEFAULT);
                try (swallow;
                        tunnel) {
                    flood.awaitForwarding(tunnel, Trip.SWITCHED);
                    var under = course.count(course.device(), course.id() + "u").sent();
                    var sample = flood.through(List.of(), new Traffic(60, 10, 100, 300));
                    assertThat(sample.forwarded()).isPositive();
                    assertThat(course.count(course.device(), course.id() + "u").sent() - under)
                            .as("packets in the tunnel")
                            .isGreaterThan((long) (sample.forwarded() * 0.3));
                }
            }
        }
    }

    /** How many of the flood's source addresses the bridge knows, as the kernel tells it. */
    private static long stations(Course course) {
        return Course.in(course.device().name(), "bridge", "fdb", "show", "dev", course.in())
                .lines()
                .filter(l -> l.startsWith("02:00:00:01:"))
                .count();
    }

    @Test
    void everyFrameOfAFloodHasARightChecksumAndTheLengthThatWasAsked() throws Exception {
        assumeTrue(Shell.has("tcpdump"), "not run: needs tcpdump");
        try (var course = new Course();
                var flood = new Flood(course)) {
            course.lay(1);
            course.receiveInBatches();
            var words = course.folder().resolve("tcpdump.txt");
            var dump = Shell.start(
                    Course.inside(course.device().name(), "tcpdump", "-lnvi", course.in(), "-c", "50", "udp"), words);
            while (!Shell.read(words).contains("listening")) {
                Thread.sleep(20);
            }
            flood.through(List.of(), new Traffic(1514, 1000, 10, 10));
            assertThat(dump.waitFor(10, TimeUnit.SECONDS)).isTrue();
            var said = Shell.read(words);
            assertThat(said).doesNotContain("bad cksum");
            assertThat(said.lines().filter(l -> l.contains("proto UDP (17), length 1500)")))
                    .hasSize(50);
            assertThat(said.lines().filter(l -> l.contains("198.18.")).distinct())
                    .as("different senders")
                    .hasSizeGreaterThan(25);
        }
    }

    @Test
    void nothingIsLeftOfACourse() throws IOException {
        Path folder;
        String id;
        try (var course = new Course();
                var flood = new Flood(course)) {
            course.lay(1);
            folder = course.folder();
            id = course.id();
            assertThat(namespaces(id)).hasSize(3);
            assertThat(flood).isNotNull();
        }
        assertThat(namespaces(id)).isEmpty();
        assertThat(folder).doesNotExist();
    }

    private static List<String> namespaces(String id) throws IOException {
        try (var files = Files.list(Path.of("/run/netns"))) {
            return files.map(f -> f.getFileName().toString())
                    .filter(n -> n.startsWith(id))
                    .toList();
        }
    }

    @Test
    void aDeviceThatForwardsNothingIsNotMeasuredAndSaysWhy() {
        try (var course = new Course();
                var flood = new Flood(course)) {
            course.lay(1);
            var ended = Shell.start(List.of("true"), course.folder().resolve("true.log"));
            try (var running = new Running(List.of(ended), () -> {})) {
                assertThatThrownBy(() -> flood.awaitForwarding(running, Trip.SWITCHED))
                        .isInstanceOf(NotMeasured.class)
                        .hasMessage("it ended");
            }
        }
    }
}
