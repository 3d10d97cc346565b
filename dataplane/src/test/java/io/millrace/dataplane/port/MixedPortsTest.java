package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.LiveSwitch;
import io.millrace.dataplane.linux.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * E17 and CK-6 on real interfaces: hosts with the kernel's stack and its default offloads, each behind another kind of
 * port of one switch. Nobody may have to turn an offload off.
 *
 * <pre>
 *  packet ── veth ── AF_PACKET with virtio-net headers ┐
 *  pcap ──── veth ── libpcap                           ┤
 *  xdp ───── veth ── AF_XDP, native                    ┤ switch
 *  tap ───── TAP with virtio-net headers               ┘
 * </pre>
 */
class MixedPortsTest {
    private static final int MEGABYTES = 50;
    private static final int STEP = 97;

    @TempDir
    Path scripts;

    private final Lab lab = Lab.open();
    /** A segment of 9,000 bytes takes a large chunk, as one of 64 KB does: there must be enough for a turn of both. */
    private final LiveSwitch net = new LiveSwitch(new FramePool(16_384, 640));

    private final List<Lab.Host> hosts = new ArrayList<>();
    private final List<Port> ports = new ArrayList<>();

    @AfterEach
    void remove() {
        try (lab) {
            net.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1500, 9000})
    void hostsBehindEveryKindOfPortReachEachOtherWithoutALostOrChangedByte(int mtu)
            throws IOException, FilterException {
        assumeTrue(Files.exists(Path.of("/dev/net/tun")), "not run: needs /dev/net/tun");
        var packet = cabled("packet", mtu);
        var pcap = cabled("pcap", mtu);
        var xdp = cabled("xdp", mtu);
        ports.add(PacketPort.open(packet.device(), net.pool()));
        ports.add(PcapPort.open(pcap.device(), net.pool(), null));
        ports.add(XdpPort.open(xdp.device(), xdp.device(), new XdpMemory(net.pool()), XdpPort.Mode.NATIVE));
        ports.add(tap(mtu));
        net.start(ports.toArray(Port[]::new));
        awaitMtu(mtu);
        for (int i = 0; i < hosts.size(); i++) {
            var host = hosts.get(i);
            host.run("ip", "address", "add", "10.7.0." + (i + 1) + "/24", "dev", "eth0")
                    .ok();
            host.run("ip", "address", "add", "fd07::" + (i + 1) + "/64", "dev", "eth0", "nodad")
                    .ok();
        }
        pingEachOther(mtu);
        assertThat(traffic(mtu)).contains("udp4", "udp6", "multicast", "tagged", "tcp");
        var came = net.counters(ports.getFirst());
        assertThat(came.rxBytes() / came.rxFrames())
                .as("bytes a frame: segments are carried whole")
                .isGreaterThan(1514);
        for (var why : Drop.values()) {
            assertThat(net.drops(why)).as(why.sentence()).isZero();
        }
    }

    private Lab.Host cabled(String name, int mtu) {
        var host = lab.host(name);
        Lab.run("ip", "link", "set", host.device(), "mtu", "" + mtu).ok();
        return ready(host, mtu);
    }

    /** IPv6 on, without the questions that a host asks when it comes up. */
    private Lab.Host ready(Lab.Host host, int mtu) {
        host.run("ip", "link", "set", "eth0", "mtu", "" + mtu).ok();
        host.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0", "net.ipv6.conf.eth0.disable_ipv6=0")
                .ok();
        hosts.add(host);
        return host;
    }

    private Port tap(int mtu) throws KernelException {
        var host = lab.bare("tap");
        var device = lab.name("t");
        var port = TapPort.open(device, net.pool(), 1);
        Lab.run("ip", "link", "set", device, "netns", host.namespace(), "name", "eth0")
                .ok();
        host.run("ip", "link", "set", "eth0", "up").ok();
        ready(host, mtu);
        return port;
    }

    /** A port that cannot hear of a change looks from time to time. */
    private void awaitMtu(int mtu) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!ports.stream().allMatch(port -> port.mtu() == mtu)) {
            assertThat(System.nanoTime()).as("ports that know their MTU").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    /** ARP, neighbour discovery, fragments, and the longest packet that is none. */
    private void pingEachOther(int mtu) {
        for (int i = 0; i < hosts.size(); i++) {
            for (int k = 1; k <= hosts.size(); k++) {
                ping(i, "-4", "-M", "do", "-s", "" + (mtu - 28), "10.7.0." + k);
                ping(i, "-4", "-s", "20000", "10.7.0." + k);
                ping(i, "-6", "-s", "" + (mtu - 48), "fd07::" + k);
                ping(i, "-6", "-s", "20000", "fd07::" + k);
            }
        }
    }

    private void ping(int from, String... words) {
        var command = Stream.concat(Stream.of("ping", "-c", "1", "-W", "5"), Stream.of(words));
        var result = hosts.get(from).run(command.toArray(String[]::new));
        assertThat(result.out())
                .as("from %s, %s", hosts.get(from).namespace(), net)
                .contains(" 0% packet loss");
    }

    private String traffic(int mtu) throws IOException {
        var script = scripts.resolve("mixed.py");
        try (var text = MixedPortsTest.class.getResourceAsStream("mixed.py")) {
            Files.copy(text, script);
        }
        var command = new ArrayList<>(List.of("python3", script.toString(), "" + mtu, "" + MEGABYTES, "" + STEP));
        hosts.forEach(host -> command.add(host.namespace()));
        return Lab.run(command.toArray(String[]::new)).ok();
    }
}
