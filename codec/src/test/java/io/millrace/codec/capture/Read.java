package io.millrace.codec.capture;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that a reader says of a file, so that a test can look at it in peace. */
record Read(List<Frame> frames, @Nullable String damage, List<String> warnings, String format) {
    record Frame(
            long number,
            long time,
            int captured,
            int original,
            int linkType,
            int on,
            String name,
            long at,
            String bytes) {
        /** What two formats that hold the same frames must agree on. */
        String essence() {
            return number + " " + time + " " + captured + " " + original + " " + linkType + " " + bytes;
        }
    }

    static Read of(byte[] file) {
        return all(CaptureReader.of(new ByteArrayInputStream(file), "handmade"));
    }

    static Read of(Path file) {
        return all(CaptureReader.open(file));
    }

    static Read all(CaptureReader in) {
        try (in) {
            List<Frame> frames = new ArrayList<>();
            while (in.next()) {
                byte[] bytes = new byte[in.captured()];
                in.buffer().getBytes(in.offset(), bytes);
                frames.add(new Frame(
                        in.number(),
                        in.time(),
                        in.captured(),
                        in.original(),
                        in.linkTypeNumber(),
                        in.interfaceId(),
                        in.interfaceName(),
                        in.position(),
                        HexFormat.of().formatHex(bytes)));
            }
            return new Read(frames, in.damage(), in.warnings(), in.format());
        }
    }

    int count() {
        return frames.size();
    }

    List<String> essences() {
        return frames.stream().map(Frame::essence).toList();
    }
}
