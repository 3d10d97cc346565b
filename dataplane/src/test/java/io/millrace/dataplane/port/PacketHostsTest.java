package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.linux.KernelSilence;
import io.millrace.dataplane.linux.Native;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hosts with the kernel's own stack and its default offloads talk through two packet ports; the kernel there is silent. */
class PacketHostsTest {
    /** Sends or receives bytes that a seed decides, and prints their digest. */
    private static final String SEND = """
            import socket, hashlib, random, sys
            s = socket.create_connection((sys.argv[1], 7000)); h = hashlib.sha256(); r = random.Random(5)
            block = r.randbytes(1 << 20)
            for i in range(int(sys.argv[2])):
                b = block[i:] + block[:i]; h.update(b); s.sendall(b)
            s.close(); print(h.hexdigest())
            """;

    private static final String RECEIVE = """
            import socket, hashlib, sys
            l = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET); l.bind((sys.argv[1], 7000)); l.listen()
            print('ready', flush=True)
            s = l.accept()[0]; h = hashlib.sha256()
            while b := s.recv(1 << 20): h.update(b)
            print(h.hexdigest())
            """;

    private static final String ECHO = """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 7001))
            print('ready', flush=True)
            while True:
                b, a = s.recvfrom(65536); s.sendto(b, a)
            """;

    private static final String ASK = """
            import socket, random, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); r = random.Random(6); n = 0
            for length in [0, 1, 2, 17, 18, 19, 1471, 1472, 1473, 2000, 9000, 60000, 65507] + list(range(3, 1400, 31)):
                b = r.randbytes(length); s.sendto(b, (sys.argv[1], 7001)); assert s.recvfrom(65536)[0] == b, length; n += 1
            print(n)
            """;

    /** A tagged UDP frame whose checksum is left to the network card: struct virtio_net_hdr, then the bytes. */
    private static final String SEND_HEADER = """
            import socket
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); s.setsockopt(263, 15, 1); s.bind(('eth0', 0))
            ip = '4500002e00000000401166bb0a0100010a010002'
            s.send(bytes.fromhex('01000000000026000600' + 'ffffffffffff' + '02000000000a' + '8100e00a' + '0800'
                + ip + '04d2162e001a1477') + bytes(18))
            """;

    private static final String RECEIVE_HEADER = """
            import socket, struct
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3); s.setsockopt(263, 15, 1); s.setsockopt(263, 8, 1)
            s.bind(('eth0', 3)); s.settimeout(10)
            print('ready', flush=True)
            while True:
                b, c, _, _ = s.recvmsg(2000, 100)
                if b[16:22] == bytes.fromhex('02000000000a'): break
            h = b[:10].hex(); aux = c[0][2]
            print(h[0:2], h[2:4], h[4:8], h[8:12], h[12:16], h[16:20], 'tag %04x %04x' % struct.unpack('HH', aux[18:20] + aux[16:18]))
            """;

    @TempDir
    Path scripts;

    private final Lab lab = Lab.open();
    private final FramePool pool = new FramePool(8192, 256);
    private final Native calls = new Native();
    private Lab.Host a;
    private Lab.Host b;
    private PacketPort near;
    private PacketPort far;
    private RunningBridge bridge;
    private KernelSilence here;
    private KernelSilence there;

    @BeforeEach
    void plug() throws Exception {
        a = lab.host("a", "10.1.0.1/24", "fd00::1/64");
        b = lab.host("b", "10.1.0.2/24", "fd00::2/64");
        near = PacketPort.open(a.device(), pool);
        far = PacketPort.open(b.device(), pool);
        here = KernelSilence.on(calls, near.index(), a.device());
        there = KernelSilence.on(calls, far.index(), b.device());
        bridge = new RunningBridge(pool, near, far);
    }

    @AfterEach
    void unplug() {
        bridge.close();
        here.close();
        there.close();
        lab.close();
        assertThat(pool.inUse()).isZero();
        assertThat(bridge.counters.account(0).conserved()).isTrue();
    }

    private String script(String name, String text) throws Exception {
        return Files.writeString(scripts.resolve(name), text).toString();
    }

    private static void awaitReady(Process process) throws Exception {
        var line = new byte[6];
        assertThat(process.getInputStream().readNBytes(line, 0, 6)).isEqualTo(6);
        assertThat(new String(line)).isEqualTo("ready\n");
    }

    /** Sends megabytes over TCP and compares the digests. */
    private void sends(Lab.Host from, Lab.Host to, String address, int megabytes) throws Exception {
        var receiver = to.start("python3", script("receive.py", RECEIVE), address);
        awaitReady(receiver);
        var sent = from.run("python3", script("send.py", SEND), address, "" + megabytes)
                .ok()
                .strip();
        assertThat(new String(receiver.getInputStream().readAllBytes()).strip()).isEqualTo(sent);
    }

    private long longest() {
        var counters = bridge.counters.port(near.name());
        return counters.rxBytes() / counters.rxFrames();
    }

    @Test
    void theyResolveAndPingEachOtherByBothFamilies() {
        a.run("ping", "-c", "20", "-i", "0.01", "-W", "5", "10.1.0.2").ok();
        b.run("ping", "-c", "5", "-i", "0.01", "-W", "5", "-s", "4000", "10.1.0.1")
                .ok();
        a.run("ping", "-6", "-c", "20", "-i", "0.01", "-W", "5", "fd00::2").ok();
        assertThat(a.run("ip", "neighbour", "show", "to", "10.1.0.2").ok())
                .contains(b.run("cat", "/sys/class/net/eth0/address").ok().strip());
    }

    @Test
    void datagramsOfAllLengthsComeBackUnchanged() throws Exception {
        awaitReady(b.start("python3", script("echo.py", ECHO), "10.1.0.2"));
        assertThat(a.run("python3", script("ask.py", ASK), "10.1.0.2").ok().strip())
                .isEqualTo("59");
    }

    @Test
    void tcpCarriesLongSegmentsWhole() throws Exception {
        sends(a, b, "10.1.0.2", 150);
        assertThat(longest()).as("bytes of a frame on average").isGreaterThan(5000);
        sends(b, a, "fd00::1", 50);
    }

    @Test
    void tcpArrivesByAPortWhoseDeviceHasNoOffloads() throws Exception {
        Lab.run("ethtool", "-K", b.device(), "tx", "off", "tso", "off", "gso", "off")
                .ok();
        sends(a, b, "10.1.0.2", 50);
        assertThat(longest()).isGreaterThan(5000);
        a.run("ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off").ok();
        sends(a, b, "fd00::2", 10);
    }

    @Test
    void jumboFramesCross() throws Exception {
        for (var host : new Lab.Host[] {a, b}) {
            Lab.run("ip", "link", "set", host.device(), "mtu", "9000").ok();
            host.run("ip", "link", "set", "eth0", "mtu", "9000").ok();
        }
        bridge.between(() -> {
            near.refresh();
            far.refresh();
        });
        a.run("ping", "-c", "5", "-i", "0.01", "-W", "5", "-M", "do", "-s", "8972", "10.1.0.2")
                .ok();
        sends(a, b, "10.1.0.2", 50);
        a.run("ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off").ok();
        sends(a, b, "10.1.0.2", 20);
    }

    @Test
    void tcpInsideATunnelOfTheHostsArrives() throws Exception {
        tunnel("vxlan", "10.1.0.1", "10.1.0.2", "dstport", "4789");
        sends(a, b, "10.9.0.2", 20);
        sends(b, a, "10.9.0.1", 5);
    }

    @Test
    void tcpInsideATunnelWithChecksumsOverTheOtherFamilyArrives() throws Exception {
        tunnel("vxlan", "fd00::1", "fd00::2", "dstport", "4789", "udpcsum");
        sends(a, b, "10.9.0.2", 20);
    }

    @Test
    void tcpInsideAGeneveTunnelArrives() throws Exception {
        tunnel("geneve", "10.1.0.1", "10.1.0.2", "udpcsum");
        sends(a, b, "10.9.0.2", 20);
    }

    private void tunnel(String type, String addressOfA, String addressOfB, String... options) {
        for (var host : new Lab.Host[] {a, b}) {
            var command = new ArrayList<>(List.of(
                    "ip",
                    "link",
                    "add",
                    "tunnel",
                    "type",
                    type,
                    "id",
                    "5",
                    "remote",
                    host == a ? addressOfB : addressOfA));
            command.addAll(List.of(options));
            var made = host.run(command.toArray(String[]::new));
            assumeTrue(
                    made.exit() == 0,
                    "not run: this kernel makes no such tunnel: " + made.err().strip());
            host.run("ip", "address", "add", host == a ? "10.9.0.1/24" : "10.9.0.2/24", "dev", "tunnel")
                    .ok();
            host.run("ip", "link", "set", "tunnel", "up").ok();
        }
    }

    @Test
    void anUnfinishedChecksumBehindATagIsStillFoundByTheReceiver() throws Exception {
        var receiver = b.start("python3", script("far.py", RECEIVE_HEADER));
        awaitReady(receiver);
        a.run("python3", script("near.py", SEND_HEADER)).ok();
        // flags 1 (unfinished), no segments; sum from 34, checksum 6 bytes on, in a frame whose tag was taken out again
        assertThat(new String(receiver.getInputStream().readAllBytes()).strip())
                .isEqualTo("01 00 0000 0000 2200 0600 tag 8100 e00a");
    }
}
