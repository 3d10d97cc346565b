package io.millrace.dataplane.port;

import io.millrace.codec.capture.CaptureException;
import io.millrace.codec.capture.CaptureWriter;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A port whose frames are written to a capture of its own, each with the time and number it had in the capture it came
 * from. The file is begun with the first frame, or, when there is none, on closing. A file that cannot be written is a
 * {@link CaptureException}: a replay whose result is incomplete is of no use.
 */
public final class CaptureWriterPort implements Port {
    /** What else is said about a frame in its comment, after its number. Allocates nothing. */
    @FunctionalInterface
    public interface Remark {
        /** Nothing. */
        Remark NONE = (pool, frame, comment) -> {};

        void about(FramePool pool, long frame, StringBuilder comment);
    }

    private final String name;
    private final Supplier<CaptureWriter> file;
    private final List<String> captures;
    private final Remark remark;
    private @Nullable FrameWriter writer;

    /**
     * A port whose file is not there yet.
     *
     * @param captures what the captures are called that the frames come from
     */
    public CaptureWriterPort(String name, Supplier<CaptureWriter> file, List<String> captures) {
        this(name, file, captures, Remark.NONE);
    }

    /** @param remark is said about each frame */
    public CaptureWriterPort(String name, Supplier<CaptureWriter> file, List<String> captures, Remark remark) {
        this.name = name;
        this.file = file;
        this.captures = captures;
        this.remark = remark;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return 0;
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        var writer = writer();
        int frames = from.size();
        while (from.size() > 0) {
            long frame = from.poll();
            writer.write(pool, frame, remark);
            pool.free(frame);
        }
        return frames;
    }

    private FrameWriter writer() {
        var begun = writer;
        if (begun == null) {
            begun = new FrameWriter(file.get(), name, captures);
            writer = begun;
        }
        return begun;
    }

    @Override
    public void close() {
        writer().close();
    }
}
