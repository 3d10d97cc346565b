package io.millrace.dataplane.port;

import io.millrace.codec.capture.CaptureWriter;
import io.millrace.codec.capture.LinkType;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import java.util.List;

/**
 * Writes frames that came from captures into another one: with the time they were recorded at, the length they had, and
 * their number in a comment, {@code frame 17}, or {@code b.pcap: frame 17} where there are several captures.
 */
final class FrameWriter implements AutoCloseable {
    private final CaptureWriter file;
    private final int interfaceId;
    private final List<String> captures;
    private final StringBuilder comment = new StringBuilder();

    /** @param captures what the captures are called that the frames come from */
    FrameWriter(CaptureWriter file, String interfaceName, List<String> captures) {
        this.file = file;
        this.interfaceId = file.addInterface(interfaceName, LinkType.ETHERNET.number(), 0);
        this.captures = captures;
    }

    /** Writes one frame, and after its number whatever {@code more} is. */
    void write(FramePool pool, long frame, String... more) {
        begin(pool, frame);
        for (var words : more) {
            comment.append(words);
        }
        finish(pool, frame);
    }

    /** Writes one frame, and after its number whatever there is to remark. */
    void write(FramePool pool, long frame, CaptureWriterPort.Remark more) {
        begin(pool, frame);
        more.about(pool, frame, comment);
        finish(pool, frame);
    }

    private void begin(FramePool pool, long frame) {
        long label = pool.number(frame);
        comment.setLength(0);
        if (captures.size() > 1) {
            comment.append(captures.get(CaptureFilePort.fileIndex(label))).append(": ");
        }
        comment.append("frame ").append(CaptureFilePort.frameNumber(label));
    }

    private void finish(FramePool pool, long frame) {
        file.write(
                interfaceId,
                pool.time(frame),
                pool.buffer(),
                Frame.head(frame),
                Frame.length(frame),
                pool.originalLength(frame),
                comment);
    }

    @Override
    public void close() {
        file.close();
    }
}
