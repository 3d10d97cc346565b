package io.millrace.codec.capture;

import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes pcap with nanoseconds (magic number a1b23c4d), little endian, version 2.4. The file has one link type, no
 * interface names and no comments, and tells times from 1970 to 2106: others become the nearest of these.
 */
public final class PcapWriter implements CaptureWriter {
    private static final int NO_LIMIT = 262_144;
    private static final int RECORD_HEADER = 16;
    private static final long SECOND = 1_000_000_000L, LAST = 0xFFFF_FFFFL * SECOND + SECOND - 1;

    private final CaptureOutput out;
    private int linkType = -1;
    private int interfaces;

    private PcapWriter(CaptureOutput out) {
        this.out = out;
    }

    /** Creates the file, or empties it; {@code -} is standard output. */
    public static PcapWriter open(Path file) {
        return new PcapWriter(CaptureOutput.open(file));
    }

    /** The first interface's snap length holds for the file; every other must have the same link type. */
    @Override
    public int addInterface(String name, int linkType, int snapLength) {
        if (interfaces > 0 && linkType != this.linkType) {
            throw new CaptureException(
                    out.name(), "a pcap file holds one link type only, not " + this.linkType + " and " + linkType);
        }
        if (interfaces == 0) {
            this.linkType = linkType;
            header(snapLength);
        }
        return interfaces++;
    }

    private void header(int snapLength) {
        out.u32(0xA1B23C4D);
        out.u16(2);
        out.u16(4);
        out.i64(0);
        out.u32(snapLength == 0 ? NO_LIMIT : snapLength);
        out.u32(linkType);
    }

    @Override
    public void write(
            int interfaceId,
            long time,
            UnsafeBuffer buffer,
            int offset,
            int captured,
            int original,
            @Nullable CharSequence comment) {
        assert interfaceId >= 0 && interfaceId < interfaces : "interface " + interfaceId + " was not added";
        long told = Math.clamp(time, 0, LAST);
        out.reserve(RECORD_HEADER);
        out.u32((int) (told / SECOND));
        out.u32((int) (told % SECOND));
        out.u32(captured);
        out.u32(original);
        out.bytes(buffer, offset, captured);
    }

    @Override
    public void flush() {
        out.flush();
    }

    /** A file without any interface becomes an empty Ethernet capture. */
    @Override
    public void close() {
        if (interfaces == 0) {
            addInterface("", LinkType.ETHERNET.number(), 0);
        }
        out.close();
    }
}
