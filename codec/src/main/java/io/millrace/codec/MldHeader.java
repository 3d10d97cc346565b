package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Multicast listener discovery version 1, RFC 2710 section 3, from the ICMPv6 type on; a version 2 query (RFC 3810 section
 * 5.1) begins the same way.
 *
 * <pre>
 *  |     type      |     code      |           checksum            |
 *  |        response delay         |           reserved            |
 *  |                       group address (16)                      |
 * </pre>
 */
public final class MldHeader extends Header {
    /** In bytes. */
    public static final int LENGTH = 24;

    public static final int QUERY = 130;
    public static final int REPORT = 131;

    private static final int RESPONSE_DELAY = 4;
    private static final int GROUP = 8;

    public MldHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Of a query: within this time it is to be answered, in ms. */
    public int responseDelay() {
        return u16(RESPONSE_DELAY);
    }

    /** The first eight bytes of the group; of a query 0: all of them. */
    public long groupHigh() {
        return i64(GROUP);
    }

    /** The last eight bytes of the group. */
    public long groupLow() {
        return i64(GROUP + 8);
    }

    /** Writes everything behind type, code and checksum. */
    public MldHeader group(long high, long low) {
        i32(RESPONSE_DELAY, 0);
        i64(GROUP, high);
        i64(GROUP + 8, low);
        return this;
    }
}
