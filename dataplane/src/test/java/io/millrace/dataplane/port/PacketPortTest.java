package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import io.millrace.dataplane.linux.KernelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a packet port does with single frames; the stimulus is a raw socket in another namespace, and so is the judge. */
class PacketPortTest {
    private final Lab lab = Lab.open();
    private final FramePool pool = new FramePool(8192, 256);
    private final Random random = new Random(7);

    @AfterEach
    void close() {
        lab.close();
    }

    /** A frame to all, of {@code length} bytes, the rest random. */
    private byte[] frame(int length) {
        var frame = new byte[length];
        random.nextBytes(frame);
        System.arraycopy(HexFormat.of().parseHex("ffffffffffff02000000000a88b5"), 0, frame, 0, 14);
        return frame;
    }

    private static String hex(byte[] frame) {
        return HexFormat.of().formatHex(frame);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 5000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(1);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    /** Sends the frames into a bridge of two packet ports at one end, and tells what comes out at the other. */
    private List<String> through(int mtu, List<byte[]> frames) throws Exception {
        var a = lab.host("a");
        var b = lab.host("b");
        for (var host : List.of(a, b)) {
            Lab.run("ip", "link", "set", host.device(), "mtu", "" + mtu).ok();
            host.run("ip", "link", "set", "eth0", "mtu", "" + mtu).ok();
        }
        var from = PacketPort.open(a.device(), pool);
        var to = PacketPort.open(b.device(), pool);
        var bridge = new RunningBridge(pool, from, to);
        try (bridge;
                var left = Wire.open(a.namespace(), "eth0");
                var right = Wire.open(b.namespace(), "eth0")) {
            frames.forEach(left::send);
            await(() -> bridge.counters.port(from.name()).rxFrames() >= frames.size());
            var came = right.all(100);
            assertThat(left.all(50)).as("nothing goes back").isEmpty();
            assertThat(bridge.counters.port(to.name()).rxFrames())
                    .as("what a port sends it does not receive")
                    .isZero();
            assertThat(from.losses().ring() + from.losses().pool()).isZero();
            return came;
        } finally {
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void framesOfEveryLengthArriveUnchangedAndInOrder() throws Exception {
        var frames = new ArrayList<byte[]>();
        for (int length = 14; length <= 1514; length++) {
            frames.add(frame(length));
        }
        assertThat(through(1500, frames))
                .containsExactlyElementsOf(
                        frames.stream().map(PacketPortTest::hex).toList());
    }

    @Test
    void framesLongerThanASlotKeepTheirPlaceAmongTheOthers() throws Exception {
        var frames = new ArrayList<byte[]>();
        for (int i = 0; i < 600; i++) {
            frames.add(frame(i % 3 == 0 ? 60 : 1800 + random.nextInt(7200)));
        }
        for (int length = 1900; length < 2100; length++) {
            frames.add(frame(length));
        }
        assertThat(through(9000, frames))
                .containsExactlyElementsOf(
                        frames.stream().map(PacketPortTest::hex).toList());
    }

    @Test
    void whatTheKernelItselfSendsDoesNotComeIn() throws Exception {
        var a = lab.host("a");
        Lab.run("ip", "address", "add", "10.99.83.1/24", "dev", a.device()).ok();
        var port = PacketPort.open(a.device(), pool);
        try (var wire = Wire.open(a.namespace(), "eth0");
                var bridge = new RunningBridge(pool, port)) {
            Lab.run("ping", "-c", "1", "-W", "1", "-I", a.device(), "10.99.83.2");
            assertThat(wire.all(50)).as("it has asked for the address").isNotEmpty();
            wire.send(frame(60));
            await(() -> bridge.counters.port(port.name()).rxFrames() > 0);
            assertThat(bridge.counters.port(port.name()).rxFrames()).isOne();
        }
    }

    @Test
    void tagsArriveAsTheyWereSent() throws Exception {
        var frames = new ArrayList<byte[]>();
        for (var tags :
                List.of("81000007", "8100e00a", "81002000", "88a8a064", "88a80064810000c8", "8100000181000002")) {
            for (int length : new int[] {60, 61, 500, 1514}) {
                var frame = frame(length);
                System.arraycopy(frame, 12, frame, 12 + tags.length() / 2, 2);
                System.arraycopy(HexFormat.of().parseHex(tags), 0, frame, 12, tags.length() / 2);
                frames.add(frame);
            }
        }
        assertThat(through(1500, frames))
                .containsExactlyElementsOf(
                        frames.stream().map(PacketPortTest::hex).toList());
    }

    @Test
    void whatTheRingCannotHoldIsCountedAndTheRestIsWhole() throws Exception {
        var a = lab.host("a");
        int slots = PacketPort.RING / PacketRing.SLOT;
        var port = PacketPort.open(a.device(), pool);
        try (var wire = Wire.open(a.namespace(), "eth0")) {
            var frame = frame(60);
            for (int i = 0; i < slots + 1000; i++) {
                wire.send(frame);
            }
            assertThat(port.losses().ring()).isEqualTo(1000);
            assertThat(port.losses().ring()).as("asking does not forget").isEqualTo(1000);
            try (var bridge = new RunningBridge(pool, port)) {
                await(() -> bridge.counters.port(port.name()).rxFrames() == slots);
                wire.send(frame);
                await(() -> bridge.counters.port(port.name()).rxFrames() == slots + 1);
            }
            assertThat(port.losses().ring()).isEqualTo(1000);
        }
    }

    @Test
    void aLongFrameForWhichTheQueueHadNoRoomIsLostWholeAndCounted() throws Exception {
        var a = lab.host("a");
        Lab.run("ip", "link", "set", a.device(), "mtu", "9000").ok();
        a.run("ip", "link", "set", "eth0", "mtu", "9000").ok();
        int sent = 6000;
        int length = 9000;
        var port = PacketPort.open(a.device(), pool);
        try (var wire = Wire.open(a.namespace(), "eth0")) {
            for (int i = 0; i < sent; i++) {
                wire.send(frame(length));
            }
            try (var bridge = new RunningBridge(pool, port)) {
                var counters = bridge.counters.port(port.name());
                await(() -> counters.rxFrames() + port.losses().ring() == sent);
                assertThat(port.losses().ring()).isPositive();
                assertThat(counters.rxBytes()).as("none is cut").isEqualTo(length * counters.rxFrames());
                wire.send(frame(length));
                await(() -> counters.rxFrames() + port.losses().ring() == sent + 1);
            }
        }
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void framesThatThePoolHasNoRoomForAreCountedAndTheNextOnesPass() throws Exception {
        var a = lab.host("a");
        var b = lab.host("b");
        var pool = new FramePool(64, 0);
        var from = PacketPort.open(a.device(), pool);
        var to = PacketPort.open(b.device(), pool);
        Lab.run("ip", "link", "set", a.device(), "mtu", "9000").ok();
        a.run("ip", "link", "set", "eth0", "mtu", "9000").ok();
        try (var wire = Wire.open(a.namespace(), "eth0");
                var right = Wire.open(b.namespace(), "eth0")) {
            for (int i = 0; i < 100; i++) {
                wire.send(frame(60));
                wire.send(frame(5000));
            }
            try (var bridge = new RunningBridge(pool, from, to)) {
                await(() -> bridge.sentBy(to) + from.losses().pool() == 200);
                assertThat(from.losses().pool()).isBetween(100L, 136L);
                var last = frame(100);
                wire.send(last);
                assertThat(right.all(100)).last().isEqualTo(hex(last));
            }
        }
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void aFrameThatTheKernelRefusesDoesNotHoldUpThoseBehindIt() throws Exception {
        var a = lab.host("a");
        var b = lab.host("b");
        for (var host : List.of(a, b)) {
            Lab.run("ip", "link", "set", host.device(), "mtu", "3000").ok();
            host.run("ip", "link", "set", "eth0", "mtu", "3000").ok();
        }
        var from = PacketPort.open(a.device(), pool);
        var to = PacketPort.open(b.device(), pool);
        Lab.run("ip", "link", "set", b.device(), "mtu", "1000").ok(); // the port has not been told yet
        try (var wire = Wire.open(a.namespace(), "eth0");
                var right = Wire.open(b.namespace(), "eth0")) {
            var expected = new ArrayList<String>();
            for (int i = 0; i < 500; i++) {
                var frame = frame(i % 7 == 3 ? 1500 : 60);
                if (frame.length == 60) {
                    expected.add(hex(frame));
                }
                wire.send(frame);
            }
            try (var bridge = new RunningBridge(pool, from, to)) {
                await(() -> bridge.sentBy(to) + bridge.dropped(to, Drop.PORT_FULL) == 500);
                assertThat(right.all(100)).containsExactlyElementsOf(expected);
                assertThat(to.refused()).isEqualTo(500 - expected.size());
                assertThat(pool.inUse()).isZero();
                bridge.between(to::refresh);
                assertThat(to.mtu()).isEqualTo(1000);
            }
        }
    }

    @Test
    void aShapedDeviceIsNeitherBypassedNorWaitedFor() throws Exception {
        var a = lab.host("a");
        var b = lab.host("b");
        Lab.run(
                        "tc",
                        "qdisc",
                        "add",
                        "dev",
                        b.device(),
                        "root",
                        "tbf",
                        "rate",
                        "8kbit",
                        "burst",
                        "2000",
                        "limit",
                        "4000")
                .ok();
        var from = PacketPort.open(a.device(), pool);
        var to = PacketPort.open(b.device(), pool);
        try (var wire = Wire.open(a.namespace(), "eth0");
                var right = Wire.open(b.namespace(), "eth0");
                var bridge = new RunningBridge(pool, from, to)) {
            for (int i = 0; i < 600; i++) {
                wire.send(frame(1000));
            }
            await(() -> bridge.sentBy(to) + bridge.dropped(to, Drop.PORT_FULL) == 600);
            assertThat(bridge.dropped(to, Drop.PORT_FULL)).isGreaterThan(550);
            assertThat(right.all(100).size()).isBetween(1, 10);
            assertThat(pool.inUse()).isZero();
            Lab.run("tc", "qdisc", "delete", "dev", b.device(), "root").ok();
            var last = frame(100);
            wire.send(last);
            assertThat(right.all(100)).last().isEqualTo(hex(last));
        }
    }

    @Test
    void aLinkThatWasDownIsServedAgainAndADeletedOneIsGone() throws Exception {
        var a = lab.host("a");
        var b = lab.host("b");
        var from = PacketPort.open(a.device(), pool);
        var to = PacketPort.open(b.device(), pool);
        try (var wire = Wire.open(a.namespace(), "eth0");
                var right = Wire.open(b.namespace(), "eth0");
                var bridge = new RunningBridge(pool, from, to)) {
            Lab.run("ip", "link", "set", b.device(), "down").ok();
            wire.send(frame(60));
            await(() -> bridge.dropped(to, Drop.PORT_FULL) + bridge.dropped(to, Drop.PORT_DOWN) == 1);
            wire.send(frame(60));
            await(() -> bridge.dropped(to, Drop.PORT_DOWN) == 1);
            assertThat(to.isUp()).isFalse();
            Lab.run("ip", "link", "set", b.device(), "up").ok();
            bridge.between(() -> assertThat(to.refresh()).isTrue());
            var frame = frame(70);
            wire.send(frame);
            assertThat(right.all(100)).containsExactly(hex(frame));
            Lab.run("ip", "link", "delete", b.device()).ok();
            bridge.between(() -> assertThat(to.refresh()).isFalse());
            assertThat(to.isUp()).isFalse();
            wire.send(frame(60));
            await(() -> bridge.dropped(to, Drop.PORT_DOWN) == 2);
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void closingLeavesNothingBehind() throws Exception {
        var a = lab.host("a");
        PacketPort.open(a.device(), pool).close();
        int before = descriptors();
        for (int i = 0; i < 20; i++) {
            var port = PacketPort.open(a.device(), pool);
            assertThat(promiscuity(a)).isEqualTo(1);
            port.close();
            port.close();
            assertThat(port.receive(null, null, 10)).isZero();
        }
        assertThat(descriptors()).isEqualTo(before);
        assertThat(promiscuity(a)).isZero();
        assertThat(Files.readString(Path.of("/proc/net/packet"))).doesNotContain(" " + index(a) + " ");
    }

    @Test
    void aProcessThatIsKilledLeavesNothingBehind() throws Exception {
        var a = lab.host("a", "10.99.82.2/24");
        Lab.run("ip", "address", "add", "10.99.82.1/24", "dev", a.device()).ok();
        var process = lab.start(Occupant.command(a.device()));
        assertThat(process.inputReader().readLine())
                .startsWith("ready: AF_PACKET, virtio-net headers, 16 MB ring; the kernel's own stack is kept off");
        assertThat(promiscuity(a)).isEqualTo(1);
        assertThat(a.run("ping", "-c", "1", "-W", "1", "10.99.82.1").exit()).isNotZero();
        process.destroyForcibly().waitFor();
        assertThat(promiscuity(a)).isZero();
        a.run("ping", "-c", "1", "-W", "5", "10.99.82.1").ok();
    }

    @Test
    void aMissingPermissionNamesTheCapability() throws Exception {
        var a = lab.host("a");
        var process = lab.start(Occupant.command(a.device(), "setpriv", "--bounding-set", "-net_raw"));
        assertThat(process.inputReader().readLine())
                .isEqualTo("opening an AF_PACKET socket for " + a.device()
                        + ": needs the capability CAP_NET_RAW (run as root or grant it)");
        var less = lab.start(Occupant.command(a.device(), "setpriv", "--bounding-set", "-net_admin,-bpf,-sys_admin"));
        assertThat(less.inputReader().readLine()).startsWith("ready: ").contains("CAP_BPF and CAP_NET_ADMIN");
    }

    private static int descriptors() throws Exception {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return (int) list.count();
        }
    }

    private static int promiscuity(Lab.Host host) {
        var words = Lab.run("ip", "-d", "link", "show", "dev", host.device()).ok();
        return Integer.parseInt(words.replaceAll("(?s).*promiscuity (\\d+).*", "$1"));
    }

    private static String index(Lab.Host host) throws Exception {
        return Files.readString(Path.of("/sys/class/net/" + host.device() + "/ifindex"))
                .strip();
    }

    @Test
    void anInterfaceThatIsNotThereIsNamedInASentence() {
        assertThatThrownBy(() -> PacketPort.open("nosuch0", pool))
                .isInstanceOf(KernelException.class)
                .hasMessage("finding the interface nosuch0: no such device");
        assertThatThrownBy(() -> PacketPort.open("a.name.that.is.too.long", pool))
                .isInstanceOf(KernelException.class)
                .hasMessage("finding the interface a.name.that.is.too.long: no such device");
    }
}
