package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.SECOND;
import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static io.millrace.vtep.vxlan.OverlayLab.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.RemoteEndpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who takes part in an overlay, who gets what, and when somebody goes. */
class PeersTest {
    private static final String ALL = "ffffffffffff";
    private static final String A = "02000000000a";
    private static final String B = "02000000000b";
    private static final String C = "02000000000c";
    private static final String SELF = "192.0.2.11";
    private static final String P1 = "192.0.2.1";
    private static final String P2 = "192.0.2.2";
    private static final String P3 = "192.0.2.3";
    private static final String GROUP = "239.1.1.1";
    private static final Map<String, String> NEIGHBORS = Map.of(
            P1, "02:bb:00:00:00:01",
            P2, "02:bb:00:00:00:02",
            P3, "02:bb:00:00:00:03",
            GROUP, "01:00:5e:01:01:01");

    private static TestOverlay web() {
        return new TestOverlay("web", 42).ports("a");
    }

    private static OverlayLab lab(TestOverlay... overlays) {
        return new OverlayLab(SELF + "/24", NEIGHBORS, overlays);
    }

    private static byte[] frame(String to, String from) {
        return HexFormat.of().parseHex(to + from + "88b5" + "00".repeat(46));
    }

    private static byte[] from(String host, int vni, byte[] frame) {
        return new Outer(host, SELF, vni)
                .macs(OverlayLab.MAC, "02:bb:00:00:00:01")
                .around(frame);
    }

    /** Where packets went, in order: the outer destination's last number. */
    private static List<Integer> wentTo(OverlayLab lab) {
        return lab.take(UNDERLAY).stream().map(packet -> packet[33] & 0xFF).toList();
    }

    private static Tunnel add(OverlayLab lab, String peer) {
        lab.tunnel(42).name(IpAddress.parse(peer).mapped());
        return lab.tunnel(42);
    }

    private static void remove(OverlayLab lab, String peer) {
        lab.tunnel(42).remove(IpAddress.parse(peer).mapped());
    }

    private static List<String> peers(OverlayLab lab) {
        return lab.tunnel(42).peers().stream()
                .map(peer -> peer.address().text() + (peer.isNamed() ? "" : " unnamed"))
                .toList();
    }

    // ------------------------------------------------------------------ who gets what

    @Test
    void whatIsFloodedGoesToEveryPeerOnceAndAnswersGoToOne() {
        try (var lab = lab(web().peers(P1, P2, P3))) {
            lab.given("a", frame(ALL, A));
            assertThat(wentTo(lab)).containsExactlyInAnyOrder(1, 2, 3);
            lab.given(UNDERLAY, from(P2, 42, frame(A, B))).expect(frame(A, B), "a");
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).containsExactly(2);
        }
    }

    @Test
    void whatCameFromOnePeerGoesToNoOther() {
        try (var lab = lab(web().peers(P1, P2, P3))) {
            lab.given(UNDERLAY, from(P1, 42, frame(ALL, B))).expect(frame(ALL, B), "a");
            lab.given(UNDERLAY, from(P2, 42, frame(B, C))).nothingElse();
            assertThat(lab.drops(Drop.SPLIT_HORIZON)).isOne();
        }
    }

    @Test
    void whatIsFloodedGoesToTheGroupInOneCopy() {
        try (var lab = lab(web().group(GROUP).peers(P1, P2))) {
            byte[] packet = lab.given("a", frame(ALL, A)).takeOne(UNDERLAY);
            assertThat(hex(packet)).startsWith("01005e010101");
            assertThat(hex(packet).substring(60, 68)).isEqualTo("ef010101");
            byte[] toTheGroup = new Outer(P2, GROUP, 42)
                    .macs("01005e010101", "02bb00000002")
                    .around(frame(ALL, B));
            lab.given(UNDERLAY, toTheGroup).expect(frame(ALL, B), "a");
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).as("he is where the packet came from").containsExactly(2);
            assertThat(lab.stations("web")).containsExactly("02:00:00:00:00:0a a", "02:00:00:00:00:0b " + P2);
        }
    }

    @Test
    void packetsToAGroupThatNoOverlayHasAreNotOurs() {
        try (var lab = lab(web().peers(P1))) {
            lab.given(
                    UNDERLAY,
                    new Outer(P1, GROUP, 42)
                            .macs("01005e010101", "02bb00000001")
                            .around(frame(ALL, B)));
            assertThat(lab.drops(Drop.NOT_OURS)).isOne();
        }
    }

    @Test
    void anEndpointThatIsKnownIsFoundWithoutLearning() {
        try (var lab = lab(web().deaf().endpoint("02:00:00:00:00:0b", P3).peers(P1))) {
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).containsExactly(3);
            lab.given(UNDERLAY, from(P1, 42, frame(A, C))).expect(frame(A, C), "a");
            lab.given("a", frame(C, A));
            assertThat(wentTo(lab)).as("C was heard but is not learned").containsExactlyInAnyOrder(1, 3);
            lab.tunnel(42).forget(endpoint("02:00:00:00:00:0b", P3));
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).containsExactlyInAnyOrder(1, 3);
        }
    }

    @Test
    void aMacMovesFromHostToHostAtOnceAndHereAtOnceButNotAwayFromHere() {
        try (var lab = lab(web().ageing(java.time.Duration.ofSeconds(10)).peers(P1, P2))) {
            lab.given(UNDERLAY, from(P1, 42, frame(ALL, B))).clear();
            lab.given(UNDERLAY, from(P2, 42, frame(ALL, B))).clear();
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).containsExactly(2);
            lab.given("a", frame(ALL, B)).clear();
            assertThat(lab.stations("web")).contains("02:00:00:00:00:0b a");
            lab.given(UNDERLAY, from(P1, 42, frame(A, B))).nothingElse();
            assertThat(lab.drops(Drop.STATION_IS_LOCAL)).isOne();
            lab.later(12 * SECOND).given(UNDERLAY, from(P1, 42, frame(ALL, B))).expect(frame(ALL, B), "a");
            assertThat(lab.stations("web")).containsExactly("02:00:00:00:00:0b " + P1);
        }
    }

    @Test
    void aPeerCountsWhatWentThereAndCameFromThere() {
        try (var lab = lab(web().peers(P1, P2))) {
            lab.given("a", frame(ALL, A)).clear();
            lab.given(UNDERLAY, from(P1, 42, frame(A, B))).clear();
            lab.given("a", frame(B, A)).clear();
            var one = lab.tunnel(42).name(IpAddress.parse(P1).mapped());
            assertThat(List.of(one.txFrames(), one.txBytes(), one.rxFrames(), one.rxBytes()))
                    .containsExactly(2L, 120L, 1L, 60L);
            var two = lab.tunnel(42).name(IpAddress.parse(P2).mapped());
            assertThat(List.of(two.txFrames(), two.txBytes(), two.rxFrames(), two.rxBytes()))
                    .containsExactly(1L, 60L, 0L, 0L);
        }
    }

    // ------------------------------------------------------------------ who comes and goes

    @Test
    void aPeerThatIsTakenAwayIsForgottenWithAllThatWasThere() {
        try (var lab = lab(web().peers(P1, P2))) {
            lab.given(UNDERLAY, from(P1, 42, frame(ALL, B))).clear();
            lab.given(UNDERLAY, from(P2, 42, frame(ALL, C))).clear();
            remove(lab, P1);
            assertThat(lab.stations("web")).containsExactly("02:00:00:00:00:0c " + P2);
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).containsExactly(2);
            lab.given(UNDERLAY, from(P1, 42, frame(ALL, B))).nothingElse();
            assertThat(lab.drops(Drop.VXLAN_FOREIGN_VTEP)).isOne();
        }
    }

    @Test
    void whoGetsTheNumberOfAnotherDoesNotGetHisStations() {
        try (var lab = lab(web().peers(P1, P2))) {
            lab.given(UNDERLAY, from(P1, 42, frame(ALL, B))).clear();
            lab.tunnel(42).enter(endpoint("02:00:00:00:00:0d", P1));
            int number = lab.tunnel(42).name(IpAddress.parse(P1).mapped()).number();
            remove(lab, P1);
            assertThat(add(lab, P3).name(IpAddress.parse(P3).mapped()).number()).isEqualTo(number);
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).as("B was not heard at the new one").containsExactlyInAnyOrder(2, 3);
            lab.given("a", frame("02000000000d", A));
            assertThat(wentTo(lab)).as("what was entered went with its host").containsExactlyInAnyOrder(2, 3);
            assertThat(lab.stations("web")).containsExactly("02:00:00:00:00:0a a");
        }
    }

    @Test
    void aPeerComesAndGoesAThousandTimesAndIsFoundEachTime() {
        try (var lab = lab(web().peers(P1))) {
            for (int i = 0; i < 1000; i++) {
                add(lab, P2);
                lab.given(UNDERLAY, from(P2, 42, frame(A, B))).expect(frame(A, B), "a");
                lab.given("a", frame(B, A));
                assertThat(wentTo(lab)).containsExactly(2);
                remove(lab, P2);
            }
            assertThat(lab.overlay("web").ports())
                    .as("the number is given out again")
                    .endsWith(P1, P2);
        }
    }

    @Test
    void anOpenNetworkAnswersStrangersButSendsThemNoCopies() {
        try (var lab = lab(web().open().peers(P1))) {
            lab.given(UNDERLAY, from(P2, 42, frame(A, B))).expect(frame(A, B), "a");
            assertThat(peers(lab)).containsExactly(P1, P2 + " unnamed");
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).containsExactly(2);
            lab.given("a", frame(ALL, A));
            lab.given("a", frame(C, A));
            assertThat(wentTo(lab)).containsExactly(1, 1);
        }
    }

    @Test
    void aStrangerWhoIsNamedLaterGetsCopiesAndStays() {
        try (var lab = lab(web().open())) {
            lab.given(UNDERLAY, from(P2, 42, frame(ALL, B))).clear();
            add(lab, P2);
            assertThat(peers(lab)).containsExactly(P2);
            lab.given("a", frame(ALL, A));
            assertThat(wentTo(lab)).containsExactly(2);
            lab.later(1000 * SECOND).settle();
            assertThat(peers(lab)).containsExactly(P2);
        }
    }

    @Test
    void aStrangerWhoIsSilentForLongGoesAndWhoIsNamedStays() {
        try (var lab = lab(web().open().peers(P1))) {
            lab.given(UNDERLAY, from(P2, 42, frame(ALL, B))).clear();
            lab.given(UNDERLAY, from(P3, 42, frame(ALL, C))).clear();
            lab.later(200 * SECOND).given(UNDERLAY, from(P3, 42, frame(ALL, C))).clear();
            lab.later(100 * SECOND).settle();
            assertThat(peers(lab)).containsExactly(P1, P2 + " unnamed", P3 + " unnamed");
            lab.later(SECOND).settle();
            assertThat(peers(lab)).containsExactly(P1, P3 + " unnamed");
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).as("nobody is where he was").containsExactly(1);
            lab.later(1000 * SECOND).settle();
            assertThat(peers(lab)).containsExactly(P1);
        }
    }

    @Test
    void inTheOneTurnOfManyStrangersEachGetsItsOwnNumber() {
        try (var lab = lab(web().open())) {
            var frames = new ArrayList<byte[]>();
            for (int i = 0; i < 200; i++) {
                frames.add(frame(A, "0200000001%02x".formatted(i)));
                lab.put(UNDERLAY, from("198.51.100." + (i + 1), 42, frames.get(i)));
            }
            assertThat(lab.settle().take("a"))
                    .map(OverlayLab::hex)
                    .isEqualTo(frames.stream().map(OverlayLab::hex).toList());
            for (int i = 0; i < 200; i++) {
                lab.given("a", frame("0200000001%02x".formatted(i), A));
            }
            assertThat(lab.tunnel(42).peers())
                    .hasSize(200)
                    .allMatch(peer -> peer.txFrames() == 1 && peer.rxFrames() == 1);
            lab.clear();
        }
    }

    @Test
    void whenStrangersAreAsManyAsMayBeOneGoesBeforeTheNextIsLetIn() {
        try (var lab = lab(web().open())) {
            for (int i = 0; i < Tunnel.MOST_UNNAMED; i++) {
                lab.put(UNDERLAY, from("10.9." + i / 256 + "." + i % 256, 42, frame(A, B)));
                if (i % 512 == 511) {
                    lab.settle().clear();
                }
            }
            lab.given(UNDERLAY, from(P3, 42, frame(A, B))).nothingElse();
            assertThat(lab.drops(Drop.VXLAN_TOO_MANY_PEERS)).isOne();
            remove(lab, "10.9.7.7");
            lab.given(UNDERLAY, from(P3, 42, frame(A, B))).expect(frame(A, B), "a");
            lab.later(302 * SECOND).settle();
            assertThat(peers(lab)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "0.1.2.3"})
    void nobodyIsAnAddressThatNoHostCanHave(String source) {
        try (var lab = lab(web().open())) {
            lab.given(UNDERLAY, from(source, 42, frame(ALL, B))).nothingElse();
            assertThat(lab.drops(Drop.VXLAN_FOREIGN_VTEP)).isOne();
            assertThat(lab.stations("web")).isEmpty();
        }
    }

    // ------------------------------------------------------------------ many overlays

    @Test
    void theFirstAndTheLastIdentifierAreAsGoodAsOthers() {
        try (var lab = lab(
                new TestOverlay("first", 0).ports("f").peers(P1),
                new TestOverlay("last", 16_777_215).ports("l").peers(P1))) {
            byte[] first = lab.given("f", frame(ALL, A)).takeOne(UNDERLAY);
            assertThat(hex(first).substring(84, 100)).isEqualTo("0800000000000000");
            byte[] last = lab.given("l", frame(ALL, A)).takeOne(UNDERLAY);
            assertThat(hex(last).substring(84, 100)).isEqualTo("08000000ffffff00");
            lab.given(UNDERLAY, from(P1, 0, frame(A, B))).expect(frame(A, B), "f");
            lab.given(UNDERLAY, from(P1, 16_777_215, frame(A, B))).expect(frame(A, B), "l");
        }
    }

    @Test
    void twoOverlaysWithTheSameMacsNeverMix() {
        try (var lab =
                lab(web().peers(P1, P2), new TestOverlay("db", 43).ports("d").peers(P1, P2))) {
            lab.given(UNDERLAY, from(P1, 42, frame(ALL, B))).expect(frame(ALL, B), "a");
            lab.given(UNDERLAY, from(P2, 43, frame(ALL, B))).expect(frame(ALL, B), "d");
            lab.given(UNDERLAY, from(P2, 42, frame(ALL, C))).clear();
            lab.given("a", frame(B, A));
            assertThat(wentTo(lab)).containsExactly(1);
            lab.given("d", frame(B, A));
            assertThat(wentTo(lab)).containsExactly(2);
            lab.given("d", frame(C, A));
            assertThat(wentTo(lab)).as("C is unknown there").containsExactlyInAnyOrder(1, 2);
            remove(lab, P1);
            lab.given("d", frame(ALL, A));
            assertThat(wentTo(lab)).as("he left one overlay only").containsExactlyInAnyOrder(1, 2);
        }
    }

    @Test
    void onePeerIsOfAHundredOverlaysAndOneTurnServesThemAll() {
        var overlays = IntStream.range(0, 100)
                .mapToObj(i -> new TestOverlay("n" + i, 1000 + i).ports("p" + i).peers(P1))
                .toArray(TestOverlay[]::new);
        try (var lab = lab(overlays)) {
            for (int i = 0; i < 100; i++) {
                lab.put(UNDERLAY, from(P1, 1000 + i, frame(ALL, "0200000002%02x".formatted(i))));
            }
            lab.settle();
            for (int i = 0; i < 100; i++) {
                lab.put("p" + i, frame("0200000002%02x".formatted(i), A));
                assertThat(lab.take("p" + i)).hasSize(1);
            }
            assertThat(lab.settle().take(UNDERLAY))
                    .extracting(packet -> hex(Arrays.copyOfRange(packet, 46, 49)))
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(1000, 1100)
                            .mapToObj("%06x"::formatted)
                            .toList());
        }
    }

    // ------------------------------------------------------------------ the next hop

    @Test
    void aNextHopWithAnotherAddressIsInTheNextPacket() {
        try (var lab = lab(web().peers(P1))) {
            assertThat(hex(lab.given("a", frame(ALL, A)).takeOne(UNDERLAY)))
                    .startsWith("02bb00000001" + "02aa0000000b");
            var peer = lab.tunnel(42).name(IpAddress.parse(P1).mapped());
            peer.nextHop(0x02BB_0000_00FFL);
            byte[] packet = lab.given("a", frame(ALL, A)).takeOne(UNDERLAY);
            assertThat(hex(packet)).startsWith("02bb000000ff" + "02aa0000000b");
            assertThat(Outer.sum(packet, 14, 20)).isEqualTo(0xFFFF);
        }
    }

    @Test
    void anotherUnderlayPortIsInTheNextPacket() {
        try (var lab = lab(web().peers(P1))) {
            lab.tunnels().mac(0x02AA_0000_00EEL);
            assertThat(hex(lab.given("a", frame(ALL, A)).takeOne(UNDERLAY)))
                    .startsWith("02bb00000001" + "02aa000000ee");
            lab.given(UNDERLAY, from(P1, 42, frame(ALL, B))).nothingElse();
            assertThat(lab.drops(Drop.NOT_OURS))
                    .as("the old address is not ours any more")
                    .isOne();
        }
    }

    @Test
    void aFrameWaitsUntilTheNextHopIsKnown() {
        try (var lab = new OverlayLab(SELF + "/24", Map.of(), web().peers(P1))) {
            lab.given("a", frame(ALL, A));
            assertThat(lab.take(UNDERLAY))
                    .extracting(OverlayLab::hex)
                    .allMatch(arp -> arp.startsWith("ffffffffffff" + "02aa0000000b" + "0806"))
                    .anyMatch(arp -> arp.endsWith("c0000201"));
            var reply = "02aa0000000b" + "02bb00000001" + "0806" + "0001080006040002" + "02bb00000001" + "c0000201"
                    + "02aa0000000b" + "c000020b";
            lab.given(UNDERLAY, HexFormat.of().parseHex(reply));
            byte[] packet = lab.takeOne(UNDERLAY);
            assertThat(hex(packet))
                    .startsWith("02bb00000001" + "02aa0000000b" + "0800")
                    .endsWith(hex(frame(ALL, A)));
        }
    }

    private static RemoteEndpoint endpoint(String mac, String vtep) {
        return new RemoteEndpoint(MacAddress.parse(mac), List.of(), IpAddress.parse(vtep));
    }
}
