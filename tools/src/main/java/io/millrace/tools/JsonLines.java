package io.millrace.tools;

import io.millrace.codec.FrameWalk;
import io.millrace.codec.TextBuffer;
import io.millrace.codec.capture.CaptureReader;

/** A frame as one line of JSON: its record, then its layers. */
final class JsonLines implements FrameWriter {
    private static final long NANOS = 1_000_000_000L;

    private final JsonLayers layers = new JsonLayers();
    private final FrameWalk walk = new FrameWalk(layers, true);

    @Override
    public void write(CaptureReader frame, TextBuffer out) {
        out.put("{\"n\":").decimal(frame.number());
        if (frame.time() != CaptureReader.NO_TIME) {
            out.put(",\"t\":\"");
            time(frame.time(), out);
            out.put('"');
        }
        out.put(",\"len\":").decimal(frame.original());
        out.put(",\"cap\":").decimal(frame.captured());
        out.put(",\"encap\":").decimal(frame.linkTypeNumber());
        layers.begin(out);
        walk.walk(frame.linkType(), frame.buffer(), frame.offset(), frame.captured(), frame.original());
        out.put('}');
    }

    private void time(long nanos, TextBuffer out) {
        long seconds = Math.floorDiv(nanos, NANOS);
        long rest = Math.floorMod(nanos, NANOS);
        if (seconds < 0 && rest > 0) { // Wireshark's way: the sign stands before both parts
            seconds++;
            rest = NANOS - rest;
            if (seconds == 0) {
                out.put('-');
            }
        }
        out.decimal(seconds).put('.').fixed(rest, 9);
    }
}
