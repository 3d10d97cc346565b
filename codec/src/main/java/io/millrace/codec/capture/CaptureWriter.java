package io.millrace.codec.capture;

import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames into a capture file, with nanoseconds. Every method may throw {@link CaptureException} when the file
 * cannot be written; what was written until then is a whole capture but for its last record.
 *
 * <p>A writer belongs to one thread at a time, and allocates nothing per frame.
 */
public sealed interface CaptureWriter extends AutoCloseable permits PcapWriter, PcapngWriter {
    /** pcap if the file's name ends with {@code .pcap}, otherwise pcapng; {@code -} is standard output. */
    static CaptureWriter open(Path file) {
        return file.toString().endsWith(".pcap") ? PcapWriter.open(file) : PcapngWriter.open(file);
    }

    /**
     * Declares an interface and answers its number, from 0.
     *
     * @param name what people call it; empty if nobody does
     * @param linkType the number of a {@link LinkType}, 0 to 65535
     * @param snapLength the most bytes of a frame that are kept, 0 for no limit
     */
    int addInterface(String name, int linkType, int snapLength);

    /**
     * Writes a frame.
     *
     * @param interfaceId as {@link #addInterface} answered
     * @param time nanoseconds since 1970; {@link CaptureReader#NO_TIME} is written as 1970
     * @param captured how many bytes of {@code buffer} to write, from {@code offset} on
     * @param original how many bytes the frame had on the wire
     * @param comment a remark of at most 65,535 bytes for who reads the file, in formats that have them
     */
    void write(
            int interfaceId,
            long time,
            UnsafeBuffer buffer,
            int offset,
            int captured,
            int original,
            @Nullable CharSequence comment);

    /** Hands what is still here to the operating system. */
    void flush();

    @Override
    void close();
}
