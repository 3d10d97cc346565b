package io.millrace.vtep.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.InternetChecksum;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Drop;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network.Vtep;
import io.millrace.vtep.network.RemoteEndpoint;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Vlan;
import java.util.HexFormat;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** A frame that fits the underlay's MTU of 1500 leaves, with all around it; of one that does not its sender is told. */
class TooBigTest {
    private static final String A = "020000000001";
    private static final String FAR = "0200000000fa";
    private static final String FAR_TEXT = "02:00:00:00:00:fa";
    private static final String ALL = "ffffffffffff";

    /** UDP from 10.1.0.1 to 10.1.0.250 in an IPv4 packet of so many bytes, DF as asked. */
    private static String packet(int length, boolean mayCut) {
        var bytes = new UnsafeBuffer(new byte[length]);
        var header = "4500%04x0000%s401100000a0100010a0100fa".formatted(length, mayCut ? "0000" : "4000");
        bytes.putBytes(0, HexFormat.of().parseHex(header));
        InternetChecksum.finish(bytes, 0, 20, 10, false);
        bytes.putBytes(20, HexFormat.of().parseHex("04d20035%04x0000".formatted(length - 20)));
        return HexFormat.of().formatHex(bytes.byteArray());
    }

    private static String frame(String to, String tags, int length) {
        return to + A + tags + "0800" + packet(length, false);
    }

    /** What left by port a is one error, with these addresses and tags, and tells this MTU. */
    private static String told(TwoPeers host, String ethernet, int mtu) {
        var error = assertThat(host.at("a")).hasSize(1).actual().getFirst();
        assertThat(error).startsWith(ethernet + "0800" + "45c00240" + "000040004001");
        int icmp = ethernet.length() + 4 + 2 * 20;
        assertThat(error.substring(icmp - 16, icmp)).isEqualTo("0a0100fa" + "0a010001");
        assertThat(error.substring(icmp, icmp + 4)).isEqualTo("0304");
        assertThat(Integer.parseInt(error.substring(icmp + 8, icmp + 16), 16)).isEqualTo(mtu);
        return error;
    }

    private static TwoPeers knowing(Vtep vtep) {
        var host = new TwoPeers(vtep);
        host.tunnel().enter(new RemoteEndpoint(MacAddress.parse(FAR_TEXT), List.of(), IpAddress.parse("10.9.0.3")));
        return host;
    }

    private static Vtep keeping() {
        return Vtep.with().innerVlan(Vtep.InnerVlan.KEEP).build();
    }

    @Test
    void whatFitsExactlyLeavesAndOneByteMoreIsRefusedAndItsSenderTold() {
        try (var host = knowing(Vtep.DEFAULT)) {
            host.send("a", frame(FAR, "", 1450));
            assertThat(host.tunnelled()).containsExactly(frame(FAR, "", 1450));
            assertThat(host.at("a")).isEmpty();
            host.send("a", frame(FAR, "", 1451));
            assertThat(host.tunnelled()).isEmpty();
            told(host, A + FAR, 1450);
            assertThat(host.at("b")).isEmpty();
            assertThat(host.drops(Drop.EXCEEDS_TUNNEL)).isOne();
            assertThat(host.tunnel().sendersTold()).isOne();
        }
    }

    @Test
    void aSenderThatAllowsFragmentsIsToldToo() {
        try (var host = knowing(Vtep.DEFAULT)) {
            host.send("a", FAR + A + "0800" + packet(1500, true));
            told(host, A + FAR, 1450);
        }
    }

    @Test
    void ofAFloodedFrameTheSenderIsToldOnceAndNothingIsLearnedFromTheError() {
        try (var host = new TwoPeers(Vtep.DEFAULT)) {
            host.send("a", frame(FAR, "", 1500));
            assertThat(host.at("a")).hasSize(1);
            assertThat(host.at("b")).containsExactly(frame(FAR, "", 1500));
            assertThat(host.drops(Drop.EXCEEDS_TUNNEL)).isEqualTo(2);
            assertThat(host.tunnel().sendersTold()).isOne();
            assertThat(host.tunnel().sendersNotTold()).isOne();
            assertThat(host.whereabouts(FAR_TEXT)).isNull();
            host.send("a", frame(FAR, "", 100));
            assertThat(host.tunnelled()).hasSize(2);
        }
    }

    @Test
    void anErrorInTheNameOfALocalStationNeitherMovesItNorIsHeldBack() {
        try (var host = new TwoPeers(Vtep.DEFAULT)) {
            host.send("b", ALL + FAR + "88b5" + "00".repeat(46));
            host.tunnelled();
            host.at("a");
            host.tunnel()
                    .enter(new RemoteEndpoint(
                            MacAddress.parse("02:00:00:00:00:fb"), List.of(), IpAddress.parse("10.9.0.2")));
            host.send("a", frame("0200000000fb", "", 1500));
            assertThat(host.at("a")).hasSize(1);
            assertThat(host.whereabouts(FAR_TEXT)).isEqualTo("b");
            assertThat(host.drops(Drop.STATION_IS_LOCAL)).isZero();
        }
    }

    @Test
    void nobodyIsToldOfABroadcast() {
        try (var host = knowing(Vtep.DEFAULT)) {
            host.send("a", frame(ALL, "", 1500));
            assertThat(host.at("a")).isEmpty();
            assertThat(host.tunnel().sendersNotTold()).isEqualTo(2);
        }
    }

    @Test
    void whereTagsEndAtTheTunnelTheyTakeNoRoomThereAndTheErrorHasThem() {
        var tag = "81002064";
        try (var host = knowing(Vtep.DEFAULT)) {
            host.send("a", frame(FAR, tag + tag, 1450));
            assertThat(host.tunnelled()).containsExactly(frame(FAR, "", 1450));
            host.send("a", frame(FAR, tag, 1451));
            assertThat(told(host, A + FAR + tag, 1450))
                    .endsWith(packet(1451, false).substring(0, 2 * 548));
            host.send("a", frame(FAR, tag + tag, 1451));
            told(host, A + FAR + tag + tag, 1450);
        }
    }

    @Test
    void whereTagsPassThroughTheTunnelThatMuchLessFits() {
        var tag = "81002064";
        try (var host = knowing(keeping())) {
            host.send("a", frame(FAR, tag, 1446));
            assertThat(host.tunnelled()).containsExactly(frame(FAR, tag, 1446));
            host.send("a", frame(FAR, tag, 1447));
            told(host, A + FAR + tag, 1446);
        }
    }

    @Test
    void ofALongSegmentWhosePiecesDoNotFitTheSenderIsToldWithItsTag() {
        try (var host = knowing(Vtep.DEFAULT)) {
            var bytes = HexFormat.of().parseHex(frame(FAR, "81000064", 20_000));
            long frame = host.pool.allocate(bytes.length);
            host.pool.buffer().putBytes(Frame.head(frame), bytes);
            host.send("a", host.pool.offload(frame, Offload.of(Offload.UDP, 1472, 38, 6)));
            assertThat(host.tunnelled()).isEmpty();
            told(host, A + FAR + "81000064", 1450);
        }
    }

    @Test
    void aStormOfThemIsAnsweredWithFewErrors() {
        try (var host = knowing(Vtep.DEFAULT)) {
            int told = 0;
            for (int i = 0; i < 100; i++) {
                host.send("a", frame(FAR, "", 1500));
                told += host.at("a").size();
            }
            assertThat(told).isEqualTo(50);
            assertThat(host.tunnel().sendersNotTold()).isEqualTo(50);
            assertThat(host.drops(Drop.EXCEEDS_TUNNEL)).isEqualTo(100);
        }
    }

    @Test
    void onASwitchWithVlansAnErrorFindsItsWayBack() {
        var port = new SwitchPort(new Vlan.Access(10), null, true, true, null, null);
        try (var host = new TwoPeers(keeping(), port)) {
            host.send("a", frame(FAR, "", 1447));
            told(host, A + FAR, 1446);
            host.send("a", frame(FAR, "", 1446));
            assertThat(host.tunnelled()).hasSize(2).allMatch(frame -> frame.startsWith(FAR + A + "8100000a0800"));
        }
    }
}
