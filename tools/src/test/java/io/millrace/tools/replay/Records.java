package io.millrace.tools.replay;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A nanosecond pcap, little endian, read by hand: what is in our files is not judged by our own reader.
 *
 * @param nanos since 1970
 * @param original bytes on the wire
 * @param bytes those captured, in hexadecimal
 */
record Records(long nanos, int original, String bytes) {
    private static final int FILE_HEADER = 24;

    static List<Records> of(Path pcap) throws IOException {
        var file = ByteBuffer.wrap(Files.readAllBytes(pcap)).order(ByteOrder.LITTLE_ENDIAN);
        if (file.getInt(0) != 0xA1B23C4D) {
            throw new IOException(pcap + " is no nanosecond pcap of little endian");
        }
        file.position(FILE_HEADER);
        var all = new ArrayList<Records>();
        while (file.hasRemaining()) {
            long nanos = file.getInt() * 1_000_000_000L + file.getInt();
            var bytes = new byte[file.getInt()];
            int original = file.getInt();
            file.get(bytes);
            all.add(new Records(nanos, original, HexFormat.of().formatHex(bytes)));
        }
        return all;
    }

    /** The bytes of all. */
    static List<String> bytes(List<Records> records) {
        return records.stream().map(Records::bytes).toList();
    }
}
