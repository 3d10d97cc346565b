package io.millrace.tools.probe;

import java.util.Arrays;
import java.util.HexFormat;

/** Frames, byte by byte. */
final class Bytes {
    private Bytes() {}

    /** Station {@code n}, 0 to 65535. */
    static String station(int n) {
        return "02000000%04x".formatted(n);
    }

    /** A frame of exactly {@code length} bytes: destination, source, then {@code rest}, then counting bytes. */
    static byte[] frame(int length, String destination, String source, String rest) {
        var begin = HexFormat.of().parseHex(destination + source + rest);
        var frame = Arrays.copyOf(begin, length);
        for (int i = begin.length; i < length; i++) {
            frame[i] = (byte) i;
        }
        return frame;
    }

    /** 60 bytes of a type kept for experiments (RFC 5342 B.2), with a number in the payload. */
    static byte[] numbered(String destination, String source, int number) {
        return frame(60, destination, source, "88b5%08x".formatted(number));
    }

    static String hex(byte[] frame) {
        return HexFormat.of().formatHex(frame);
    }
}
