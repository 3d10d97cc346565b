package io.millrace.dataplane.graph;

import static io.millrace.dataplane.trials.Bytes.hex;
import static io.millrace.dataplane.trials.Bytes.padded;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.trials.Lab;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Who watches sees every step of a frame's way as a sentence, and changes nothing by watching. */
class WitnessTest {
    private static final String A = "02 00 00 00 00 0a ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String IP = "08 00 ";

    @AutoClose
    private final Lab lab = new Lab();

    private final List<String> seen = new ArrayList<>();

    /** Notes what is decided; the frame must still be whole: it has the length it was given with, or a tag more or less. */
    private void watch() {
        lab.graph().witness(new Witness() {
            @Override
            public void decided(Node node, long frame, int decision) {
                seen.add(node.name() + ": " + node.explain(decision, frame));
                assertThat(Frame.length(frame)).isBetween(lab.same().length - 4, lab.same().length + 4);
            }

            @Override
            public void dropped(Node node, long frame, Drop why) {
                seen.add(node.name() + " dropped: " + why.sentence());
                assertThat(Frame.length(frame)).isEqualTo(lab.same().length);
            }
        });
    }

    private List<String> way() {
        var way = List.copyOf(seen);
        seen.clear();
        return way;
    }

    @Test
    void aFramesWayThroughASwitchIsTold() {
        lab.bridge("web").ports("a", "b", "c");
        watch();
        lab.given("a", padded(60, B, A, IP)).expectSame("b", "c");
        assertThat(way())
                .containsExactly(
                        "web: the source is new: learned behind port a",
                        "web: nobody knows the destination yet: to all other ports",
                        "port.b: left by port b",
                        "port.c: left by port c");
        lab.given("b", padded(60, A, B, IP)).expectSame("a");
        assertThat(way())
                .containsExactly(
                        "web: the source is new: learned behind port b",
                        "web: the destination is behind port a",
                        "port.a: left by port a");
        lab.given("a", padded(60, A, A, IP));
        assertThat(way())
                .containsExactly(
                        "web: the source is where it was, behind port a",
                        "web: drop: the destination is behind the port the frame came from",
                        "web dropped: the destination is behind the port the frame came from");
        lab.given("c", padded(60, ALL, A, IP)).expectSame("a", "b");
        assertThat(way()).startsWith("web: the source has moved to port c", "web: broadcast: to all other ports");
        lab.given("c", padded(60, "01 00 5e 00 00 01", "00 00 00 00 00 00", IP)).expectSame("a", "b");
        assertThat(way()).startsWith("web: the destination is a multicast group: to all other ports");
        lab.given("c", hex(ALL, A));
        assertThat(way())
                .containsExactly(
                        "web: drop: the frame is shorter than an Ethernet header",
                        "web dropped: the frame is shorter than an Ethernet header");
    }

    @Test
    void whyNothingWasLearnedIsTold() {
        var web = lab.bridge("web", 2)
                .port("a", new PortSettings(true, true, PortSettings.NO_GROUP, 1))
                .ports("b");
        web.stations().enter(0x0200_0000_000AL, 0, 0);
        watch();
        lab.given("b", padded(60, ALL, A, IP)).expectSame("a");
        assertThat(way()).contains("web: the source has a static entry: nothing learned");
        lab.given("a", padded(60, ALL, B, IP)).expectSame("b");
        assertThat(way()).contains("web: port a has as many stations as it may: source not learned");
        lab.given("b", padded(60, ALL, B, IP)).expectSame("a");
        way();
        lab.given("b", padded(60, ALL, "02 00 00 00 00 0c", IP)).expectSame("a");
        assertThat(way()).contains("web: the table is full of stations in use: source not learned");
    }

    @Test
    void aFramesWayThroughVlansIsTold() {
        lab.vlans("vlans").access("a", 10).access("b", 10).trunk("t", 0, 10);
        watch();
        lab.given("a", padded(60, ALL, A, IP)).expectSame("b").take("t");
        assertThat(way())
                .containsExactly(
                        "vlans: belongs to VLAN 10",
                        "vlans.10: the source is new: learned behind port a",
                        "vlans.10: broadcast: to all other ports",
                        "vlans.strip.b: the port is an untagged member: tag removed",
                        "port.t: left by port t",
                        "port.b: left by port b");
        lab.given("t", padded(60, ALL, B, IP));
        assertThat(way())
                .containsExactly(
                        "vlans: drop: the port takes no untagged frames",
                        "vlans dropped: the port takes no untagged frames");
    }
}
