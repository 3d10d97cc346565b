package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.LiveSwitch;
import io.millrace.dataplane.lab.Wire;
import io.millrace.dataplane.linux.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hosts whose only cable is a TAP of ours, moved to them. */
class TapPortTest {
    private final Lab lab = Lab.open();
    private final LiveSwitch net = new LiveSwitch();
    private final Lab.Host a = lab.bare("a");
    private final Lab.Host b = lab.bare("b");

    TapPortTest() {
        assumeTrue(Files.exists(Path.of("/dev/net/tun")), "not run: needs /dev/net/tun");
    }

    @AfterEach
    void remove() {
        try (lab) {
            net.close();
        }
    }

    private TapPort plugged(Lab.Host host, String name, int queues, String... addresses) throws KernelException {
        var device = lab.name(name);
        var port = TapPort.open(device, net.pool(), queues);
        Lab.run("ip", "link", "set", device, "netns", host.namespace(), "name", "eth0")
                .ok();
        for (var address : addresses) {
            host.run("ip", "address", "add", address, "dev", "eth0").ok();
        }
        host.run("ip", "link", "set", "eth0", "up").ok();
        until(port::isUp, "the port follows its device");
        return port;
    }

    private static void until(BooleanSupplier state, String what) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!state.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    @Test
    void hostsWithADefaultTapReachEachOtherAndMoveBytesWhole() throws IOException {
        var one = plugged(a, "t1", 1, "10.77.0.1/24");
        net.start(one, plugged(b, "t2", 2, "10.77.0.2/24"));
        assertThat(a.run("ping", "-c", "20", "-i", "0.01", "-W", "2", "10.77.0.2")
                        .ok())
                .contains(" 0% packet loss");
        b.start("python3", "-c", Transfer.TCP_RECEIVER, "10.77.0.2");
        assertThat(a.run("python3", "-c", Transfer.TCP_SENDER, "10.77.0.2", "100")
                        .ok())
                .isEqualTo("True\n");
        var counted = net.counters(one);
        assertThat(counted.rxBytes() / counted.rxFrames())
                .as("bytes a frame: segments are carried whole")
                .isGreaterThan(5000);
        for (var why : Drop.values()) {
            assertThat(net.drops(why)).as(why.sentence()).isZero();
        }
    }

    @Test
    void everyLengthArrivesByteForByteInOrder() throws IOException {
        var one = plugged(a, "t1", 1);
        var other = plugged(b, "t2", 1);
        a.run("ip", "link", "set", "eth0", "mtu", "9000").ok();
        other.changeMtu(9000);
        assertThat(other.mtu()).isEqualTo(9000);
        until(() -> one.mtu() == 9000, "the MTU set there is known here");
        assertThat(b.run("ip", "link", "show", "eth0").ok()).contains("mtu 9000");
        net.start(one, other);
        try (var from = Wire.open(a.namespace(), "eth0");
                var to = Wire.open(b.namespace(), "eth0")) {
            var random = new SplittableRandom(7);
            var sent = new ArrayList<String>();
            for (int length = 14; length <= 9014; length += length < 1900 ? 1 : 89) {
                var frame = new byte[length];
                random.nextBytes(frame);
                System.arraycopy(HexFormat.of().parseHex("02000000000202000000000188b5"), 0, frame, 0, 14);
                from.send(frame);
                sent.add(HexFormat.of().formatHex(frame));
            }
            assertThat(Transfer.brief(to.all(300))).isEqualTo(Transfer.brief(sent));
            assertThat(from.all(10)).isEmpty();
        }
    }

    @Test
    void aDeviceThatIsDownOrDeletedIsSeenAndTheOthersGoOn() throws IOException {
        var one = plugged(a, "t1", 2, "10.77.0.1/24");
        var other = plugged(b, "t2", 1, "10.77.0.2/24");
        var c = lab.bare("c");
        var third = plugged(c, "t3", 1, "10.77.0.3/24");
        net.start(one, other, third);
        b.run("ip", "link", "set", "eth0", "down").ok();
        until(() -> !other.isUp(), "the port is down");
        a.run("ping", "-c", "1", "-W", "1", "10.77.0.3").ok();
        b.run("ip", "link", "set", "eth0", "up").ok();
        until(other::isUp, "the port is up again");
        a.run("ping", "-c", "1", "-W", "2", "10.77.0.2").ok();
        b.run("ip", "link", "delete", "eth0").ok();
        until(() -> !other.isUp() && other.descriptors().length == 0, "the port is gone");
        a.run("ping", "-c", "3", "-i", "0.01", "-W", "1", "10.77.0.3").ok();
        assertThat(one.isUp() && third.isUp()).isTrue();
        assertThat(one.descriptors()).hasSize(2);
    }

    @Test
    void aDeviceMadeHereGoesWithThePortAndAPersistentOneStays() throws KernelException {
        var made = lab.name("t1");
        var kept = lab.name("t2");
        Port port = TapPort.open(made, net.pool(), 2);
        assertThat(Lab.run("ip", "-o", "link", "show", made).ok()).contains("UP");
        assertThat(port.describe()).isEqualTo("TAP, virtio-net headers, 2 queues");
        assertThat(port.mtu()).isEqualTo(1500);
        assertThat(port.takesOffloads()).isTrue();
        port.close();
        assertThat(Lab.run("ip", "link", "show", made).exit()).isNotZero();
        Lab.run("ip", "tuntap", "add", kept, "mode", "tap").ok();
        try {
            port = TapPort.open(kept, net.pool(), 2);
            assertThat(port.describe()).isEqualTo("TAP, virtio-net headers, 1 queue");
            var pool = net.pool();
            assertThatThrownBy(() -> TapPort.open(kept, pool, 1))
                    .hasMessageContaining(kept)
                    .hasMessageEndingWith("busy");
            port.close();
            assertThat(Lab.run("ip", "link", "show", kept).exit()).isZero();
        } finally {
            Lab.run("ip", "link", "delete", kept);
        }
    }

    @Test
    void anInterfaceOfAnotherKindAndATooLongNameAreRefusedInASentence() {
        var pool = new FramePool(4, 1);
        assertThatThrownBy(() -> TapPort.open("lo", pool, 1))
                .isInstanceOf(KernelException.class)
                .hasMessage("opening the TAP lo (an interface of that name exists and is no TAP): file exists");
        assertThatThrownBy(() -> TapPort.open("a-very-long-name", pool, 1))
                .hasMessageStartingWith("opening the TAP a-very-long-name (a name has 1 to 15 letters)");
    }
}
