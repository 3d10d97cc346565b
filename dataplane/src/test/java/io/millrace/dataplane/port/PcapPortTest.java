package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.LiveSwitch;
import io.millrace.dataplane.lab.Wire;
import io.millrace.dataplane.linux.KernelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hosts on veth pairs whose near ends libpcap serves. */
class PcapPortTest {
    private static final String TO_B = "020000000002" + "020000000001";

    private final Lab lab = Lab.open();
    private final LiveSwitch net = new LiveSwitch(new FramePool(8192, 1024));

    @AfterEach
    void remove() {
        try (lab) {
            net.close();
        }
    }

    private PcapPort plugged(Lab.Host host) throws KernelException, FilterException {
        return PcapPort.open(host.device(), net.pool(), null);
    }

    private static void until(BooleanSupplier state, String what) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!state.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static byte[] frame(String header, int length, SplittableRandom random) {
        var frame = new byte[length];
        random.nextBytes(frame);
        var first = HexFormat.of().parseHex(header);
        System.arraycopy(first, 0, frame, 0, Math.min(length, first.length));
        return frame;
    }

    @Test
    void hostsReachEachOtherAndMoveBytesWholeWithTheirOffloadsOn() throws Exception {
        var a = lab.host("a", "10.77.0.1/24", "fd77::1/64");
        var b = lab.host("b", "10.77.0.2/24", "fd77::2/64");
        var one = plugged(a);
        var other = plugged(b);
        net.start(one, other);
        assertThat(a.run("ping", "-c", "20", "-i", "0.01", "-W", "2", "10.77.0.2")
                        .ok())
                .contains(" 0% packet loss");
        assertThat(a.run("ping", "-c", "3", "-i", "0.01", "-W", "2", "fd77::2").ok())
                .contains(" 0% packet loss");
        for (var to : List.of("10.77.0.2", "fd77::2")) {
            b.start("python3", "-c", Transfer.TCP_RECEIVER, to);
            assertThat(a.run("python3", "-c", Transfer.TCP_SENDER, to, "20").ok())
                    .isEqualTo("True\n");
        }
        b.start("python3", "-c", Transfer.UDP_ECHO, "10.77.0.2");
        assertThat(a.run("python3", "-c", Transfer.UDP_CLIENT, "10.77.0.2").ok())
                .isEqualTo("True\n");
        assertThat(net.drops(Drop.EXCEEDS_MTU)).isZero();
        assertThat(one.losses()).isEqualTo(Port.Losses.NONE);
        assertThat(other.losses()).isEqualTo(Port.Losses.NONE);
    }

    @Test
    void everyLengthArrivesByteForByteInOrderTaggedOrNotAndNoFrameComesBack() throws Exception {
        var a = lab.bare("a");
        var b = lab.bare("b");
        var random = new SplittableRandom(7);
        Lab.run("ip", "link", "add", lab.name("a"), "type", "veth", "peer", "name", "eth0", "netns", a.namespace())
                .ok();
        Lab.run("ip", "link", "add", lab.name("b"), "type", "veth", "peer", "name", "eth0", "netns", b.namespace())
                .ok();
        for (var host : List.of(a, b)) {
            Lab.run("sysctl", "-qw", "net.ipv6.conf." + host.device() + ".disable_ipv6=1");
            Lab.run("ip", "link", "set", host.device(), "up").ok();
            host.run("ip", "link", "set", "eth0", "up").ok();
        }
        var one = plugged(a);
        var other = plugged(b);
        assertThat(one.mtu()).isEqualTo(1500);
        net.start(one, other);
        try (var from = Wire.open(a.namespace(), "eth0");
                var to = Wire.open(b.namespace(), "eth0")) {
            var sent = new ArrayList<String>();
            for (int length = 14; length <= 1514; length++) {
                send(from, frame(TO_B + "88b5", length, random), sent);
                if (length >= 20) { // a shorter one Linux takes for no whole tag, and drops before anybody sees it
                    send(from, frame(TO_B + "8100a06488b5", length, random), sent);
                }
            }
            assertThat(Transfer.brief(to.all(300))).isEqualTo(Transfer.brief(sent));
            // Longer than a place of the ring that was made for 1500: from the socket's queue.
            for (var host : List.of(a, b)) {
                host.run("ip", "link", "set", "eth0", "mtu", "9000").ok();
                Lab.run("ip", "link", "set", host.device(), "mtu", "9000").ok();
            }
            until(() -> one.mtu() == 9000 && other.mtu() == 9000, "the MTU is known");
            sent.clear();
            int place = 1866;
            for (int length = 1800; length <= 9014; length += length < 1920 ? 1 : 97) {
                send(from, frame(TO_B + "88b5", length, random), sent);
                if (length + 4 <= place || length + 4 > place + 4) { // the four lengths that libpcap cuts
                    send(from, frame(TO_B + "8100a06488b5", length + 4, random), sent);
                    send(from, frame(TO_B + "88a8a0648100000788b5", length + 4, random), sent);
                }
            }
            assertThat(Transfer.brief(to.all(300))).isEqualTo(Transfer.brief(sent));
            assertThat(from.all(10)).isEmpty();
            assertThat(net.counters(other).rxFrames())
                    .as("what it sent is not received again")
                    .isZero();
        }
    }

    private static void send(Wire wire, byte[] frame, List<String> sent) {
        wire.send(frame);
        sent.add(HexFormat.of().formatHex(frame));
    }

    @Test
    void twentyThousandFramesAtFiftyThousandASecondAllArrive() throws Exception {
        var a = lab.host("a");
        var b = lab.host("b");
        var one = plugged(a);
        net.start(one, plugged(b));
        try (var from = Wire.open(a.namespace(), "eth0");
                var to = Wire.open(b.namespace(), "eth0")) {
            var frame = frame(TO_B + "88b5", 60, new SplittableRandom(1));
            long start = System.nanoTime();
            for (int i = 0; i < 20_000; i++) {
                while (System.nanoTime() < start + i * 20_000L) {
                    Thread.onSpinWait();
                }
                from.send(frame);
            }
            assertThat(to.all(500)).hasSize(20_000);
        }
        assertThat(one.losses()).isEqualTo(Port.Losses.NONE);
    }

    @Test
    void onlyWhatTheFilterTakesComesInAndSegmentsStillComeWhole() throws Exception {
        var a = lab.host("a", "10.77.0.1/24");
        var b = lab.host("b", "10.77.0.2/24");
        var port = PcapPort.open(a.device(), net.pool(), "arp or tcp");
        assertThat(port.describe()).isEqualTo("libpcap, 16 MB buffer, only arp or tcp");
        net.start(port, plugged(b));
        assertThat(a.run("ping", "-c", "1", "-W", "1", "10.77.0.2").exit()).isNotZero();
        b.start("python3", "-c", Transfer.TCP_RECEIVER, "10.77.0.2");
        assertThat(a.run("python3", "-c", Transfer.TCP_SENDER, "10.77.0.2", "10")
                        .ok())
                .isEqualTo("True\n");
        assertThatThrownBy(() -> PcapPort.open(a.device(), net.pool(), "port nonsense"))
                .isInstanceOf(FilterException.class)
                .hasMessageStartingWith("filter 'port nonsense' on " + a.device() + ": ")
                .hasMessageContaining("nonsense")
                .hasMessageNotContaining("\n");
    }

    @Test
    void aDeviceIsPromiscuousWhileThePortIsOpenAndNoLonger() throws Exception {
        var a = lab.host("a");
        var show = new String[] {"ip", "-d", "-o", "link", "show", a.device()};
        assertThat(Lab.run(show).ok()).contains("promiscuity 0");
        var port = plugged(a);
        assertThat(Lab.run(show).ok()).contains("promiscuity 1");
        port.close();
        assertThat(Lab.run(show).ok()).contains("promiscuity 0");
    }

    @Test
    void anInterfaceThatIsDownOrDeletedIsSeenAndServedAgainWhenItIsUp() throws Exception {
        var a = lab.host("a", "10.77.0.1/24");
        var b = lab.host("b", "10.77.0.2/24");
        var c = lab.host("c", "10.77.0.3/24");
        var one = plugged(a);
        var other = plugged(b);
        net.start(one, other, plugged(c));
        a.run("ping", "-c", "1", "-W", "2", "10.77.0.2").ok();
        Lab.run("ip", "link", "set", b.device(), "down").ok();
        until(() -> !other.isUp(), "the port is down");
        a.run("ping", "-c", "3", "-i", "0.01", "-W", "1", "10.77.0.3").ok();
        Lab.run("ip", "link", "set", b.device(), "up").ok();
        until(() -> a.run("ping", "-c", "1", "-W", "1", "10.77.0.2").exit() == 0, "the port is up again");
        Lab.run("ip", "link", "delete", b.device()).ok();
        until(() -> !other.isUp() && other.descriptors().length == 0, "the port is gone");
        a.run("ping", "-c", "3", "-i", "0.01", "-W", "1", "10.77.0.3").ok();
        assertThat(one.isUp()).isTrue();
    }

    @Test
    void whatCannotBeOpenedIsRefusedInASentence() throws IOException {
        var pool = new FramePool(4, 1);
        assertThatThrownBy(() -> PcapPort.open("nosuch0", pool, null))
                .isInstanceOf(KernelException.class)
                .hasMessageStartingWith("opening nosuch0 with libpcap (it lists ")
                .hasMessageContaining("lo")
                .hasMessageEndingWith(": no such device");
        assertThatThrownBy(() -> PcapPort.open("any", pool, null))
                .hasMessage(
                        "opening any with libpcap (its frames are Linux cooked-mode capture, not Ethernet): not supported");
        var a = lab.host("a");
        Lab.run("ip", "link", "set", a.device(), "down").ok();
        assertThatThrownBy(() -> PcapPort.open(a.device(), pool, null))
                .hasMessage("opening " + a.device() + " with libpcap: network is down");
    }
}
