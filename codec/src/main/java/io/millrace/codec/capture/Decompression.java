package io.millrace.codec.capture;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** The one place that knows how captures are compressed. */
final class Decompression {
    private static final String ZSTD_CUT = "Truncated source"; // its error code is that of damage

    private Decompression() {}

    /** The bytes that were compressed with gzip (RFC 1952). */
    static InputStream gzip(InputStream compressed) throws IOException {
        return new GZIPInputStream(compressed, 1 << 16);
    }

    /** The bytes that were compressed with Zstandard (RFC 8878). */
    static InputStream zstd(InputStream compressed) throws IOException {
        return new ZstdInputStream(compressed);
    }

    /** What went wrong while reading, in words of ours. */
    static String sentence(IOException problem) {
        return switch (problem) {
            case EOFException cut -> "the compressed data ends too early";
            case ZstdIOException cut when ZSTD_CUT.equals(cut.getMessage()) -> "the compressed data ends too early";
            case ZstdIOException broken -> "the compressed data is damaged";
            case ZipException broken -> "the compressed data is damaged";
            default -> "the file cannot be read any further";
        };
    }
}
