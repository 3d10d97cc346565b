package io.millrace.dataplane.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import io.millrace.dataplane.port.MemoryPort;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * What leaves by a port that takes no offloads is, byte for byte, what Linux makes in software of the same frame and the
 * same request: it is given them on a veth whose own offloads are off, and asked what arrives at the other end.
 */
class OffloadsAgainstKernelTest {
    private static final int FRAMES = 200;

    @Test
    void framesAreFinishedAndCutAsTheKernelDoesIt() {
        try (var lab = Lab.open()) {
            var one = lab.bare("one");
            var other = lab.bare("other");
            Lab.cable(one, "in0", other, "out0", 1800);
            one.run("ethtool", "-K", "in0", "tx", "off", "tso", "off", "gso", "off")
                    .ok();
            try (var in = Wire.withHeaders(one.namespace(), "in0");
                    var out = Wire.open(other.namespace(), "out0")) {
                var random = new SplittableRandom(5);
                for (int i = 0; i < FRAMES; i++) {
                    var shape = Offloaded.Shape.random(random);
                    var frame = shape.draw(random);
                    in.send(withHeader(frame));
                    assertThat(ours(frame)).as("frame %d: %s", i, shape).isEqualTo(out.all(3));
                }
            }
        }
    }

    private static byte[] withHeader(Offloaded frame) {
        var bytes = new UnsafeBuffer(new byte[Offload.HEADER + frame.bytes().length]);
        Offload.write(bytes, 0, frame.state(), 0);
        bytes.putBytes(Offload.HEADER, frame.bytes());
        return bytes.byteArray();
    }

    private static List<String> ours(Offloaded offloaded) {
        var pool = new FramePool(1024, 1);
        var counters = new Counters();
        var graph = new Graph(pool, counters);
        var cable = MemoryPort.cable("x", "x.end", 1024);
        var link = graph.linkTo(new Egress(graph, cable.near(), 1800));
        long frame = pool.allocate(offloaded.bytes().length);
        pool.buffer().putBytes(Frame.head(frame), offloaded.bytes());
        link.offer(pool.offload(frame, offloaded.state()));
        graph.run(0);
        List<String> left = new ArrayList<>();
        cable.far().takeAll(sent -> {
            assertThat(Frame.isOffloaded(sent)).isFalse();
            var bytes = new byte[Frame.length(sent)];
            pool.buffer().getBytes(Frame.head(sent), bytes);
            left.add(HexFormat.of().formatHex(bytes));
            pool.free(sent);
        });
        assertThat(pool.inUse()).isZero();
        return left;
    }
}
