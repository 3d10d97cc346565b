package io.millrace.dataplane.port;

import io.millrace.codec.capture.CaptureWriter;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Witness;
import java.util.List;
import java.util.function.Supplier;

/** Writes every dropped frame to a capture, and in its comment why and where: {@code frame 17: the reason (node)}. */
public final class DroppedFrames implements Witness, AutoCloseable {
    private final FrameWriter writer;
    private final Supplier<FramePool> pool;

    /**
     * Begins the file.
     *
     * @param captures what the captures are called that the frames come from
     * @param pool the pool of the graph that is watched
     */
    public DroppedFrames(CaptureWriter file, List<String> captures, Supplier<FramePool> pool) {
        this.writer = new FrameWriter(file, "drops", captures);
        this.pool = pool;
    }

    @Override
    public void decided(Node node, long frame, int decision) {}

    @Override
    public void dropped(Node node, long frame, Drop why) {
        writer.write(pool.get(), frame, ": ", why.sentence(), " (", node.name(), ")");
    }

    @Override
    public void close() {
        writer.close();
    }
}
