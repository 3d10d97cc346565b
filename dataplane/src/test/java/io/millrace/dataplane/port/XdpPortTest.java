package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.port.XdpPort.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Hosts on veth cables talk through a switch of XDP ports, in both modes; the kernel is the judge of what arrives. */
class XdpPortTest {
    private static final String TO_B = "0200000000b0";
    private static final String FROM_A = "0200000000a0";

    private static XdpSwitch between(Mode mode, Lab.Host... hosts) throws IOException {
        var devices = new ArrayList<String>();
        for (var host : hosts) {
            devices.add(host.device());
        }
        return new XdpSwitch(mode, 512, devices.toArray(String[]::new));
    }

    private static void ping(Lab.Host from, String to, String... options) {
        var command = new ArrayList<>(List.of("ping", "-c", "3", "-i", "0.02", "-W", "5"));
        command.addAll(List.of(options));
        command.add(to);
        assertThat(from.run(command.toArray(String[]::new)).ok()).contains(" 0% packet loss");
    }

    private static String link(String device) {
        return Lab.run("ip", "-d", "link", "show", device).ok();
    }

    @ParameterizedTest
    @EnumSource(names = {"NATIVE", "GENERIC"})
    void hostsPingEachOtherInTheModeThatWasAskedFor(Mode mode) throws IOException {
        try (var lab = Lab.open()) {
            var a = lab.host("a", "10.7.0.1/24", "fd00:7::1/64");
            var b = lab.host("b", "10.7.0.2/24", "fd00:7::2/64");
            try (var lan = between(mode, a, b)) {
                ping(a, "10.7.0.2");
                ping(b, "fd00:7::1");
                ping(a, "10.7.0.2", "-s", "4000"); // in fragments
                assertThat(link(a.device())).contains(mode == Mode.NATIVE ? " xdp " : " xdpgeneric ", "promiscuity 1");
                assertThat(lan.ports.getFirst().describe())
                        .isEqualTo("AF_XDP, " + (mode == Mode.NATIVE ? "native" : "generic") + ", copy mode, 1 queue");
                assertThat(lan.ports.getFirst().gathered()).isZero();
            }
            assertThat(link(a.device())).doesNotContain("xdp").contains("promiscuity 0");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NATIVE", "GENERIC"})
    void everyLengthArrivesByteForByteTaggedOrNot(Mode mode) throws IOException {
        try (var lab = Lab.open()) {
            var a = lab.host("a");
            var b = lab.host("b");
            try (var lan = between(mode, a, b);
                    var left = Wire.open(a.namespace(), "eth0");
                    var right = Wire.open(b.namespace(), "eth0")) {
                var random = new Random(7);
                for (var types : List.of("88b5", "8100200588b5", "88a8006481002fff88b5")) {
                    var head = HexFormat.of().parseHex(TO_B + FROM_A + types);
                    int most = types.startsWith("8100") ? 1518 : 1514; // what the kernel sends on an MTU of 1500
                    boolean tagged = types.length() > 4;
                    // A tagged frame without two bytes behind the tags is not one to the receiving kernel.
                    for (int length = head.length + (tagged ? 2 : 0); length <= most; length += tagged ? 13 : 1) {
                        var frame = new byte[length];
                        random.nextBytes(frame);
                        System.arraycopy(head, 0, frame, 0, head.length);
                        left.send(frame);
                        assertThat(next(right))
                                .as("%d bytes, %s", length, types)
                                .isEqualTo(frame);
                    }
                }
                assertThat(left.all(10)).as("what comes back").isEmpty();
                assertThat(lan.ports.getFirst().gathered()).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NATIVE", "GENERIC"})
    void jumboFramesAreGatheredAndSentInPieces(Mode mode) throws IOException {
        try (var lab = Lab.open()) {
            var a = lab.host("a", "10.7.0.1/24");
            var b = lab.host("b", "10.7.0.2/24");
            for (var host : List.of(a, b)) {
                Lab.run("ip", "link", "set", host.device(), "mtu", "9000").ok();
                host.run("ip", "link", "set", "eth0", "mtu", "9000").ok();
            }
            try (var lan = between(Mode.FASTEST, a, b)) {
                assertThat(lan.ports.getFirst().isNative()).isTrue();
                assertThat(lan.ports.getFirst().mtu()).isEqualTo(9000);
            }
            try (var lan = between(mode, a, b)) {
                for (var size : List.of("1829", "1830", "4068", "8972")) {
                    ping(a, "10.7.0.2", "-M", "do", "-s", size, "-p", "a7c3");
                }
                assertThat(lan.ports.getFirst().gathered()).isBetween(6L, 12L);
                assertThat(lan.ports.getFirst().describe()).endsWith(" long frames gathered from pieces");
            }
        }
    }

    private static int descriptors() throws IOException {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return (int) all.count();
        }
    }

    @Test
    void portsComeAndGoAndLeaveNothingBehind() throws IOException {
        try (var lab = Lab.open()) {
            var a = lab.host("a");
            var b = lab.host("b");
            var pool = new FramePool(4096, 8);
            var memory = new XdpMemory(pool);
            XdpPort.open("warm", a.device(), memory, Mode.FASTEST).close();
            int before = descriptors();
            for (int round = 0; round < 3; round++) {
                var first = XdpPort.open("a", a.device(), memory, Mode.FASTEST, 64);
                var second = XdpPort.open("b", b.device(), memory, Mode.GENERIC, 64);
                assertThat(first.descriptors()).hasSize(1);
                first.close();
                first = XdpPort.open("a", a.device(), memory, Mode.NATIVE, 64);
                second.close();
                first.close();
                assertThat(link(a.device()) + link(b.device())).doesNotContain("xdp");
            }
            assertThat(descriptors()).isEqualTo(before);
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void whatCannotBeOpenedSaysWhyAndLeavesNothingBehind() throws IOException {
        try (var lab = Lab.open()) {
            var a = lab.host("a");
            var memory = new XdpMemory(new FramePool(64, 0));
            assertThatThrownBy(() -> XdpPort.open("x", lab.name("none"), memory, Mode.FASTEST))
                    .isInstanceOf(KernelException.class)
                    .hasMessage("looking for the interface " + lab.name("none") + ": no such device");
            try (var first = XdpPort.open("a", a.device(), memory, Mode.FASTEST, 64)) {
                int before = descriptors();
                assertThatThrownBy(() -> XdpPort.open("a", a.device(), memory, Mode.FASTEST))
                        .isInstanceOf(KernelException.class)
                        .hasMessageContaining(a.device())
                        .hasMessageContaining("busy");
                assertThat(descriptors()).isEqualTo(before);
                assertThat(first.isUp()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NATIVE", "GENERIC"})
    void anInterfaceThatIsDeletedIsDownAndItsFramesComeBack(Mode mode) throws Exception {
        try (var lab = Lab.open()) {
            var a = lab.host("a", "10.7.0.1/24");
            var b = lab.host("b", "10.7.0.2/24");
            var c = lab.host("c", "10.7.0.3/24");
            try (var lan = between(mode, a, b, c)) {
                ping(a, "10.7.0.2");
                var flood = a.start("ping", "-f", "10.7.0.2");
                Lab.run("ip", "link", "delete", b.device()).ok();
                await(() -> !lan.ports.get(1).isUp());
                ping(a, "10.7.0.3");
                assertThat(lan.ports.get(0).isUp()).isTrue();
                flood.destroy();
                assertThat(lan.ports.get(1).held()).isPositive();
                lan.inTurn(lan.ports.get(1)::close);
                assertThat(lan.ports.get(1).held()).isZero();
                ping(a, "10.7.0.3");
            }
        }
    }

    @Test
    void anInterfaceThatIsSwitchedOffAndOnGoesOn() throws Exception {
        try (var lab = Lab.open()) {
            var a = lab.host("a", "10.7.0.1/24");
            var b = lab.host("b", "10.7.0.2/24");
            try (var lan = between(Mode.FASTEST, a, b)) {
                ping(a, "10.7.0.2");
                Lab.run("ip", "link", "set", b.device(), "down").ok();
                await(() -> !lan.ports.get(1).isUp());
                Lab.run("ip", "link", "set", b.device(), "mtu", "1400").ok();
                Lab.run("ip", "link", "set", b.device(), "up").ok();
                await(() -> lan.ports.get(1).isUp());
                assertThat(lan.ports.get(1).mtu()).isEqualTo(1400);
                ping(a, "10.7.0.2");
            }
        }
    }

    private static byte[] next(Wire wire) {
        long end = System.nanoTime() + 5_000_000_000L;
        var frame = wire.receive();
        while (frame == null && System.nanoTime() < end) {
            Thread.onSpinWait();
            frame = wire.receive();
        }
        return frame;
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(Condition condition) throws InterruptedException {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!condition.holds()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(5);
        }
    }
}
