package io.millrace.tools.decode;

import io.millrace.codec.TextBuffer;
import io.millrace.codec.capture.CaptureReader;

/** Puts one frame of a capture into words. */
public interface FrameWriter {
    /** Writes the frame that the reader stands on, without the end of the line. */
    void write(CaptureReader frame, TextBuffer line);
}
