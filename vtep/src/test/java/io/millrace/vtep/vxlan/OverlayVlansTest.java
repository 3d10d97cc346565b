package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static io.millrace.vtep.vxlan.OverlayLab.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.Vlan;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Overlays whose switch knows VLANs: what of them is seen at other hosts. RFC 7348 section 6.1, row VX-11. */
class OverlayVlansTest {
    private static final String ALL = "ffffffffffff";
    private static final String A = "02000000000a";
    private static final String B = "02000000000b";
    private static final String VLAN_10 = "8100000a";
    private static final String VLAN_20 = "81000014";
    private static final String DATA = "88b5" + "00".repeat(46);
    private static final String PEER = "192.0.2.12";
    private static final String OTHER = "192.0.2.13";

    /** A port in VLAN 10, one in 20, one in both, and one that says nothing, which is in the default one. */
    private static OverlayLab lab(boolean keep) {
        var web = new TestOverlay("web", 42)
                .vlanPort("a10", new Vlan.Access(10))
                .vlanPort("a20", new Vlan.Access(20))
                .vlanPort("trunk", new Vlan.Trunk(Set.of(10, 20), null))
                .ports("plain")
                .peers(PEER);
        var hops = Map.of(PEER, "02:aa:00:00:00:0c", OTHER, "02:aa:00:00:00:0d");
        return new OverlayLab("192.0.2.11/24", hops, keep ? web.keepsTags() : web);
    }

    private static byte[] bytes(String... parts) {
        return HexFormat.of().parseHex(String.join("", parts));
    }

    private static byte[] wrapped(String... parts) {
        return new Outer(PEER, "192.0.2.11", 42)
                .macs(OverlayLab.MAC, "02aa0000000c")
                .around(bytes(parts));
    }

    private static List<String> at(OverlayLab lab, String port) {
        return lab.take(port).stream().map(OverlayLab::hex).toList();
    }

    /** The frames in the packets that left. */
    private static List<String> inside(OverlayLab lab) {
        return lab.take(UNDERLAY).stream()
                .map(packet -> hex(Arrays.copyOfRange(packet, 50, packet.length)))
                .toList();
    }

    @Test
    void whereTagsAreKeptTheVlansOfAllHostsAreOneAndStayApart() {
        try (var lab = lab(true)) {
            lab.given("a10", bytes(ALL, A, DATA));
            assertThat(inside(lab)).containsExactly(ALL + A + VLAN_10 + DATA);
            assertThat(at(lab, "trunk")).containsExactly(ALL + A + VLAN_10 + DATA);
            lab.nothingElse();

            lab.given(UNDERLAY, wrapped(ALL, B, VLAN_20, DATA));
            assertThat(at(lab, "a20")).containsExactly(ALL + B + DATA);
            assertThat(at(lab, "trunk")).containsExactly(ALL + B + VLAN_20 + DATA);
            lab.nothingElse();

            lab.given("plain", bytes(ALL, A, DATA));
            assertThat(inside(lab)).containsExactly(ALL + A + DATA);
            lab.given(UNDERLAY, wrapped(ALL, B, DATA)).expect(bytes(ALL, B, DATA), "plain");
        }
    }

    @Test
    void oneMacInTwoVlansIsTwoStationsAlsoWhenOneIsElsewhere() {
        try (var lab = lab(true)) {
            lab.given(UNDERLAY, wrapped(ALL, A, VLAN_10, DATA)).clear();
            lab.given("a20", bytes(ALL, A, DATA)).clear();
            lab.given("trunk", bytes(A, B, VLAN_10, DATA));
            assertThat(inside(lab)).containsExactly(A + B + VLAN_10 + DATA);
            lab.nothingElse();
            lab.given("trunk", bytes(A, B, VLAN_20, DATA)).expect(bytes(A, B, DATA), "a20");
            lab.given(UNDERLAY, wrapped(ALL, A, VLAN_20, DATA)).nothingElse();
            assertThat(lab.drops(Drop.STATION_IS_LOCAL)).isOne();
            assertThat(lab.drops(Drop.VLAN_NOT_MEMBER)).isZero();
            lab.given(UNDERLAY, wrapped(ALL, A, "8100001e", DATA)).nothingElse();
            assertThat(lab.drops(Drop.VLAN_NOT_MEMBER))
                    .as("there is no VLAN 30")
                    .isOne();
        }
    }

    @Test
    void aHostThatIsTakenAwayIsGoneFromEveryVlan() {
        try (var lab = lab(true)) {
            lab.given(UNDERLAY, wrapped(ALL, A, VLAN_10, DATA)).clear();
            lab.given(UNDERLAY, wrapped(ALL, A, VLAN_20, DATA)).clear();
            lab.given(UNDERLAY, wrapped(ALL, A, DATA)).clear();
            assertThat(lab.stations("web")).hasSize(3);
            lab.tunnel(42).remove(IpAddress.parse(PEER).mapped());
            assertThat(lab.stations("web")).isEmpty();
            var other = lab.tunnel(42).name(IpAddress.parse(OTHER).mapped());
            lab.given("a20", bytes(A, B, DATA));
            assertThat(at(lab, "trunk")).containsExactly(A + B + VLAN_20 + DATA);
            assertThat(inside(lab)).containsExactly(A + B + VLAN_20 + DATA);
            assertThat(other.txFrames()).isOne();
        }
    }

    @Test
    void whereTagsEndAtTheTunnelOnlyTheDefaultVlanPasses() {
        try (var lab = lab(false)) {
            lab.given("a10", bytes(ALL, A, DATA));
            assertThat(at(lab, "trunk")).containsExactly(ALL + A + VLAN_10 + DATA);
            lab.nothingElse();
            lab.given("trunk", bytes(ALL, A, VLAN_20, DATA)).expect(bytes(ALL, A, DATA), "a20");
            lab.given("plain", bytes(ALL, A, DATA));
            assertThat(inside(lab)).containsExactly(ALL + A + DATA);
            lab.given("plain", bytes(ALL, A, "8100e000", DATA));
            assertThat(inside(lab)).as("a tag that only bears a priority").containsExactly(ALL + A + DATA);
            lab.given(UNDERLAY, wrapped(ALL, B, DATA)).expect(bytes(ALL, B, DATA), "plain");
            lab.given(UNDERLAY, wrapped(ALL, B, VLAN_10, DATA)).nothingElse();
            assertThat(lab.drops(Drop.INNER_VLAN)).isOne();
        }
    }

    @Test
    void onASwitchThatKnowsNoVlansTagsAreDataWhichEndAtTheTunnelOrAreKept() {
        var hops = Map.of(PEER, "02:aa:00:00:00:0c");
        for (boolean keep : new boolean[] {false, true}) {
            var web = new TestOverlay("web", 42).ports("a", "b").peers(PEER);
            try (var lab = new OverlayLab("192.0.2.11/24", hops, keep ? web.keepsTags() : web)) {
                var twice = "88a80014" + VLAN_10;
                lab.given("a", bytes(ALL, A, twice, DATA));
                assertThat(inside(lab)).containsExactly(ALL + A + (keep ? twice : "") + DATA);
                lab.expect(bytes(ALL, A, twice, DATA), "b");
            }
        }
    }
}
