package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Neighbour solicitation and advertisement, RFC 4861 sections 4.3 and 4.4, from the ICMPv6 type on.
 *
 * <pre>
 *  |     type      |     code      |           checksum            |
 *  |R|S|O|                       reserved                          |
 *  |                      target address (16)                      |
 *  | option type   | length / 8    |      Ethernet address (6)     |
 * </pre>
 */
public final class NeighborHeader extends Header {
    /** In bytes, without options. */
    public static final int LENGTH = 24;

    /** In bytes: an option with an Ethernet address. */
    public static final int OPTION = 8;

    /** Option: the sender's Ethernet address. */
    public static final int SOURCE_LINK = 1;

    /** Option: the target's Ethernet address. */
    public static final int TARGET_LINK = 2;

    /** Flag: this answers a question. */
    public static final int SOLICITED = 0x4000_0000;

    /** Flag: what is known of the target is to be replaced. */
    public static final int OVERRIDE = 0x2000_0000;

    /** There is no such option. */
    public static final long NONE = -1;

    private static final int FLAGS = 4;
    private static final int TARGET = 8;

    public NeighborHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Whether a message of {@code length} bytes holds all of this and options that fill the rest (RFC 4861 section 7.1). */
    public boolean isWhole(int length) {
        int at = LENGTH;
        while (at + 2 <= length) {
            int option = u8(at + 1) << 3;
            if (option == 0) {
                return false;
            }
            at += option;
        }
        return at == length;
    }

    /** Of an advertisement: {@link #SOLICITED}, {@link #OVERRIDE}. */
    public int flags() {
        return i32(FLAGS);
    }

    /** The first eight bytes of the address in question. */
    public long targetHigh() {
        return i64(TARGET);
    }

    /** The last eight bytes of the address in question. */
    public long targetLow() {
        return i64(TARGET + 8);
    }

    /** The Ethernet address in the first option of this kind, or {@link #NONE}; the message must be {@linkplain #isWhole whole}. */
    public long link(int kind, int length) {
        for (int at = LENGTH; at < length; at += u8(at + 1) << 3) {
            if (u8(at) == kind && u8(at + 1) == 1) {
                return u48(at + 2);
            }
        }
        return NONE;
    }

    public NeighborHeader flags(int value) {
        i32(FLAGS, value);
        return this;
    }

    public NeighborHeader target(long high, long low) {
        i64(TARGET, high);
        i64(TARGET + 8, low);
        return this;
    }

    /** Writes the first option. */
    public NeighborHeader link(int kind, long mac) {
        u8(LENGTH, kind);
        u8(LENGTH + 1, 1);
        u48(LENGTH + 2, mac);
        return this;
    }
}
