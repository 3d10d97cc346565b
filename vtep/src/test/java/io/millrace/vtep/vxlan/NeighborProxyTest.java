package io.millrace.vtep.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network.Vtep;
import io.millrace.vtep.network.RemoteEndpoint;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Vlan;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Who asks for a station of another host gets the answer that Linux gives for itself, and no question leaves. {@code
 * neighbors.sh} recorded Linux: four questions, each with its answer.
 */
class NeighborProxyTest {
    private static final String MAC = "02:00:00:00:00:02";
    private static final int ARP = 0;
    private static final int PROBE = 2;
    private static final int SOLICITATION = 4;
    private static final int DUPLICATE = 6;
    private static final List<String> RECORDED = recorded();

    private static List<String> recorded() {
        var in = Objects.requireNonNull(NeighborProxyTest.class.getResourceAsStream("neighbors.pcap"));
        try (var capture = CaptureReader.of(in, "neighbors.pcap")) {
            var frames = new ArrayList<String>();
            while (capture.next()) {
                var frame = new byte[capture.captured()];
                capture.buffer().getBytes(capture.offset(), frame);
                frames.add(HexFormat.of().formatHex(frame));
            }
            return frames;
        }
    }

    private static RemoteEndpoint endpoint(String mac, String... addresses) {
        var known = Stream.of(addresses).map(IpAddress::parse).toList();
        return new RemoteEndpoint(MacAddress.parse(mac), known, IpAddress.parse("10.9.0.3"));
    }

    private static TwoPeers knowing() {
        var host = new TwoPeers(Vtep.DEFAULT);
        host.tunnel().enter(endpoint(MAC, "10.1.0.2", "fd00::2"));
        return host;
    }

    /** A frame with some digits exchanged, from that byte on. */
    private static String with(int question, int at, String digits) {
        var frame = new StringBuilder(RECORDED.get(question));
        return frame.replace(2 * at, 2 * at + digits.length(), digits).toString();
    }

    private static void isCarried(TwoPeers host, String question) {
        host.send("a", question);
        assertThat(host.at("a")).isEmpty();
        assertThat(host.at("b")).hasSizeLessThanOrEqualTo(1);
        assertThat(host.tunnelled()).isNotEmpty().allMatch(question::equals);
    }

    private static String answer(TwoPeers host, String question) {
        host.send("a", question);
        assertThat(host.tunnelled()).isEmpty();
        return assertThat(host.at("a")).hasSize(1).actual().getFirst();
    }

    @Test
    void anArpRequestIsAnsweredAsLinuxDoes() {
        try (var host = knowing()) {
            assertThat(answer(host, RECORDED.get(ARP))).isEqualTo(RECORDED.get(ARP + 1) + "00".repeat(18));
            assertThat(host.at("b")).as("the question itself").containsExactly(RECORDED.get(ARP));
            assertThat(answer(host, RECORDED.get(ARP) + "ee".repeat(18))).startsWith(RECORDED.get(ARP + 1));
            assertThat(host.tunnel().arpAnswered()).isEqualTo(2);
        }
    }

    @Test
    void aProbeIsAnsweredAsLinuxDoes() {
        try (var host = knowing()) {
            assertThat(answer(host, RECORDED.get(PROBE))).startsWith(RECORDED.get(PROBE + 1));
        }
    }

    @Test
    void aNeighborSolicitationIsAnsweredAsLinuxDoes() {
        try (var host = knowing()) {
            assertThat(answer(host, RECORDED.get(SOLICITATION))).isEqualTo(RECORDED.get(SOLICITATION + 1));
            assertThat(host.tunnel().solicitationsAnswered()).isOne();
        }
    }

    @Test
    void whoLooksForADuplicateIsAnsweredAsLinuxDoesButAlone() {
        try (var host = knowing()) {
            var linux = RECORDED.get(DUPLICATE + 1);
            assertThat(answer(host, RECORDED.get(DUPLICATE))).isEqualTo("020000000001" + linux.substring(12));
            assertThat(host.at("b")).containsExactly(RECORDED.get(DUPLICATE));
        }
    }

    @Test
    void theAnswerHasTheTagsOfTheQuestion() {
        try (var host = knowing()) {
            var question = RECORDED.get(ARP);
            var tagged = question.substring(0, 24) + "81000064" + question.substring(24);
            var linux = RECORDED.get(ARP + 1);
            assertThat(answer(host, tagged)).startsWith(linux.substring(0, 24) + "81000064" + linux.substring(24));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "an answer,                        21, 02",
        "other hardware,                   15, 06",
        "another protocol,                 16, 86dd",
        "a longer hardware address,        18, 08",
        "an address nobody told of,        41, 03",
        "gratuitous ARP,                   28, 0a010002",
        "the station itself,               22, 020000000002",
        "a group as who asks,              22, 030000000001",
        "nobody as who asks,               22, 000000000000",
        "asked of that station alone,       0, 020000000002"
    })
    void anArpPacketIsCarriedThatIs(String what, int at, String digits) {
        try (var host = knowing()) {
            isCarried(host, with(ARP, at, digits));
            assertThat(host.tunnel().arpAnswered()).as(what).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "from beyond the link,             21, fe",
        "another code,                     55, 01",
        "a wrong checksum,                 56, 0000",
        "an advertisement,                 54, 88",
        "an option of no length,           79, 00",
        "an option beyond the end,         79, 02",
        "an address nobody told of,        77, 03",
        "shorter than a solicitation,      18, 0017",
        "longer than the frame,            18, 0040",
        "asked of that station alone,       0, 020000000002"
    })
    void aSolicitationIsCarriedThatIs(String what, int at, String digits) {
        try (var host = knowing()) {
            isCarried(host, with(SOLICITATION, at, digits));
            assertThat(host.tunnel().solicitationsAnswered()).as(what).isZero();
        }
    }

    @Test
    void aFrameCutAnywhereIsCarried() {
        for (int question : new int[] {ARP, SOLICITATION}) {
            try (var host = knowing()) {
                var whole = RECORDED.get(question);
                for (int length = 14; length < whole.length() / 2; length++) {
                    isCarried(host, whole.substring(0, 2 * length));
                }
            }
        }
    }

    @Test
    void whoIsForgottenOrWhoseHostIsGoneIsAskedForAgain() {
        try (var host = knowing()) {
            answer(host, RECORDED.get(ARP));
            host.at("b");
            host.tunnel().forget(endpoint(MAC));
            isCarried(host, RECORDED.get(ARP));
            host.tunnel().enter(endpoint(MAC, "10.1.0.2"));
            answer(host, RECORDED.get(ARP));
            host.at("b");
            host.tunnel().remove(IpAddress.parse("10.9.0.3").mapped());
            assertThat(host.whereabouts(MAC)).isNull();
            isCarried(host, RECORDED.get(ARP));
        }
    }

    @Test
    void anAddressIsTheOnesWhoWasToldOfLastAndMovesWithIt() {
        try (var host = knowing()) {
            host.tunnel().enter(endpoint("02:00:00:00:00:03", "10.1.0.2"));
            assertThat(answer(host, RECORDED.get(ARP))).startsWith("020000000001" + "020000000003");
            host.tunnel().forget(endpoint(MAC));
            assertThat(answer(host, RECORDED.get(ARP))).startsWith("020000000001" + "020000000003");
            host.tunnel().enter(endpoint("02:00:00:00:00:03", "10.1.0.4"));
            host.at("b");
            isCarried(host, RECORDED.get(ARP));
        }
    }

    @Test
    void whereAGroupGetsWhatIsFloodedOneAnswerIsGivenAllTheSame() {
        var vtep = Vtep.with().group(IpAddress.parse("239.1.1.1")).build();
        try (var host = new TwoPeers(vtep)) {
            host.tunnel().enter(endpoint(MAC, "10.1.0.2"));
            answer(host, RECORDED.get(ARP));
        }
    }

    @Test
    void inAVlanThatTheTunnelCarriesThereIsAnAnswerAndInOthersThereIsNone() {
        var port = new SwitchPort(new Vlan.Access(10), null, true, true, null, null);
        var keeping = Vtep.with().innerVlan(Vtep.InnerVlan.KEEP).build();
        try (var host = new TwoPeers(keeping, port)) {
            host.tunnel().enter(endpoint(MAC, "10.1.0.2"));
            assertThat(answer(host, RECORDED.get(ARP))).startsWith(RECORDED.get(ARP + 1));
        }
        try (var host = new TwoPeers(Vtep.DEFAULT, port)) {
            host.tunnel().enter(endpoint(MAC, "10.1.0.2"));
            host.send("a", RECORDED.get(ARP));
            assertThat(host.at("a")).isEmpty();
            assertThat(host.tunnelled()).isEmpty();
        }
    }
}
