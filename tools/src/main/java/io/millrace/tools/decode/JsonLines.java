package io.millrace.tools.decode;

import io.millrace.codec.FrameWalk;
import io.millrace.codec.TextBuffer;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.capture.LinkType;

/** A frame as one line of JSON: its record, then its layers. */
public final class JsonLines implements FrameWriter {
    private static final long NANOS = 1_000_000_000L;

    private final JsonLayers layers = new JsonLayers();
    private final FrameWalk walk = new FrameWalk(layers, true);

    @Override
    public void write(CaptureReader frame, TextBuffer out) {
        out.put("{\"n\":").decimal(frame.number());
        if (frame.time() != CaptureReader.NO_TIME) {
            out.put(",\"t\":\"");
            time(frame.recordedSeconds(), frame.recordedNanoseconds(), out);
            out.put('"');
        }
        int notOnTheWire = LinkType.pseudoHeader(frame.linkTypeNumber());
        out.put(",\"len\":").decimal((frame.original() - notOnTheWire) & 0xFFFF_FFFFL);
        out.put(",\"cap\":").decimal(frame.captured() - notOnTheWire);
        out.put(",\"encap\":").decimal(frame.linkTypeNumber());
        layers.begin(out);
        walk.walk(frame.linkType(), frame.buffer(), frame.offset(), frame.captured(), frame.original());
        out.put('}');
    }

    /** As Wireshark writes it: with a sign before both parts, and a fraction that the record has too large as it is. */
    private static void time(long seconds, int nanos, TextBuffer out) {
        long fraction = nanos;
        if (seconds < 0 && fraction > 0) {
            seconds++;
            fraction -= NANOS;
        }
        if (fraction < 0 && seconds >= 0) {
            out.put('-');
        }
        out.decimal(seconds).put('.').fixed(Math.abs(fraction), fraction <= -NANOS || fraction >= NANOS ? 10 : 9);
    }
}
