package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * IGMP version 2, RFC 2236 section 2; a version 3 query (RFC 3376 section 4.1) begins the same way.
 *
 * <pre>
 *  |     type      | response time |           checksum            |
 *  |                         group address                         |
 * </pre>
 */
public final class IgmpHeader extends Header {
    /** In bytes. */
    public static final int LENGTH = 8;

    public static final int QUERY = 0x11;
    public static final int REPORT_V2 = 0x16;

    private static final int TYPE = 0;
    private static final int RESPONSE_TIME = 1;
    private static final int CHECKSUM = 2;
    private static final int GROUP = 4;

    public IgmpHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    public int type() {
        return u8(TYPE);
    }

    /** Of a query: within this time it is to be answered, in tenths of a second; 0 from a version 1 router. */
    public int responseTime() {
        return u8(RESPONSE_TIME);
    }

    /** The group; of a query 0: all of them. */
    public int group() {
        return i32(GROUP);
    }

    /** Writes a whole message of {@link #LENGTH} bytes. */
    public IgmpHeader write(int type, int group) {
        u8(TYPE, type);
        u8(RESPONSE_TIME, 0);
        u16(CHECKSUM, 0);
        i32(GROUP, group);
        u16(CHECKSUM, InternetChecksum.complement(InternetChecksum.sum(buffer(), offset(), LENGTH)));
        return this;
    }
}
