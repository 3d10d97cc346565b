package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Namespaces;
import io.millrace.dataplane.linux.Native;
import io.millrace.dataplane.port.XdpPort.Mode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
        // ping waits no longer than twice as long as the first answer took: on a busy machine that is too short at
        // times.
        var said = "";
        for (int tries = 0; tries < 3 && !said.contains(" 0% packet loss"); tries++) {
            said = from.run(command.toArray(String[]::new)).out();
        }
        assertThat(said).contains(" 0% packet loss");
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

    @Test
    void anUnfinishedChecksumIsFinishedAndAWrongOneStaysWrong() throws IOException {
        try (var lab = Lab.open()) {
            var a = lab.host("a");
            var b = lab.host("b");
            try (var lan = between(Mode.FASTEST, a, b);
                    var left = Wire.open(a.namespace(), "eth0");
                    var right = Wire.open(b.namespace(), "eth0")) {
                var frame = HexFormat.of()
                        .parseHex(TO_B + FROM_A + "0800" + "4500002100000000401100000a0700010a070002"
                                + "10001001000d0000" + "68656c6c6f");
                int pseudo = sum(frame, 26, 34, 17 + 13);
                int right16 = ~sum(frame, 34, frame.length, pseudo) & 0xFFFF;
                var good = checksum(frame, right16);
                for (int wrong : new int[] {1, 0x1234, right16 ^ 0x8000, ~pseudo & 0xFFFF}) {
                    left.send(checksum(frame, wrong));
                    assertThat(next(right)).as("%04x", wrong).isEqualTo(checksum(frame, wrong));
                }
                for (int fine : new int[] {right16, pseudo}) {
                    left.send(checksum(frame, fine));
                    assertThat(next(right)).as("%04x", fine).isEqualTo(good);
                }
                left.send(frame);
                assertThat(next(right)).as("none at all").isEqualTo(frame);
                assertThat(lan.ports.getFirst().takesOffloads()).isFalse();
            }
        }
    }

    /** One's complement, one pair of bytes after the other. */
    private static int sum(byte[] bytes, int from, int to, int start) {
        int sum = start;
        for (int i = from; i < to; i++) {
            sum += (bytes[i] & 0xFF) << ((i - from) % 2 == 0 ? 8 : 0);
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        return sum;
    }

    private static byte[] checksum(byte[] frame, int checksum) {
        var copy = frame.clone();
        copy[40] = (byte) (checksum >> 8);
        copy[41] = (byte) checksum;
        return copy;
    }

    /** With offloads as hosts have them by default: the sender leaves its checksums, and in generic mode the cutting. */
    @ParameterizedTest
    @EnumSource(names = {"NATIVE", "GENERIC"})
    void megabytesByTcpAndDatagramsByUdpArriveWhole(Mode mode) throws Exception {
        try (var lab = Lab.open()) {
            var a = lab.host("a", "10.7.0.1/24", "fd00:7::1/64");
            var b = lab.host("b", "10.7.0.2/24", "fd00:7::2/64");
            try (var lan = between(mode, a, b)) {
                assertThat(transfer(a, b, "10.7.0.2", 60)).isEqualTo(transfer(a, b, "fd00:7::2", 60));
                assertThat(datagrams(a, b, "10.7.0.2")).isEqualTo("ok\n");
                assertThat(lan.ports.getFirst().losses().kernel()).isZero();
            }
        }
    }

    /** Sends megabytes that both ends make by themselves; returns their hash at the far end. */
    private static String transfer(Lab.Host from, Lab.Host to, String address, int megabytes) throws Exception {
        var server = to.start("python3", "-c", """
                import socket, hashlib
                s = socket.create_server(('%s', 5000), family=socket.%s)
                c, _ = s.accept()
                h = hashlib.sha256()
                n = 0
                while d := c.recv(1 << 20):
                    h.update(d); n += len(d)
                print(n, h.hexdigest())
                """.formatted(address, address.contains(":") ? "AF_INET6" : "AF_INET"));
        var sent = from.run("python3", "-c", """
                import socket, hashlib, random, time
                while True:
                    try:
                        s = socket.create_connection(('%s', 5000)); break
                    except ConnectionRefusedError: time.sleep(0.05)
                h = hashlib.sha256()
                r = random.Random(1)
                for i in range(%d):
                    d = r.randbytes(1 << 20)
                    h.update(d); s.sendall(d)
                s.close()
                print(%d << 20, h.hexdigest())
                """.formatted(address, megabytes, megabytes))
                .ok();
        var arrived = new String(server.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(arrived).isEqualTo(sent);
        return arrived;
    }

    private static String datagrams(Lab.Host from, Lab.Host to, String address) {
        to.start("python3", "-c", """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', 5001))
                while True: d, a = s.recvfrom(65536); s.sendto(d, a)
                """);
        return from.run("python3", "-c", """
                import socket, os
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('%s', 5001)); s.settimeout(0.5)
                def echo(d):
                    for i in range(20):
                        try:
                            s.send(d); return s.recv(65536)
                        except (TimeoutError, ConnectionRefusedError): pass
                for n in list(range(0, 64)) + [100, 1000, 1471, 1472, 1473, 5000, 60000]:
                    d = os.urandom(n)
                    while (e := echo(d)) is not None and len(e) != n: pass
                    assert e == d, n
                print('ok')
                """.formatted(address)).ok();
    }

    /** A VLAN device of the sender's would do the same; the kernel here has none, but a BPF program's push is alike. */
    @Test
    void aTagThatTheSendersKernelKeepsBesideTheFrameIsPutBack() throws IOException {
        try (var lab = Lab.open()) {
            var a = lab.host("a");
            var b = lab.host("b");
            int link = Namespaces.in(a.namespace(), XdpPortTest::pushTagsOnEth0);
            try (var lan = between(Mode.FASTEST, a, b);
                    var left = Wire.open(a.namespace(), "eth0");
                    var right = Wire.open(b.namespace(), "eth0")) {
                for (int length : new int[] {60, 1000, 1514}) {
                    left.send(frame(FROM_A + "88b5", length));
                    assertThat(next(right)).isEqualTo(frame(FROM_A + "8100a00588b5", length + 4));
                }
                assertThat(lan.ports.getFirst().isNative()).isTrue();
            } finally {
                new Native().close(link);
            }
        }
    }

    private static byte[] frame(String behindDestination, int length) {
        var frame = new byte[length];
        var head = HexFormat.of().parseHex(TO_B + behindDestination);
        System.arraycopy(head, 0, frame, 0, head.length);
        return frame;
    }

    /** Priority 5, identifier 5; returns the BPF link. */
    private static int pushTagsOnEth0() throws KernelException {
        var calls = new Native();
        var bpf = new Bpf(calls);
        int program = bpf.load(
                Bpf.PROG_TYPE_SCHED_CLS,
                "push",
                0,
                Bpf.instruction(0xb7, 2, 0, 0, 0x0081), // 0x8100 in network order
                Bpf.instruction(0xb7, 3, 0, 0, 0xa005),
                Bpf.instruction(0x85, 0, 0, 0, 18), // bpf_skb_vlan_push
                Bpf.instruction(0xb7, 0, 0, 0, 0),
                Bpf.instruction(0x95, 0, 0, 0, 0));
        try {
            int index = XdpDevice.named(calls, "eth0").index();
            return bpf.attach(program, index, Bpf.ATTACH_TCX_EGRESS, 0, "a program that pushes tags");
        } finally {
            calls.close(program);
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
                assertThat(lan.ports.getFirst().gathered()).isBetween(6L, 36L);
                assertThat(lan.ports.getFirst().describe()).endsWith(" long frames gathered from pieces");
            }
        }
    }

    @Test
    void aPortWhosePeerDoesNotDrainTakesNoMoreAndTheOthersGoOn() throws Exception {
        try (var lab = Lab.open()) {
            var a = lab.host("a", "10.7.0.1/24");
            var b = lab.host("b", "10.7.0.2/24");
            var tap = lab.name("t");
            var holder = lab.start("python3", "-c", """
                    import fcntl, os, struct, time
                    fd = os.open('/dev/net/tun', os.O_RDWR)
                    fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', b'%s', 0x1002)) # TUNSETIFF: IFF_TAP | IFF_NO_PI
                    fcntl.ioctl(fd, 0x400454d4, struct.pack('i', 1)) # TUNSETSNDBUF
                    print('ready', flush=True); time.sleep(60)
                    """.formatted(tap));
            assertThat(holder.inputReader().readLine()).isEqualTo("ready");
            Lab.run("ip", "link", "set", tap, "txqueuelen", "20", "up").ok();
            try (var lan = new XdpSwitch(Mode.GENERIC, 64, a.device(), b.device(), tap);
                    var wire = Wire.open(a.namespace(), "eth0")) {
                var flood = HexFormat.of().parseHex("ffffffffffff" + FROM_A + "88b5" + "00".repeat(46));
                for (int i = 0; i < 1000; i++) {
                    wire.send(flood);
                }
                ping(a, "10.7.0.2");
                assertThat(lan.ports.get(2).isUp()).isTrue();
                assertThat(lan.counters.port("p2").txFrames()).isGreaterThan(20);
                await(() -> lan.ports.get(2).held() <= 2 * 64);
            }
        }
    }

    @Test
    void severalQueuesAreServedByOnePort() throws IOException {
        try (var lab = Lab.open()) {
            var a = lab.host("a", "10.7.0.1/24");
            var b = lab.bare("b");
            var device = lab.name("q");
            Lab.run(("ip link add " + device + " numrxqueues 3 numtxqueues 3 type veth peer name eth0 numrxqueues 3"
                                    + " numtxqueues 3 netns " + b.namespace())
                            .split(" "))
                    .ok();
            Lab.run("ip", "link", "set", device, "up").ok();
            b.run("ip", "address", "add", "10.7.0.2/24", "dev", "eth0").ok();
            b.run("ip", "link", "set", "eth0", "up").ok();
            try (var lan = new XdpSwitch(Mode.NATIVE, 64, a.device(), device)) {
                assertThat(lan.ports.get(1).describe()).isEqualTo("AF_XDP, native, copy mode, 3 queues");
                assertThat(lan.ports.get(1).descriptors()).hasSize(3);
                ping(a, "10.7.0.2", "-c", "20");
                assertThat(datagrams(b, a, "10.7.0.1")).isEqualTo("ok\n");
            }
            Lab.run("ip", "link", "delete", device).ok();
        }
    }

    @Test
    void whatTheMemoryDoesNotSufficeForIsCountedAndTheRestGoesOn() throws Exception {
        try (var lab = Lab.open()) {
            var a = lab.host("a");
            Lab.run("ip", "link", "set", a.device(), "mtu", "9000").ok();
            a.run("ip", "link", "set", "eth0", "mtu", "9000").ok();
            var pool = new FramePool(40, 0);
            var sink = new Graph(pool, new Counters());
            try (var port = XdpPort.open("a", a.device(), new XdpMemory(pool), Mode.FASTEST, 64);
                    var wire = Wire.open(a.namespace(), "eth0")) {
                var link = sink.linkTo(new Egress(sink, new NowherePort("nowhere")));
                assertThat(port.receive(link, pool, 256)).isZero();
                assertThat(pool.available()).as("all is lent").isZero();
                wire.send(new byte[9000]);
                for (int i = 0; i < 50; i++) {
                    wire.send(new byte[100]);
                }
                await(() -> port.losses().pool() > 10);
                int came = port.receive(link, pool, 256);
                assertThat(came).isBetween(30, 40);
                await(() -> port.losses().equals(new Port.Losses(0, 51 - came, 0)));
                link.freeAll(pool);
                port.receive(link, pool, 256);
                wire.send(new byte[100]);
                await(() -> port.receive(link, pool, 256) == 1);
                assertThat(port.losses()).isEqualTo(new Port.Losses(0, 51 - came, 0));
                link.freeAll(pool);
            }
            assertThat(pool.inUse()).isZero();
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
