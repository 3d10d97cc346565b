package io.millrace.vtep.vxlan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Frames that tcpdump wrote into a file beside this class; {@code record.sh} there says how they came about. */
final class Recorded {
    private Recorded() {}

    /** The frames of a classic pcap file of this machine's byte order. */
    static List<byte[]> frames(String name) {
        try (var file = Objects.requireNonNull(Recorded.class.getResourceAsStream(name), name)) {
            var in = ByteBuffer.wrap(file.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            var frames = new ArrayList<byte[]>();
            for (int at = 24; at < in.capacity(); at += 16 + in.getInt(at + 8)) {
                byte[] frame = new byte[in.getInt(at + 8)];
                in.get(at + 16, frame);
                frames.add(frame);
            }
            return frames;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
