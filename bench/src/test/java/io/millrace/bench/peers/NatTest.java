package io.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The course for NAT: the kernel's own translates, and what does not is found out. */
class NatTest {
    private static void assumeThereCanBeACourse(List<Device.Needed> needs) throws IOException {
        assumeTrue((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0, "not run: needs root");
        for (var all : List.of(Packages.ALWAYS, Packages.TALK, needs)) {
            for (var needed : all) {
                assumeTrue(Shell.has(needed.program()), "not run: needs " + needed.program());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker-iptables", "nftables", "docker-masquerade"})
    void whatComesOutOfTheKernelsNatIsTranslatedAndTcpComesThroughIt(String name) throws IOException {
        var device = Peers.translators().stream()
                .filter(d -> d.name().equals(name))
                .findFirst()
                .orElseThrow();
        assumeThereCanBeACourse(device.needs());
        try (var course = new Course();
                var flood = new Flood(course)) {
            course.lay(1);
            course.receiveInBatches();
            var swallow = course.swallow();
            var running = device.start(course, Device.Mood.DEFAULT);
            try (swallow;
                    running) {
                flood.awaitForwarding(running, device.trip());
                // The flood itself looks at what comes out.
                var sample = flood.through(List.of(), new Traffic(60, 1000, 100, 200, device.trip()));
                assertThat(sample.forwarded()).isPositive();
                assertThat(sample.forwarded()).isGreaterThan(sample.offered() * 0.1);
            }
            course.lay(1);
            var again = device.start(course, Device.Mood.DEFAULT);
            try (again) {
                var tcp = new Tcp(course, Hosts.of(device.trip()));
                tcp.address();
                tcp.awaitAnswer();
                assertThat(tcp.gigabits(1)).isPositive();
            }
        }
    }

    @Test
    void aDeviceThatForwardsWithoutTranslatingHasNoFigure() throws IOException {
        assumeThereCanBeACourse(List.of());
        try (var course = new Course();
                var flood = new Flood(course)) {
            course.lay(1);
            course.receiveInBatches();
            var swallow = course.swallow();
            var running = new DoNothing().start(course, Device.Mood.DEFAULT);
            try (swallow;
                    running) {
                var traffic = new Traffic(60, 10, 100, 100, Trip.PUBLISHED);
                assertThatThrownBy(() -> flood.through(List.of(), traffic))
                        .isInstanceOf(NotMeasured.class)
                        .hasMessageContaining("198.18.255.1:8080");
            }
        }
    }

    @Test
    void aTranslatedFrameIsRightOnlyWithBothChecksumsAndItsOwnPort() {
        var trip = Trip.PUBLISHED;
        var frame = ByteBuffer.wrap(TestFrame.of(trip, 60));
        var packet = new Packet(frame);
        assertThat(packet.checksums()).as("as it is sent").isTrue();
        frame.putInt(30, 0xAC11_0002).putShort(36, (short) 80).put(22, (byte) 63);
        assertThat(trip.fault(packet, 1)).isEqualTo("a wrong checksum");
        frame.putShort(24, (short) 0).putShort(24, (short) packet.headerChecksum());
        frame.putShort(40, (short) 0).putShort(40, (short) packet.udpChecksum());
        assertThat(trip.fault(packet, 1)).isEmpty();
        frame.putShort(34, (short) 1025);
        assertThat(trip.fault(packet, 1)).startsWith("the source's port");
    }
}
