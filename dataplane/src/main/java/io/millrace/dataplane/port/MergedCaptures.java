package io.millrace.dataplane.port;

import io.millrace.codec.capture.CaptureReader;
import java.util.List;
import org.agrona.CloseHelper;

/**
 * Several captures as one: always the earliest frame at hand, and of two at the same time that of the capture named
 * first. Each capture keeps its own order even where its clock goes back. A frame without a time has that of the frame
 * before it in its capture; one with none before it comes first.
 */
final class MergedCaptures implements AutoCloseable {
    private final CaptureReader[] captures;
    private final boolean[] open;
    private final long[] times;
    private int at = -1;

    MergedCaptures(List<CaptureReader> captures) {
        this.captures = captures.toArray(CaptureReader[]::new);
        this.open = new boolean[captures.size()];
        this.times = new long[captures.size()];
        for (int i = 0; i < open.length; i++) {
            times[i] = CaptureReader.NO_TIME;
            read(i);
        }
        choose();
    }

    /** Whether there is a current frame. */
    boolean isOpen() {
        return at >= 0;
    }

    /** Which capture the current frame is of, from 0. */
    int index() {
        return at;
    }

    /** The capture of the current frame. */
    CaptureReader current() {
        return captures[at];
    }

    /** The time of the current frame, in ns since 1970; {@link CaptureReader#NO_TIME} only before the first that has one. */
    long time() {
        return times[at];
    }

    /** Goes to the next frame. */
    void next() {
        read(at);
        choose();
    }

    private void read(int i) {
        var capture = captures[i];
        open[i] = capture.next();
        if (open[i] && capture.time() != CaptureReader.NO_TIME) {
            times[i] = capture.time();
        }
    }

    private void choose() {
        int earliest = open[0] ? 0 : -1;
        for (int i = 1; i < open.length; i++) {
            if (open[i] && (earliest < 0 || times[i] < times[earliest])) {
                earliest = i;
            }
        }
        at = earliest;
    }

    @Override
    public void close() {
        CloseHelper.closeAll(captures);
    }
}
