package io.millrace.dataplane.trials;

import java.util.HexFormat;

/** Frames as people write them: hexadecimal digits, spaces where they please, and remarks from {@code #} to the end of a line. */
public final class Bytes {
    private Bytes() {}

    /** The bytes of a text; parts are joined. */
    public static byte[] hex(String... parts) {
        var digits = new StringBuilder();
        for (String part : parts) {
            digits.append(part.replaceAll("#.*", "").replaceAll("\\s", ""));
        }
        return HexFormat.of().parseHex(digits);
    }

    /** The bytes of a text, followed by 0, 1, 2, … up to a length. */
    public static byte[] padded(int length, String... parts) {
        byte[] start = hex(parts);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = i < start.length ? start[i] : (byte) (i - start.length);
        }
        return bytes;
    }
}
