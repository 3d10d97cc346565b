package io.millrace.dataplane.graph;

import static io.millrace.dataplane.trials.Bytes.padded;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.Shaped;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * What may leave by a port, row L2-12: the MTU counts neither the Ethernet header nor one 802.1Q tag.
 *
 * <pre>
 *  a ───────────┐
 *  b (MTU 1500) ┤ web
 *  c ───────────┘
 * </pre>
 */
class EgressTest {
    private static final String ALL_A = "ff ff ff ff ff ff 02 00 00 00 00 0a ";

    @AutoClose
    private final Lab lab = new Lab();

    EgressTest() {
        lab.bridge("web")
                .ports("a")
                .port("b", PortSettings.DEFAULT, port -> new Shaped(port, 1500, true))
                .ports("c");
    }

    @Test
    void aFrameOfTheMtuAndItsHeaderPassesAndOneByteMoreDoesNot() {
        lab.given("a", padded(1514, ALL_A, "08 00")).expectSame("b", "c");
        lab.given("a", padded(1515, ALL_A, "08 00")).expectSame("c").nothingElse();
        assertThat(lab.counters().drops("port.b").frames(Drop.EXCEEDS_MTU)).isOne();
        assertThat(lab.drops(Drop.EXCEEDS_MTU)).isOne();
    }

    @Test
    void oneTagOfFourBytesIsNotCounted() {
        lab.given("a", padded(1518, ALL_A, "81 00 00 05 08 00")).expectSame("b", "c");
        lab.given("a", padded(1519, ALL_A, "81 00 00 05 08 00")).expectSame("c").nothingElse();
        lab.given("a", padded(1518, ALL_A, "81 00 00 05 81 00 00 06 08 00")).expectSame("b", "c");
        lab.given("a", padded(1519, ALL_A, "81 00 00 05 81 00 00 06 08 00"))
                .expectSame("c")
                .nothingElse();
        lab.given("a", padded(1515, ALL_A, "88 a8 00 05 08 00")).expectSame("c").nothingElse();
    }

    @Test
    void whatIsDroppedLeavesNoGapInTheOrderOfTheOthers() {
        int[] lengths = {60, 1515, 61, 9000, 62, 1514, 1600, 63};
        for (int length : lengths) {
            lab.put("a", padded(length, ALL_A, "08 00"));
        }
        lab.settle();
        for (int length : lengths) {
            lab.expect("c", padded(length, ALL_A, "08 00"));
            if (length <= 1514) {
                lab.expect("b", padded(length, ALL_A, "08 00"));
            }
        }
        assertThat(lab.drops(Drop.EXCEEDS_MTU)).isEqualTo(3);
        assertThat(lab.counters().port("b").txFrames()).isEqualTo(5);
        assertThat(lab.counters().port("b").txBytes()).isEqualTo(60 + 61 + 62 + 1514 + 63);
    }

    @Test
    void aCutFrameIsAsLongAsItWasOnTheWire() {
        lab.putCut("a", padded(96, ALL_A, "08 00"), 1514 - 96).settle().expectSame("b", "c");
        lab.putCut("a", padded(96, ALL_A, "08 00"), 1515 - 96)
                .settle()
                .expectSame("c")
                .nothingElse();
    }

    @Test
    void anEgressMayHaveAnMtuThatItsPortHasNot() {
        var pool = new FramePool(8, 2);
        var graph = new Graph(pool, new Counters());
        var cable = MemoryPort.cable("x", "x.end", 8);
        var link = graph.linkTo(new Egress(graph, cable.near(), 100));
        List<Integer> left = new ArrayList<>();
        for (int length : new int[] {114, 115}) {
            long frame = pool.allocate(length);
            pool.buffer().setMemory(Frame.head(frame), length, (byte) 0);
            link.offer(frame);
        }
        graph.run(0);
        cable.far().takeAll(frame -> {
            left.add(Frame.length(frame));
            pool.free(frame);
        });
        assertThat(left).containsExactly(114);
        assertThat(pool.inUse()).isZero();
    }
}
